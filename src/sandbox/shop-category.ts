/** What a category of a shop is to the sandbox, and how leaves of one branch are written down. */

export interface LicenceField {
  key: 'audit_license_no' | 'audit_license_registration_no' | 'audit_license_validty_period';
  name: string;
  /** The regex that WeChat publishes as `info`. */
  pattern: string;
  isNecessary: boolean;
}

export interface Licence {
  id: string;
  name: string;
  fields: LicenceField[];
}

/** One licence of each group has to be given; a group that is not necessary may be left out. */
export interface LicenceGroup {
  id: string;
  description: string;
  isNecessary?: boolean;
  licences: Licence[];
}

export interface ShopCategory {
  leaf: string;
  name: string;
  /** The new tree, root first, leaf last (`cats_v2`). */
  catsV2: string[];
  /** The old tree: level1, level2, level3. Only the leaf's id is the same. */
  levels: [string, string, string];
  groups: LicenceGroup[];
  /** What WeChat tells the merchant; default the groups' descriptions. */
  tips?: string;
  /** Open to every shop: `need_to_apply` is false, and nothing is applied for. */
  isFree?: boolean;
  isOlderFormRefused: boolean;
  isBrandNeeded: boolean;
  /** Directed entry (定向准入): only these brands may stand in it (`attr.brand_list`). */
  allowedBrands?: string[];
  brandPower: 'enough' | 'too-weak' | 'being-rated';
  isApprovedAtOnce: boolean;
}

export type Demands = Partial<Omit<ShopCategory, 'leaf' | 'name' | 'catsV2' | 'levels'>>;

export const registrationNumber = '^[0-9A-Za-z\\u4e00-\\u9fa5〔〕()（）-]{6,40}$';
export const validity = '^(\\d{4}-\\d{2}-\\d{2}|长期)$';

export const businessLicence: LicenceGroup = {
  id: '1',
  description: '营业执照',
  licences: [
    {
      id: '2',
      name: '营业执照',
      fields: [
        { key: 'audit_license_no', name: '统一社会信用代码', pattern: '^[0-9A-Z]{14,18}$', isNecessary: false },
        { key: 'audit_license_validty_period', name: '有效期', pattern: validity, isNecessary: false },
      ],
    },
  ],
};

/** Leaves of one branch, which demand the same. The older tree has three levels; the newer may have more. */
export function leavesUnder(
  newPath: string[],
  oldPath: [string, string],
  leaves: [id: string, name: string][],
  demands: Demands = {},
): ShopCategory[] {
  return leaves.map(([leaf, name]) => ({
    leaf,
    name,
    catsV2: [...newPath, leaf],
    levels: [...oldPath, leaf],
    groups: [businessLicence],
    isOlderFormRefused: false,
    isBrandNeeded: false,
    brandPower: 'enough',
    isApprovedAtOnce: false,
    ...demands,
  }));
}
