/** A case with everything that a category asks for, to be filled in: images by name, fields empty. */
import { accessLists, type ChannelsShopInput, type License } from '../contract/channels-shop.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { CaseInput } from '../contract/qualification.ts';
import type { LicenseRule, MiniProgramRules, ShopRules } from './category-rules.ts';
import { type InBoth, say } from './finding.ts';
import { findMiniProgramCategory } from './mini-program.ts';
import { findShopCategory } from './shop-tree.ts';

/** A case to fill in, and what a person should know while doing it. */
export interface Template<Input> {
  input: Input;
  notes: InBoth[];
}

type Account = Pick<CaseInput, 'appId' | 'via'>;

/** `undefined`: neither tree has the leaf. */
export function shopTemplate(
  account: Account,
  leaf: string,
  rules: ShopRules,
): Template<ChannelsShopInput> | undefined {
  const found = findShopCategory(rules, leaf);
  if (found === undefined) return undefined;
  const notes = found.tips.map((tip) => say(`类目说明：${tip}`, `The category says: ${tip}`));
  const licenses = found.groups.flatMap(
    ({ licenseGroupId, description = '', isNecessary, licenses: offered }): License[] => {
      const [first, ...others] = offered;
      if (first === undefined) return [];
      if (isNecessary === false)
        notes.push(
          say(
            `证照组 ${licenseGroupId}（${description}）可选。`,
            `The group ${licenseGroupId} (${description}) is optional.`,
          ),
        );
      if (others.length > 0) {
        const names = others.map(({ licenseId, name = '' }) => `${licenseId} ${name}`.trim()).join(', ');
        notes.push(
          say(`证照组 ${licenseGroupId} 也可选用：${names}。`, `The group ${licenseGroupId} also takes: ${names}.`),
        );
      }
      notes.push(...fieldNotes(first));
      return [emptyLicense(licenseGroupId, first)];
    },
  );
  const access = rules.detail?.accessPermitRequired === true;
  if (access)
    notes.push(
      say('定向准入类目：删除不适用的附加材料。', 'Directed entry: take out the additional lists that do not apply.'),
    );
  const lists = access ? Object.fromEntries(accessLists.map((list) => [list, [`${list}.jpg`]])) : {};
  const isOlder = found.groups.length === 0;
  if (isOlder)
    notes.push(say('该类目没有证照组，使用 certificate。', 'The category has no licence groups: certificate is used.'));
  return {
    input: {
      ...account,
      category: categoryOf(found.newPath, found.oldPath, leaf),
      ...(rules.detail?.isLimitBrand === true ? { brandIds: usableBrands(rules) } : {}),
      material: isOlder
        ? { form: 'certificate', certificate: ['certificate.jpg'], ...lists }
        : { form: 'licenses', licenses, ...lists },
    },
    notes,
  };
}

/** A leaf of the new tree is looked up by the case itself; one of the old tree needs its path, which has three levels. */
function categoryOf(newPath: string[], oldPath: string[], leaf: string): ChannelsShopInput['category'] {
  const [level1, level2, level3] = oldPath;
  if (newPath.length > 0 || level1 === undefined || level2 === undefined || level3 !== leaf) return { leaf };
  return { level1, level2, level3 };
}

/** The first brand that both the shop and the category have; none leaves the list empty, which a check finds. */
function usableBrands({ brands = [], detail }: ShopRules): string[] {
  const listed = detail?.brandIds ?? [];
  const usable = brands.filter(({ brandId }) => listed.length === 0 || listed.includes(brandId));
  return usable.slice(0, 1).map(({ brandId }) => brandId);
}

const emptyLicense = (groupId: string, { licenseId, fields }: LicenseRule): License => ({
  groupId,
  licenseId,
  images: [`license-${groupId}-${licenseId}.jpg`],
  ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields.map(({ key }) => [key, ''])) }),
});

const fieldNotes = ({ licenseId, fields }: LicenseRule): InBoth[] =>
  fields.map(({ key, name = key, pattern = '', isNecessary }) =>
    say(
      `证照 ${licenseId} 的 ${key}（${name}，${isNecessary === true ? '必填' : '可选'}）：${pattern}`,
      `licence ${licenseId}, ${key} (${name}, ${isNecessary === true ? 'necessary' : 'optional'}): ${pattern}`,
    ),
  );

/** `undefined`: there is no such category for this Mini Program. */
export function miniProgramTemplate(
  account: Account,
  { first, second }: { first: string; second: string },
  rules: MiniProgramRules,
): Template<MiniProgramInput> | undefined {
  const category = findMiniProgramCategory(rules, first, second);
  if (category === undefined) return undefined;
  const notes: InBoth[] = [];
  const remark = category.qualify?.remark?.trim();
  if (remark) notes.push(say(`类目说明：${remark}`, `The category says: ${remark}`));
  const [needed = [], ...others] = (category.qualify?.alternatives ?? []).filter((names) => names.length > 0);
  for (const names of others) {
    const list = names.map(({ name }) => JSON.stringify(name));
    notes.push(say(`也可改用：${list.join(' 及 ')}。`, `Instead, this is enough as well: ${list.join(' and ')}.`));
  }
  const certificates = needed.map(({ name }, index) => ({ key: name, images: [`certificate-${index + 1}.jpg`] }));
  return { input: { ...account, first, second, certificates }, notes };
}
