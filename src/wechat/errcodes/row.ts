/** One row of the table of error codes, and the advice that several rows share. */

/**
 * What the caller must do next:
 * - `retry-now`: try again soon; after a write look first (`delivery` is `unknown`)
 * - `retry-slowly`: asked too often; wait a minute or more
 * - `refresh-token`: the token is dead; the client has refreshed it once already
 * - `mend-data`: only other data can mend it
 * - `upload-again`: an uploaded image is no longer accepted
 * - `needs-person`: only a person, or time, can mend it; trying again does no harm and no good
 * - `already-landed`: WeChat holds this submission, or one for the same category, already
 * - `bug`: this program sent what it must not send
 * - `unknown-code`: a code or status that no page describes
 * - `unanswered`: no readable answer; see `delivery`
 */
export type WeChatErrorKind =
  | 'retry-now'
  | 'retry-slowly'
  | 'refresh-token'
  | 'mend-data'
  | 'upload-again'
  | 'needs-person'
  | 'already-landed'
  | 'bug'
  | 'unknown-code'
  | 'unanswered';

/** A text for the operations person (zh) and for the engineer (en). */
export interface Bilingual {
  zh: string;
  en: string;
}

/** One code. With `endpoints` (paths) the row holds only there and wins over the general one. */
export interface ErrcodeRow {
  code: string;
  kind: WeChatErrorKind;
  meaning: Bilingual;
  advice: Bilingual;
  endpoints?: readonly string[];
}

/** A row in one line: code, kind, meaning (zh, en), advice, and the paths where alone it holds. */
export function row(
  code: string,
  kind: WeChatErrorKind,
  zh: string,
  en: string,
  advice: Bilingual,
  endpoints?: readonly string[],
): ErrcodeRow {
  return { code, kind, meaning: { zh, en }, advice, ...(endpoints === undefined ? {} : { endpoints }) };
}

/** Advice in both languages. */
export function say(zh: string, en: string): Bilingual {
  return { zh, en };
}

export const adviceRetry = say(
  '微信系统繁忙,程序会自动再试;若长时间不恢复,请点「重试」(retry)。',
  'WeChat is busy; it is tried again by itself. If that goes on, press retry.',
);
export const adviceBug = say(
  '这是程序错误:请把错误码、接口和 rid 交给开发人员;改好并重新部署后点「重试」(retry)。',
  'This is a bug of this program: give the code, the endpoint and the rid to its developers; press retry once it is fixed.',
);
export const adviceIp = say(
  '请在该账号(或第三方平台)后台把本服务的出口 IP 加入白名单(错误文字里通常写有微信看到的 IP),然后点「重试」(retry)。',
  'Add the egress IP of this service to the allow-list in the console of the account (or of the platform; the text of the error often names the IP that WeChat saw), then press retry.',
);
export const adviceCredentials = say(
  '请核对账号配置中的 appid 与 secret(是否被重置、是否填反),改好后点「重试」(retry)。',
  'Check the appid and the secret in the accounts file (was the secret reset?), then press retry.',
);
export const adviceTokenService = say(
  '请检查第三方平台的令牌服务(component_verify_ticket、refresh_token 是否有效),恢复后点「重试」(retry)。',
  'Check the token service of the third-party platform (ticket, refresh token), then press retry.',
);
export const adviceAuthorise = say(
  '请让商家重新授权给第三方平台,并勾选所需权限集(店铺 85 或 129,小程序 30),然后点「重试」(retry)。',
  'Have the merchant authorise the third-party platform again with the permission set needed (shop 85 or 129, Mini Program 30), then press retry.',
);
export const adviceAccount = say(
  '请账号管理员登录微信后台查看账号状态并处理,恢复后点「重试」(retry)。',
  'The owner of the account must look at its state in the WeChat console and mend it; then press retry.',
);
export const adviceWait = say(
  '请求过于频繁,程序会放慢后自动再试;若每日额度已用完,请等到次日或在后台清零后点「重试」(retry)。',
  'Called too often: it is tried again more slowly. If the daily quota is used up, wait for tomorrow or clear the quota, then press retry.',
);
export const adviceToken = say(
  '令牌失效且刷新一次后仍被拒绝:请确认没有其他程序在刷新同一账号的 access_token,然后点「重试」(retry)。',
  'The token was refused again after one refresh: make sure that no other program refreshes the token of this account, then press retry.',
);
export const adviceImage = say(
  '请换一张清晰的 jpg 或 png 图片(不超过 2 MB)后点「重新提交」(resubmit)。',
  'Replace the image by a clear jpg or png of at most 2 MB, then press resubmit.',
);
export const adviceUploadAgain = say(
  '图片会自动重新上传一次;若仍失败,请换图后点「重新提交」(resubmit)。',
  'The images are uploaded again once by themselves; if that fails too, replace them and press resubmit.',
);
export const adviceMend = say(
  '请按提示改正提交内容后点「重新提交」(resubmit)。',
  'Correct what was submitted as the message says, then press resubmit.',
);
