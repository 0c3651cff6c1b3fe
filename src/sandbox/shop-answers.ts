/** What the shop's reading calls show: category trees, forms, permissions and brands, in the pages' own shapes. */

import { shopCategories } from './shop-catalogue.ts';
import type { ShopCategory } from './shop-category.ts';
import { nodeNames } from './shop-nodes.ts';
import type { AuditRecord, AuditStatus, PermissionRecord, SubmittedForm } from './state.ts';
import { type Drift, wireNumber } from './wire.ts';

/** A form's own codes: cancelled is 4 here and 12 in the event. */
export const formStatus: Record<AuditStatus, number> = { open: 1, rejected: 2, approved: 3, cancelled: 4 };

const noQualification = { tips: '', mandatory: false };

/** `getallcategory`: both trees, each entry leaf first. Licence groups stand in the old tree only, as documented. */
export function categoryTrees(drift: Drift): { cats: unknown[]; cats_v2: unknown[] } {
  const id = (value: string) => wireNumber(value, drift.idsAs, 'string');
  const entry = (category: ShopCategory, path: string[], isNewTree: boolean) => ({
    cat_and_qua: path
      .map((node, index) => ({
        cat: {
          cat_id: id(node),
          name: node === category.leaf ? category.name : (nodeNames[node] ?? ''),
          f_cat_id: id(path[index - 1] ?? '0'),
          level: index + 1,
          ...(isNewTree ? { leaf: node === category.leaf } : {}),
        },
        ...(node === category.leaf ? { qua: qualification(category, isNewTree, drift), product_qua_list: [] } : {}),
      }))
      .reverse(),
  });
  return {
    cats: shopCategories.map((category) => entry(category, category.levels, false)),
    cats_v2: shopCategories.map((category) => entry(category, category.catsV2, true)),
  };
}

function qualification(category: ShopCategory, isNewTree: boolean, drift: Drift) {
  const number = (value: string) => wireNumber(value, drift.idsAs, 'number');
  const base = {
    qua_id: wireNumber(`11${category.leaf}`, drift.idsAs, 'string'),
    tips: category.tips ?? category.groups.map((group) => group.description).join('；'),
    mandatory: category.isFree !== true,
  };
  // need_to_apply left the old tree on 2026-04-08.
  if (isNewTree) return { ...base, need_to_apply: category.isFree !== true };
  return {
    ...base,
    cert_group_list: category.groups.map((group) => ({
      license_group_id: number(group.id),
      is_necessary: group.isNecessary === false ? 0 : 1,
      busi_license_desc: group.description,
      license_list: group.licences.map((licence) => ({
        id: number(licence.id),
        name: licence.name,
        is_necessary: group.licences.length === 1 ? 1 : 0,
        license_field_list: licence.fields.map((field) => ({
          field_key: field.key,
          field_name: field.name,
          info: field.pattern,
          is_necessary: field.isNecessary ? 1 : 0,
        })),
      })),
    })),
  };
}

/** `getcategorydetail`. */
export function categoryDetail(category: ShopCategory, drift: Drift) {
  return {
    info: { cat_id: wireNumber(category.leaf, drift.idsAs, 'string'), name: category.name },
    attr: {
      shop_no_shipment: false,
      access_permit_required: category.allowedBrands !== undefined || category.brandPower !== 'enough',
      pre_sale: false,
      seven_day_return: false,
      is_limit_brand: category.isBrandNeeded,
      brand_list: (category.allowedBrands ?? []).map((brandId) => ({
        brand_id: wireNumber(brandId, drift.idsAs, 'string'),
      })),
      deposit: wireNumber('500000', drift.idsAs, 'string'),
      product_attr_list: [],
      transactionfee_info: { basis_point: 250, original_basis_point: 250, incentive_type: 0 },
    },
    product_qua_list: [
      { qua_id: wireNumber('1111487', drift.idsAs, 'string'), need_to_apply: true, ...noQualification },
    ],
  };
}

/** One form, as `getbizcatflowdetail` and `getbizcatflowlist` show it. */
export function formAnswer(audit: AuditRecord, drift: Drift) {
  const time = (ms: number): number => Math.floor(ms / 1000);
  return {
    cat_id: wireNumber(audit.categoryId, drift.idsAs, 'number'),
    status: wireNumber(formStatus[audit.status], drift.statusAs, 'number'),
    audit_id: wireNumber(audit.id, drift.auditIdAs, 'number'),
    qua_id: wireNumber(audit.quaId, drift.idsAs, 'number'),
    create_time: time(audit.createdAt),
    update_time: time(audit.updatedAt),
    audit_info: auditInfo(audit.form, drift),
    audit_time: audit.decidedAt === null ? 0 : time(audit.decidedAt),
    audit_reason: audit.reason,
  };
}

/** One permission, as the relation list shows it. */
export function permissionAnswer(permission: PermissionRecord, drift: Drift) {
  return {
    status: wireNumber(permission.isInForce ? 1 : 2, drift.statusAs, 'number'),
    uneffective_reason: permission.reason,
    effective_time: permission.effectiveTime,
    uneffective_time: permission.uneffectiveTime,
    qua_id: wireNumber(permission.quaId, drift.idsAs, 'number'),
  };
}

/** What was submitted, with addresses in place of file ids: they cannot be compared with what was sent. */
export function auditInfo(form: SubmittedForm | undefined, drift: Drift) {
  const list = (name: string): string[] => (form?.lists[name] ?? []).map(address);
  return {
    certificate: list('certificate'),
    cats_v2: [],
    brand_list: (form?.brandIds ?? []).map((id) => ({ brand_id: wireNumber(id, drift.idsAs, 'number') })),
    baobeihan: list('baobeihan'),
    jingyingzhengming: list('jingyingzhengming'),
    ruzhuzhizhi: list('ruzhuzhizhi'),
    daihuokoubei: list('daihuokoubei'),
    jingyingliushui: list('jingyingliushui'),
    buchongcailiao: list('buchongcailiao'),
    ...form?.texts,
    license_group_list: (form?.groups ?? []).map((group) => ({
      license_group_id: wireNumber(group.groupId, drift.idsAs, 'number'),
      license: {
        license_id: wireNumber(group.licenseId, drift.idsAs, 'number'),
        file_id_list: group.fileIds.map(address),
        license_field_list: group.fields,
      },
    })),
    commitment_letter_list: [],
    account_link: '',
    is_new_apply_cat: form?.isNewForm ?? false,
  };
}

function address(fileId: string): string {
  // Reversed: an address that contained the file id would invite clients to compare the two.
  const hidden = [...fileId].reverse().join('').slice(0, 24);
  return `https://mmec-shop-1258344707.cos.ap-shanghai.myqcloud.com/brandcat/${hidden}`;
}
