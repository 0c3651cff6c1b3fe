/** The Channels Shop's answers: wire spelling in, our names out; ids are strings, unknown fields are ignored. */
import { z } from 'zod';
import {
  optionalId,
  optionalNumber,
  optionalSeconds,
  optionalText,
  present,
  wireFlag,
  wireId,
  wireList,
  wireText,
} from '../wire.ts';

export const uploadedQualification = z
  .object({ data: z.object({ file_id: wireText.refine((value) => value !== '', 'empty') }) })
  .transform(({ data }) => ({ fileId: data.file_id }));

export const addedCategory = z.object({ audit_id: wireId }).transform((answer) => ({ auditId: answer.audit_id }));

const flow = z
  .object({
    cat_id: wireId,
    audit_id: wireId,
    status: wireText,
    qua_id: optionalId,
    create_time: optionalSeconds,
    update_time: optionalSeconds,
    audit_time: optionalSeconds,
    audit_reason: optionalText,
  })
  .transform((form) =>
    present({
      catId: form.cat_id,
      auditId: form.audit_id,
      status: form.status,
      quaId: form.qua_id,
      createTime: form.create_time,
      updateTime: form.update_time,
      auditTime: form.audit_time,
      auditReason: form.audit_reason,
    }),
  );

/** An audit form (审核单). `status`: see `channelsAuditVerdict`; times in seconds since 1970. */
export type CategoryFlow = z.output<typeof flow>;

export const flowDetail = z.object({ info: flow }).transform(({ info }) => info);
export const flowList = z.object({ list: wireList(flow) }).transform(({ list }) => list);

/** A licence of the form that a permission was given for. The page swaps two words here: what cannot be read is left out. */
const grantedLicenses = wireList(
  z
    .object({
      license_group_id: wireId,
      license: z.object({
        license_id: wireId,
        license_field_list: wireList(
          z.object({ key: wireText, value: wireText }).transform(({ key, value }) => ({ key, value })),
        ),
      }),
    })
    .transform(({ license_group_id: groupId, license: { license_id: licenseId, license_field_list: fields } }) => ({
      groupId,
      licenseId,
      fields,
    })),
).catch([]);

const relationFields = {
  status: optionalText,
  uneffective_reason: optionalText,
  effective_time: optionalSeconds,
  uneffective_time: optionalSeconds,
  qua_id: optionalId,
  /** Only where one permission is asked for. */
  audit_info: z.object({ license_group_list: grantedLicenses }).nullish().catch(undefined),
};
const relationOf = (categoryId: string, wire: z.output<z.ZodObject<typeof relationFields>>) =>
  present({
    categoryId,
    status: wire.status,
    uneffectiveReason: wire.uneffective_reason,
    effectiveTime: wire.effective_time,
    uneffectiveTime: wire.uneffective_time,
    quaId: wire.qua_id,
    licenses: wire.audit_info?.license_group_list,
  });

/** A permission to sell in a category. `status` 1 in force, 2 lapsed, missing for a category never held (undocumented). */
export type CategoryRelation = ReturnType<typeof relationOf>;

/** What is answered for a category never held is undocumented: nothing but the errcode is required. */
export const relationDetail = (categoryId: string) =>
  z
    .object({ category_id: optionalId, ...relationFields })
    .transform((wire) => relationOf(wire.category_id ?? categoryId, wire));

export const relationList = z
  .object({
    list: wireList(z.object({ id: wireId, ...relationFields }).transform((wire) => relationOf(wire.id, wire))),
  })
  .transform(({ list }) => list);

const licenseField = z
  .object({ field_key: wireText, field_name: optionalText, info: optionalText, is_necessary: wireFlag.optional() })
  .transform((field) =>
    present({ key: field.field_key, name: field.field_name, pattern: field.info, isNecessary: field.is_necessary }),
  );

const license = z
  .object({
    id: wireId,
    name: optionalText,
    is_necessary: wireFlag.optional(),
    license_field_list: wireList(licenseField),
  })
  .transform((wire) =>
    present({
      licenseId: wire.id,
      name: wire.name,
      isNecessary: wire.is_necessary,
      fields: wire.license_field_list,
    }),
  );

const licenseGroup = z
  .object({
    license_group_id: wireId,
    busi_license_desc: optionalText,
    is_necessary: wireFlag.optional(),
    license_list: wireList(license),
  })
  .transform((wire) =>
    present({
      licenseGroupId: wire.license_group_id,
      description: wire.busi_license_desc,
      isNecessary: wire.is_necessary,
      licenses: wire.license_list,
    }),
  );

const qua = z
  .object({
    qua_id: optionalId,
    need_to_apply: wireFlag.optional(),
    tips: optionalText,
    mandatory: wireFlag.optional(),
    cert_group_list: wireList(licenseGroup),
  })
  .transform((wire) =>
    present({
      quaId: wire.qua_id,
      needToApply: wire.need_to_apply,
      tips: wire.tips,
      mandatory: wire.mandatory,
      licenseGroups: wire.cert_group_list,
    }),
  );

const categoryNode = z
  .object({
    cat: z.object({
      cat_id: wireId,
      name: optionalText,
      f_cat_id: optionalId,
      level: optionalNumber,
      leaf: wireFlag.optional(),
    }),
    qua: qua.nullish(),
  })
  .transform(({ cat, qua: needs }) =>
    present({
      catId: cat.cat_id,
      name: cat.name,
      parentId: cat.f_cat_id,
      level: cat.level,
      isLeaf: cat.leaf,
      qua: needs ?? undefined,
    }),
  );

const branch = z.object({ cat_and_qua: wireList(categoryNode) }).transform(({ cat_and_qua: nodes }) => nodes);

export const allCategories = z
  .object({ cats: wireList(branch), cats_v2: wireList(branch) })
  .transform(({ cats, cats_v2 }) => ({ cats, catsV2: cats_v2 }));

/** Both trees; each entry is one branch, in the samples the leaf first. Licence groups are documented in `cats` only. */
export type ShopCategories = z.output<typeof allCategories>;
/** One category in a branch; a parent carries no `qua`. */
export type ShopCategoryNode = z.output<typeof categoryNode>;
/** What must be submitted for a category. */
export type ShopQua = z.output<typeof qua>;
/** A group of which exactly one licence is to be submitted. */
export type ShopLicenseGroup = z.output<typeof licenseGroup>;

export const categoryDetail = z
  .object({
    info: z.object({ cat_id: wireId, name: optionalText }),
    attr: z
      .object({
        is_limit_brand: wireFlag.optional(),
        access_permit_required: wireFlag.optional(),
        brand_list: wireList(z.object({ brand_id: wireId })),
        deposit: optionalNumber,
      })
      .nullish(),
  })
  .transform(({ info, attr }) =>
    present({
      catId: info.cat_id,
      name: info.name,
      /** A brand must be given (`brandIds`). */
      isLimitBrand: attr?.is_limit_brand,
      /** Directed entry (定向准入). */
      accessPermitRequired: attr?.access_permit_required,
      brandIds: attr?.brand_list.map((brand) => brand.brand_id) ?? [],
      /** In fen. */
      deposit: attr?.deposit,
    }),
  );
export type CategoryDetail = z.output<typeof categoryDetail>;

const brand = z
  .object({ brand_id: wireId, ch_name: optionalText, en_name: optionalText, status: optionalText })
  .transform((wire) =>
    present({ brandId: wire.brand_id, chName: wire.ch_name, enName: wire.en_name, status: wire.status }),
  );

export const validBrands = z
  .object({ brands: wireList(brand), total_num: optionalNumber, next_key: optionalText })
  .transform((wire) => present({ brands: wire.brands, totalNum: wire.total_num, nextKey: wire.next_key }));
/** A page of brands; `status` 3 in force, 5 about to expire (both usable). */
export type ValidBrands = z.output<typeof validBrands>;

export const shopInfo = z
  .object({
    info: z.object({
      nickname: optionalText,
      username: optionalText,
      status: optionalText,
      subject_type: optionalText,
      headimg_url: optionalText,
    }),
  })
  .transform(({ info }) =>
    present({
      nickname: info.nickname,
      /** The shop's original id (`gh_…`). */
      username: info.username,
      /** opening, open_finished, closing, close_finished */
      status: info.status,
      subjectType: info.subject_type,
      headimgUrl: info.headimg_url,
    }),
  );
export type ShopInfo = z.output<typeof shopInfo>;

export const precheck = z
  .object({ all_pass: wireFlag, fail_reasons: wireList(wireText) })
  .transform((wire) => ({ allPass: wire.all_pass, failReasons: wire.fail_reasons }));
export type CategoryPrecheck = z.output<typeof precheck>;
