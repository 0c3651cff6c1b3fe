/** Reads who is told about cases: `WXQ_WEBHOOK_URL`, `WXQ_WEBHOOK_SECRET`, `WXQ_ROBOT_URLS`. Messages never show an address or a secret. */
import { z } from 'zod';

const robotKinds = ['wecom', 'feishu', 'dingtalk'] as const;
type RobotKind = (typeof robotKinds)[number];

const robotHosts: Record<string, RobotKind> = {
  'qyapi.weixin.qq.com': 'wecom',
  'open.feishu.cn': 'feishu',
  'open.larksuite.com': 'feishu',
  'oapi.dingtalk.com': 'dingtalk',
};

/** A robot of a chat group; its secret stands behind `#` in the setting. */
export interface RobotSetting {
  kind: RobotKind;
  url: string;
  secret?: string;
}

/** The settings as they are written, each checked on its own. */
export const notificationFields = {
  WXQ_WEBHOOK_URL: z.string().transform(reading(parseWebhookUrls)).optional(),
  WXQ_WEBHOOK_SECRET: z.string().transform(reading(parseWebhookSecrets)).optional(),
  WXQ_ROBOT_URLS: z.string().transform(reading(parseRobotUrls)).optional(),
  WXQ_CONSOLE_URL: z
    .string()
    .refine((text) => webAddress(text)?.search === '', 'must be an http: or https: address without query')
    .optional(),
};

function reading<Value>(parse: (text: string) => Value) {
  return (text: string, context: z.core.$RefinementCtx): Value => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'cannot be read' });
      return z.NEVER;
    }
  };
}

/** A comma may stand within an address; a new one begins where a scheme does. */
const listed = (text: string): string[] =>
  text
    .split(/\s*,\s*(?=(?:\w+\+)?https?:)|\s+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** Throws an Error whose message completes a sentence that begins with the setting's name. */
export function parseWebhookUrls(text: string): string[] {
  return distinct(listed(text)).map((one, index) => {
    const url = webAddress(one);
    if (url === undefined)
      throw new Error(`must be http: or https: addresses with commas between (entry ${index + 1})`);
    return url.href;
  });
}

/** `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has them; the newest first. */
export function parseWebhookSecrets(text: string): string[] {
  return distinct(text.split(',').map((one) => one.trim())).map((one, index) => {
    const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(one)?.[1];
    const bytes = encoded === undefined ? 0 : Buffer.from(encoded, 'base64').length;
    if (bytes < 24 || bytes > 64)
      throw new Error(
        `must be whsec_ and 24 to 64 bytes in base64 (entry ${index + 1}): echo whsec_$(openssl rand -base64 32)`,
      );
    return one;
  });
}

/** Addresses of robots; the kind is known by the host, or written before it: `wecom+https://…`. */
export function parseRobotUrls(text: string): RobotSetting[] {
  return distinct(listed(text)).map((one, index) => {
    const [, written, address = ''] = /^(?:([a-z]+)\+)?(.*)$/.exec(one) ?? [];
    const url = webAddress(address);
    if (url === undefined)
      throw new Error(`must be http: or https: addresses with commas between (entry ${index + 1})`);
    const kind = written === undefined ? robotHosts[url.hostname] : robotKinds.find((known) => known === written);
    if (kind === undefined)
      throw new Error(`has an entry of no known kind (entry ${index + 1}): write ${robotKinds.join('+, ')}+ before it`);
    const secret = decodeURIComponent(url.hash.slice(1));
    url.hash = '';
    return { kind, url: url.href, ...(secret === '' ? {} : { secret }) };
  });
}

const distinct = (list: string[]): string[] => [...new Set(list)];

function webAddress(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
