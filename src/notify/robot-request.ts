/** Messages to robots of WeCom, Feishu and DingTalk: what is sent, and what their answers mean. */
import { createHmac } from 'node:crypto';
import type { CaseEventData, CategoryLapsedData, LicenseExpiringData, Notification } from '../contract/notification.ts';
import type { RobotTarget } from './targets.ts';
import type { OutgoingRequest } from './webhook-request.ts';

const titles: Partial<Record<Notification['type'], string>> = {
  'case.rejected': '类目资质审核未通过',
  'case.needs_material': '类目资质需要补充材料',
  'case.blocked': '类目资质申请受阻',
  'case.overdue': '类目资质审核超时未出结果',
  'case.reminder': '类目资质补正即将到期',
  'case.expired': '类目资质补正已过期',
  'category.lapsed': '类目资质已失效',
  'license.expiring': '类目资质证照即将到期',
} satisfies Partial<Record<Notification['type'], string>>;

const platformNames = { 'channels-shop': '微信小店', 'mini-program': '小程序' } as const;

/** Robots refuse longer texts (WeCom: 4096 bytes of Markdown); an auditor's reason is the only long part. */
const longestReason = 600;

/** `undefined`: robots have no words for this event. */
export function robotRequest(
  { kind, url, secret }: RobotTarget,
  { type, data }: Notification,
  { now, consoleUrl }: { now: Date; consoleUrl?: string },
): OutgoingRequest | undefined {
  const title = titles[type];
  if (title === undefined) return undefined;
  const lines = 'status' in data ? linesOf(data, consoleUrl) : linesOfCategory(data);
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  switch (kind) {
    case 'wecom': {
      const content = [`**${title}**`, ...lines.map((line) => `> ${line}`)].join('\n');
      return { url, headers, body: JSON.stringify({ msgtype: 'markdown', markdown: { content } }) };
    }
    case 'dingtalk': {
      const text = [`### ${title}`, ...lines.map((line) => `- ${line}`)].join('\n');
      const signed = secret === undefined ? url : dingTalkAddress(url, secret, now);
      return { url: signed, headers, body: JSON.stringify({ msgtype: 'markdown', markdown: { title, text } }) };
    }
    case 'feishu': {
      const message = { msg_type: 'text', content: { text: [title, ...lines].join('\n') } };
      const signature = secret === undefined ? {} : feishuSignature(secret, now);
      return { url, headers, body: JSON.stringify({ ...signature, ...message }) };
    }
  }
}

function linesOf(data: CaseEventData, consoleUrl: string | undefined): string[] {
  const { platform, appId, categoryId, attempt, externalId, reason, blocked, dueAt, workflowId } = data;
  const code = blocked?.errcode === undefined ? '' : `(错误码 ${blocked.errcode})`;
  return [
    `${platformNames[platform]}:${appId}`,
    `类目:${categoryId}(第 ${attempt} 次提交)`,
    ...(externalId === undefined ? [] : [`业务单号:${plain(externalId)}`]),
    ...(reason === undefined ? [] : [`原因:${plain(reason)}${code}`]),
    ...(blocked === undefined ? [] : [`处理办法:${plain(blocked.advice)}`]),
    ...(dueAt === undefined ? [] : [`截止:${chinaTime(dueAt)}`]),
    ...(consoleUrl === undefined ? [] : [`处理:${consoleUrl}/cases/${workflowId}`]),
  ];
}

/** A category in force is no case: there may be none to link to. */
function linesOfCategory(data: CategoryLapsedData | LicenseExpiringData): string[] {
  const { platform, appId, categoryId, externalId } = data;
  return [
    `${platformNames[platform]}:${appId}`,
    `类目:${categoryId}`,
    ...(externalId === undefined ? [] : [`业务单号:${plain(externalId)}`]),
    ...('validUntil' in data
      ? [
          `有效期至:${data.validUntil}(剩余 ${data.daysLeft} 天)`,
          ...(data.path === undefined ? [] : [`证照:${plain(data.path)}`]),
        ]
      : data.reason === undefined
        ? []
        : [`原因:${plain(data.reason)}`]),
  ];
}

/** Free text of an auditor: one line, of bounded length, that makes no headings, links or mentions. */
function plain(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/[<>[\]`*@]/g, ' ');
  const letters = [...line];
  return letters.length > longestReason ? `${letters.slice(0, longestReason).join('')}…` : line;
}

const chinaTime = (iso: string): string =>
  new Date(iso).toLocaleString('zh-CN', { timeZone: 'Asia/Shanghai', hour12: false });

/** 加签: HMAC of `timestamp\nsecret` (ms) under the secret, in the address. open.dingtalk.com, 自定义机器人安全设置 */
function dingTalkAddress(url: string, secret: string, now: Date): string {
  const timestamp = String(now.getTime());
  const address = new URL(url);
  address.searchParams.set('timestamp', timestamp);
  address.searchParams.set('sign', createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));
  return address.href;
}

/** 签名校验: HMAC of nothing under `timestamp\nsecret` (s), in the body. open.feishu.cn, 自定义机器人使用指南 */
function feishuSignature(secret: string, now: Date): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).digest('base64') };
}

/** What a robot answered with HTTP 200: `code` 0 took it. */
export function robotCode(kind: RobotTarget['kind'], answer: string): { code?: number; message?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { errcode, errmsg, code, msg, StatusCode } = parsed as Record<string, unknown>;
  const number = kind === 'feishu' ? (code ?? StatusCode) : errcode;
  const message = kind === 'feishu' ? msg : errmsg;
  return {
    ...(typeof number === 'number' ? { code: number } : {}),
    ...(typeof message === 'string' ? { message: message.slice(0, 200) } : {}),
  };
}

/** Asked too often. WeCom and DingTalk take 20 messages a minute (DingTalk then refuses for ten minutes), Feishu 100. */
const tooOftenMs: Record<RobotTarget['kind'], Record<number, number>> = {
  wecom: { 45009: 60_000 },
  dingtalk: { 130101: 10 * 60_000, 410100: 10 * 60_000 },
  feishu: { 9499: 60_000, 11232: 60_000 },
};

/** How long a robot that refused for its rate limit is left alone; `undefined`: it refused for another reason. */
export const robotPauseMs = (kind: RobotTarget['kind'], code: number): number | undefined => tooOftenMs[kind][code];
