/** The Mini Program's answers: wire spelling in, our names out; ids are strings, unknown fields are ignored. */
import { z } from 'zod';
import {
  exactText,
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

export const uploadedMedia = z
  .object({ media_id: wireText.refine((value) => value !== '', 'empty'), created_at: optionalSeconds })
  .transform((wire) => present({ mediaId: wire.media_id, createdAt: wire.created_at }));
/** `createdAt` in seconds since 1970, by WeChat's clock; the media id is dead 3 days later. */
export type UploadedMedia = z.output<typeof uploadedMedia>;

const setCategory = z
  .object({
    first: wireId,
    second: wireId,
    first_name: optionalText,
    second_name: optionalText,
    audit_status: wireText,
    audit_reason: optionalText,
    is_expired: wireFlag.nullish(),
  })
  .transform((wire) =>
    present({
      first: wire.first,
      second: wire.second,
      firstName: wire.first_name,
      secondName: wire.second_name,
      auditStatus: wire.audit_status,
      auditReason: wire.audit_reason,
      /** Undocumented, seen with audit_status 3. */
      isExpired: wire.is_expired ?? false,
    }),
  );
/** A category that the Mini Program has or asked for; see `miniProgramAuditState`. */
export type MiniProgramCategory = z.output<typeof setCategory>;

export const setCategories = z
  .object({
    categories: wireList(setCategory),
    limit: optionalNumber,
    quota: optionalNumber,
    category_limit: optionalNumber,
  })
  .transform((wire) =>
    present({
      categories: wire.categories,
      /** Adds allowed in this period. */
      limit: wire.limit,
      /** Adds left in this period. */
      quota: wire.quota,
      categoryLimit: wire.category_limit,
    }),
  );
export type MiniProgramCategories = z.output<typeof setCategories>;

// The name is the certificate's key: real ones carry leading blanks.
const document = z
  .object({ name: exactText, url: optionalText })
  .transform((wire) => present({ name: wire.name, url: wire.url }));

const qualify = z
  .object({
    exter_list: wireList(z.object({ inner_list: wireList(document) }).transform((wire) => wire.inner_list)),
    remark: optionalText,
  })
  .transform((wire) => present({ alternatives: wire.exter_list, remark: wire.remark }));

const listedCategory = z
  .object({
    id: wireId,
    name: optionalText,
    level: optionalNumber,
    father: optionalId,
    children: wireList(wireId),
    sensitive_type: wireFlag.nullish(),
    qualify: qualify.nullish(),
  })
  .transform((wire) =>
    present({
      id: wire.id,
      name: wire.name,
      level: wire.level,
      father: wire.father,
      children: wire.children,
      /** A qualification must be submitted and is reviewed. */
      isSensitive: wire.sensitive_type ?? false,
      /** Any one of `alternatives` is enough; of an alternative all documents are needed. */
      qualify: wire.qualify ?? undefined,
    }),
  );
/** A category that may be set. Id 0 is the root, whose children are the first level. */
export type ListedCategory = z.output<typeof listedCategory>;

const listing = z.object({ categories: wireList(listedCategory) }).transform((wire) => wire.categories);

/** Older copies of the page call the outer field `category_list`. */
export const listedCategories = z
  .object({ categories_list: listing.optional(), category_list: listing.optional() })
  .transform((wire) => wire.categories_list ?? wire.category_list)
  .refine((list): list is ListedCategory[] => list !== undefined, 'categories_list is missing');
