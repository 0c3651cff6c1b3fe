/** The pushes that concern a third-party platform itself: its tickets, and who authorises it. */
import { z } from 'zod';
import { PushRejected } from './rejected.ts';
import { readTree } from './tree.ts';

/** A decrypted push to the platform's authorization address. `createTime` in seconds since 1970. */
export type PlatformEvent =
  /** Every ten minutes; valid for twelve hours. */
  | { type: 'component_verify_ticket'; componentAppId: string; createTime: number; ticket: string }
  | {
      type: 'authorized' | 'updateauthorized';
      componentAppId: string;
      createTime: number;
      appId: string;
      authorizationCode: string;
      /** Seconds since 1970. */
      codeExpiresAt?: number;
    }
  | { type: 'unauthorized'; componentAppId: string; createTime: number; appId: string }
  | { type: 'other'; infoType: string };

const text = z.union([z.string(), z.number().transform(String)]).transform((value) => value.trim());
const filled = text.refine((value) => value !== '');
const appId = text.refine((value) => /^[0-9A-Za-z_-]{1,64}$/.test(value));
const seconds = text.refine((value) => /^\d{1,12}$/.test(value)).transform(Number);
const head = { AppId: appId, CreateTime: seconds };

/** https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/component_verify_ticket.html */
const ticketPush = z.object({ ...head, ComponentVerifyTicket: filled });
/** https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/authorize_event.html */
const authorizedPush = z.object({
  ...head,
  AuthorizerAppid: appId,
  AuthorizationCode: filled,
  AuthorizationCodeExpiredTime: seconds.optional(),
});
const unauthorizedPush = z.object({ ...head, AuthorizerAppid: appId });

/**
 * Reads a decrypted message of the authorization address. An unknown `InfoType` is `other`. A known one that lacks what
 * it must have throws `PushRejected` (`bad-message`) and nothing else.
 */
export function parsePlatformEvent(message: string): PlatformEvent {
  const { fields } = readTree(message, 'bad-message');
  const infoType = checked(z.object({ InfoType: text.nullish() }), fields, 'push').InfoType ?? '';
  if (infoType === 'component_verify_ticket') {
    const push = checked(ticketPush, fields, infoType);
    const { AppId: componentAppId, CreateTime: createTime } = push;
    return { type: infoType, componentAppId, createTime, ticket: push.ComponentVerifyTicket };
  }
  if (infoType === 'authorized' || infoType === 'updateauthorized') {
    const push = checked(authorizedPush, fields, infoType);
    const codeExpiresAt = push.AuthorizationCodeExpiredTime;
    return {
      type: infoType,
      componentAppId: push.AppId,
      createTime: push.CreateTime,
      appId: push.AuthorizerAppid,
      authorizationCode: push.AuthorizationCode,
      ...(codeExpiresAt === undefined ? {} : { codeExpiresAt }),
    };
  }
  if (infoType === 'unauthorized') {
    const push = checked(unauthorizedPush, fields, infoType);
    return {
      type: infoType,
      componentAppId: push.AppId,
      createTime: push.CreateTime,
      appId: push.AuthorizerAppid,
    };
  }
  return { type: 'other', infoType };
}

function checked<T>(schema: z.ZodType<T>, fields: unknown, what: string): T {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  // Paths only: the values are a ticket and a code.
  const paths = result.error.issues.map((issue) => issue.path.join('.') || '(whole)');
  throw new PushRejected('bad-message', `${what}: bad or missing ${paths.join(', ')}`);
}
