/** The plain events that WeChat pushes, in the form that each kind of receiver gets. */
import { stringify } from 'lossless-json';
import type { KnownAccount } from './accounts.ts';
import { isObject } from './shape.ts';
import type { AuditRecord, AuditStatus } from './state.ts';
import { type Drift, wireNumber } from './wire.ts';

/** Audit events carry a fixed OpenID of WeChat's own team: no identity, and useless for telling events apart. */
const fromUserName = 'oSandboxWeChatTeamOpenId0001';

/** The event's own codes; 12 where the form calls it 4. */
const shopEventStatus: Record<AuditStatus, number> = { open: 1, rejected: 2, approved: 3, cancelled: 12 };

export interface PushMessage {
  event: 'product_category_audit' | 'wxa_category_audit';
  text: string;
}

/** Encrypted JSON for a shop of its own; XML for whatever a platform receives. */
export function pushFormat(account: KnownAccount): 'json' | 'xml' {
  return account.componentAppId === null ? 'json' : 'xml';
}

/** The event about an audit's verdict. `createTime` in seconds. */
export function auditMessage(
  account: KnownAccount,
  audit: Pick<AuditRecord, 'id' | 'status' | 'reason' | 'categoryId'>,
  createTime: number,
  drift: Drift,
): PushMessage {
  return account.platform === 'mini-program'
    ? { event: 'wxa_category_audit', text: miniProgramXml(account, audit, createTime) }
    : { event: 'product_category_audit', text: shopMessage(account, audit, createTime, drift) };
}

function shopMessage(
  account: KnownAccount,
  audit: Pick<AuditRecord, 'id' | 'status' | 'reason'>,
  createTime: number,
  drift: Drift,
): string {
  const status = wireNumber(shopEventStatus[audit.status], drift.statusAs, 'string');
  const auditId = wireNumber(audit.id, drift.auditIdAs, 'string');
  if (pushFormat(account) === 'json') {
    const text = stringify({
      ToUserName: account.ghId,
      FromUserName: fromUserName,
      CreateTime: createTime,
      MsgType: 'event',
      Event: 'product_category_audit',
      ProductCategoryAudit: { audit_id: auditId, status, reason: audit.reason },
    });
    return text ?? '';
  }
  const children = `<audit_id>${auditId}</audit_id><status>${status}</status><reason>${escaped(audit.reason)}</reason>`;
  return xml(account, createTime, 'product_category_audit', `<ProductCategoryAudit>${children}</ProductCategoryAudit>`);
}

function miniProgramXml(
  account: KnownAccount,
  { status, reason, categoryId }: Pick<AuditRecord, 'status' | 'reason' | 'categoryId'>,
  createTime: number,
): string {
  const [first, second] = categoryId.split('-');
  const ret = status === 'approved' ? 3 : 2;
  const why = reason === '' ? '' : `<reason>${cdata(reason)}</reason>`;
  const fields = `<ret>${ret}</ret><first>${first}</first><second>${second}</second>${why}`;
  return xml(account, createTime, 'wxa_category_audit', fields);
}

function xml(account: KnownAccount, createTime: number, event: string, fields: string): string {
  return (
    `<xml><ToUserName>${cdata(account.ghId)}</ToUserName><FromUserName>${cdata(fromUserName)}</FromUserName>` +
    `<CreateTime>${createTime}</CreateTime><MsgType>${cdata('event')}</MsgType><Event>${cdata(event)}</Event>${fields}</xml>`
  );
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An event of another program that comes to the same address: orders, customer service, a shop that closes. */
export interface OtherEvent {
  event: string;
  /** Default `event`. */
  msgType?: string;
  fields: Record<string, unknown>;
}

export function otherMessage(account: KnownAccount, other: OtherEvent, createTime: number): string {
  const { event, msgType = 'event', fields } = other;
  // A message of a person names no event.
  const named = msgType === 'event' ? { Event: event } : {};
  const head = { ToUserName: account.ghId, FromUserName: fromUserName, CreateTime: createTime, MsgType: msgType };
  const whole = { ...head, ...named, ...fields };
  return pushFormat(account) === 'json' ? (stringify(whole) ?? '') : `<xml>${elements(whole)}</xml>`;
}

function elements(members: Record<string, unknown>): string {
  return Object.entries(members)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one] as const))
    .map(([name, value]) => `<${name}>${isObject(value) ? elements(value) : text(value)}</${name}>`)
    .join('');
}

function text(value: unknown): string {
  return typeof value === 'string' ? cdata(value) : escaped(String(value));
}
