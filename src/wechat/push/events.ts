/** The events that concern category qualifications, typed, from JSON and from XML. */
import { z } from 'zod';
import { isUint64 } from '../json.ts';
import { PushRejected } from './rejected.ts';
import { readTree } from './tree.ts';

/** A decrypted push. Ids and statuses are strings as WeChat wrote them; times are seconds since 1970. */
export type PushEvent = ProductCategoryAudit | WxaCategoryAudit | OtherEvent;

/** A Channels Shop category audit moved (status 1 in review, 2 rejected, 3 approved, 12 cancelled). */
export interface ProductCategoryAudit {
  type: 'product_category_audit';
  toUserName: string;
  createTime: number;
  auditId: string;
  status: string;
  reason?: string;
}

/** A Mini Program category was judged (`ret` 2 rejected, 3 passed). It names the category, not an audit. */
export interface WxaCategoryAudit {
  type: 'wxa_category_audit';
  toUserName: string;
  createTime: number;
  ret: string;
  first: string;
  second: string;
  reason?: string;
}

/** Any other push, e.g. `debug_demo` of WeChat's test tool: acknowledge and ignore. */
export interface OtherEvent {
  type: 'other';
  event: string;
  msgType?: string;
  infoType?: string;
}

const text = z.union([z.string(), z.number().transform(String)]).transform((value) => value.trim());
const filledText = text.refine((value) => value !== '');
const id = text.refine((value) => isUint64(value) && value !== '0');
const seconds = text.refine((value) => /^\d{1,12}$/.test(value)).transform(Number);
const reason = text.nullish().transform((value) => (value ? { reason: value } : {}));
const head = { ToUserName: filledText, CreateTime: seconds };

/** https://developers.weixin.qq.com/doc/store/shop/notify/category_callback/ProductCategoryAudit */
const productCategoryAudit = z.object({
  ...head,
  ProductCategoryAudit: z.object({ audit_id: id, status: filledText, reason }),
});

/** https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/category/wxa_category_audit.html */
const wxaCategoryAudit = z.object({ ...head, ret: filledText, first: id, second: id, reason });

const anyPush = z.object({ Event: text.nullish(), MsgType: text.nullish(), InfoType: text.nullish() });

/**
 * Reads a decrypted message. An unknown event is `other`, never an error: WeChat sends many. A known event that lacks
 * what it must have, and a message that is neither JSON nor XML, throw `PushRejected` (`bad-message`) and nothing else.
 */
export function parsePushEvent(message: string): PushEvent {
  const { fields } = readTree(message, 'bad-message');
  const { Event: event, MsgType: msgType, InfoType: infoType } = checked(anyPush, fields, 'push');
  if (event === 'product_category_audit') return shopAudit(fields);
  if (event === 'wxa_category_audit') return miniProgramAudit(fields);
  return {
    type: 'other',
    event: event ?? '',
    ...(msgType ? { msgType } : {}),
    ...(infoType ? { infoType } : {}),
  };
}

function shopAudit(fields: Record<string, unknown>): ProductCategoryAudit {
  const event = checked(productCategoryAudit, fields, 'product_category_audit');
  const audit = event.ProductCategoryAudit;
  return {
    type: 'product_category_audit',
    toUserName: event.ToUserName,
    createTime: event.CreateTime,
    auditId: audit.audit_id,
    status: audit.status,
    ...audit.reason,
  };
}

function miniProgramAudit(fields: Record<string, unknown>): WxaCategoryAudit {
  const event = checked(wxaCategoryAudit, fields, 'wxa_category_audit');
  return {
    type: 'wxa_category_audit',
    toUserName: event.ToUserName,
    createTime: event.CreateTime,
    ret: event.ret,
    first: event.first,
    second: event.second,
    ...event.reason,
  };
}

function checked<T>(schema: z.ZodType<T>, fields: unknown, what: string): T {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const paths = result.error.issues.map((issue) => issue.path.join('.') || '(whole)');
  throw new PushRejected('bad-message', `${what}: bad or missing ${paths.join(', ')}`);
}
