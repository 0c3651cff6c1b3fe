/** Checks of one account: its token, what it may call, what is left of its quota, its push address. All of them only read. */
import type { CallbackSettings } from '../../store/accounts.ts';
import type { StoredFacts } from '../../store/stored-facts.ts';
import { type Bilingual, type MiniProgramCategories, WeChatError } from '../../wechat/index.ts';
import { type Check, type FindingState, fail, NotToBeHad, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';
import { echoed } from './server-checks.ts';
import { spanOf } from './span.ts';
import type { WeChatEdge } from './wechat-edge.ts';

/** One account, and what several checks of it read once. */
export interface AccountSubject {
  installation: Installation;
  appId: string;
  /** The platform that calls for it. */
  via?: string;
  /** Of its own push address; an authorizer's is its platform's. */
  callback?: CallbackSettings | undefined;
  /** As the database knows them. */
  permissionSets?: string[];
  /** Its Token is in the server's database alone. */
  isHeld?: boolean;
  /** @throws NotToBeHad when the database can't be asked. */
  facts(): Promise<StoredFacts>;
  token(): Promise<string>;
  /** What the account turned out to be, by the call that it may make. */
  reading(): Promise<Reading>;
}

export type Reading = { kind: 'channels-shop' } | { kind: 'mini-program'; categories: MiniProgramCategories };

export const accountChecks: readonly Check<AccountSubject>[] = [
  { name: 'token', run: token },
  { name: 'permission', run: permission },
  { name: 'quota', run: quota },
];

export const heldToken = skipped('its Token is in the database of the server alone: use WXQ_DATABASE_URL to check it');

/** Besides, of an account that calls for itself: its own push address. */
export const ownAccountChecks: readonly Check<AccountSubject>[] = [
  {
    name: 'callback',
    run: async ({ installation, appId, callback, isHeld }, signal) =>
      isHeld
        ? heldToken
        : echoed(installation, { path: `/callback/channels-shop/${appId}`, settings: callback }, signal),
  },
  {
    name: 'last-push',
    run: async (subject) =>
      subject.callback === undefined && !subject.isHeld
        ? skipped('no callback is set for it')
        : pushed(subject.installation.now(), await subject.facts(), subject.appId),
  },
];

/** Of an account that authorised a platform, which pushes for it only when something happens there. */
export const authorizerChecks: readonly Check<AccountSubject>[] = [
  {
    name: 'last-push',
    run: async ({ facts, appId, installation }) => {
      const known = await facts();
      if (!known.lastPushes.some((one) => one.appId === appId)) return ok('no event of it has been pushed yet');
      return pushed(installation.now(), known, appId);
    },
  },
];

/** When an authentic push of the account last came, and how it ended. */
export function pushed(now: number, { lastPushes }: StoredFacts, appId: string): Outcome {
  const last = lastPushes.find((one) => one.appId === appId);
  if (last !== undefined) return ok(`the last push came ${spanOf(now - last.at)} ago: ${last.event}, ${last.result}`);
  return warn('WeChat has never pushed anything here', {
    zh: '请在微信后台「消息推送」填写回调 URL、Token、EncodingAESKey(选安全模式)并启用;此前审核结果只能靠轮询得知。',
    en: 'Enter URL, Token and EncodingAESKey under 消息推送 in the WeChat console (encrypted mode) and switch it on; until then verdicts are found by reading.',
  });
}

/** The category calls are not granted: to the account, or to the platform for it. */
const notGranted = new Set(['48001', '61007']);
const pushSet = '174';

export function accountSubject(
  installation: Installation,
  edge: WeChatEdge,
  account: Pick<AccountSubject, 'appId' | 'via' | 'callback' | 'permissionSets' | 'facts' | 'isHeld'>,
): AccountSubject {
  const { appId, via } = account;
  const caller = { appId, ...(via === undefined ? {} : { componentAppId: via }) };
  const options = { timeoutMs: installation.options.limitMs };
  let token: Promise<string> | undefined;
  let reading: Promise<Reading> | undefined;
  const tokenOnce = (): Promise<string> => (token ??= edge.tokens.get(caller));
  return {
    installation,
    ...account,
    token: tokenOnce,
    reading: () =>
      (reading ??= tokenOnce().then(
        () => readingOf(edge, caller, options),
        () => {
          throw new NotToBeHad('there is no token to ask with');
        },
      )),
  };
}

/** The cheapest read of each platform: the shop's first, and where that is not granted the Mini Program's. */
async function readingOf(
  { wechat }: WeChatEdge,
  caller: { appId: string; componentAppId?: string },
  options: { timeoutMs: number },
): Promise<Reading> {
  try {
    await wechat.channelsShop(caller).getBizCatFlowList({ offset: 0, limit: 1 }, options);
    return { kind: 'channels-shop' };
  } catch (asShop) {
    if (!isNotGranted(asShop)) throw asShop;
    try {
      return { kind: 'mini-program', categories: await wechat.miniProgram(caller).getCategory(options) };
    } catch (asMiniProgram) {
      if (!isNotGranted(asMiniProgram)) throw asMiniProgram;
      throw new NotGrantedError([asShop, asMiniProgram]);
    }
  }
}

const isNotGranted = (error: unknown): error is WeChatError =>
  error instanceof WeChatError && notGranted.has(error.errcode ?? '');

/** Neither platform's category calls may be made. */
class NotGrantedError extends Error {
  override readonly name = 'NotGrantedError';
  readonly refusals: readonly WeChatError[];
  constructor(refusals: readonly WeChatError[]) {
    super(refusals.map(({ endpoint, errcode }) => `${endpoint} ${errcode}`).join(', '));
    this.refusals = refusals;
  }
}

async function token(subject: AccountSubject): Promise<Outcome> {
  try {
    await subject.token();
    return ok(subject.via === undefined ? 'an access token was given' : `an access token was given by ${subject.via}`);
  } catch (error) {
    if (error instanceof WeChatError) return refusal(error, subject.via ?? subject.appId);
    throw error;
  }
}

async function permission(subject: AccountSubject): Promise<Outcome[]> {
  let reading: Reading;
  try {
    reading = await subject.reading();
  } catch (error) {
    if (error instanceof WeChatError) return [refusal(error, subject.via ?? subject.appId)];
    if (error instanceof NotGrantedError)
      return [fail(`no category call is granted: ${error.message}`, grant(subject))];
    throw error;
  }
  const sets = subject.permissionSets === undefined ? '' : `, permission sets ${subject.permissionSets.join(', ')}`;
  const found = ok(
    `${reading.kind === 'channels-shop' ? 'Channels Shop' : 'Mini Program'}: category calls are granted${sets}`,
  );
  const isPushMissing =
    reading.kind === 'channels-shop' &&
    subject.permissionSets !== undefined &&
    !subject.permissionSets.includes(pushSet);
  if (!isPushMissing) return [found];
  return [
    found,
    warn(`permission set ${pushSet} is not granted: WeChat pushes none of this shop's events to the platform`, {
      zh: `请商家重新授权并勾选权限集 ${pushSet};此前审核结果只能靠轮询得知。`,
      en: `Have the merchant authorise again with permission set ${pushSet}; until then verdicts are found by reading.`,
    }),
  ];
}

function grant({ appId, via }: AccountSubject): Bilingual {
  if (via === undefined) {
    return {
      zh: `请确认 ${appId} 是微信小店自己的 appid(不是同主体的公众号或小程序);小程序类目只能由第三方平台代调用。`,
      en: `Make sure that ${appId} is the shop's own appid (not that of an Official Account of the same owner); a Mini Program's categories can be set by a third-party platform only.`,
    };
  }
  return {
    zh: `请让 ${appId} 的管理员重新授权给 ${via},并勾选权限集:小店 85 或 129(推送 174),小程序 30。`,
    en: `Have the owner of ${appId} authorise ${via} again with the permission sets: shop 85 or 129 (pushes 174), Mini Program 30.`,
  };
}

async function quota(subject: AccountSubject): Promise<Outcome[]> {
  const reading = await subject.reading().catch(() => {
    throw new NotToBeHad('the categories could not be read');
  });
  if (reading.kind !== 'mini-program') return [];
  const { quota: left, limit, categories, categoryLimit } = reading.categories;
  const used = `${categories.length} of ${categoryLimit ?? '?'} categories are taken`;
  const room: Outcome =
    categoryLimit !== undefined && categories.length >= categoryLimit
      ? warn(used, {
          zh: '类目数量已满:添加前请先删除不用的类目。',
          en: 'There is no room: delete a category before one is added.',
        })
      : ok(used);
  if (left === undefined) return [room];
  const said = `${left} of ${limit ?? '?'} category changes are left this month`;
  const none = {
    zh: '本月的类目修改次数已用完:下月恢复,此前提交会被拒绝。',
    en: 'None is left: it comes back next month; until then submissions are refused.',
  };
  const changes: Outcome = left > 0 ? ok(said) : warn(said, none);
  return [changes, room];
}

/** A refusal by WeChat, or by a token service, with its own advice; an address that is not allowed is named. */
export function refusal(
  error: WeChatError,
  whose: string,
  state: Extract<FindingState, 'warn' | 'fail'> = 'fail',
): Outcome {
  const ip = ipSeen(error);
  const message = `${error.endpoint}: ${error.reason}${error.rid === undefined ? '' : ` (rid ${error.rid})`}`;
  if (ip === undefined)
    return { state, message, advice: error.kind === 'refresh-token' ? tokenNotRenewed(whose) : error.advice };
  return {
    state,
    message: `${message}: WeChat saw the IP ${ip}`,
    advice: {
      zh: `请在 ${whose} 的微信后台把 IP ${ip} 加入白名单(约 10 分钟内生效),再运行一次。`,
      en: `Add ${ip} to the IP allow-list of ${whose} in the WeChat console (it takes up to 10 minutes), and run this again.`,
    },
  };
}

/** A worker renews a token that is refused within its call; the table's advice is for when that was refused as well. */
const tokenNotRenewed = (whose: string): Bilingual => ({
  zh: `令牌已失效;wxq doctor 从不刷新令牌,worker 下次调用会自动刷新。若再次运行仍如此:请看上面 clock 一行(本机或沙箱的时钟是否跳变),并确认没有其他程序在刷新 ${whose} 的 access_token。`,
  en: `The token is no longer good. This command renews none; a worker does by itself at its next call. If it is still so after that: look at the line clock above (has the clock of this machine, or the sandbox's, jumped?), and make sure that no other program refreshes the token of ${whose}.`,
});

const ipCodes = new Set(['40164', '45035', '61004', '89503', '89506', '89507']);

/** The address in the text of such a refusal: `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: …`. */
export function ipSeen({
  errcode,
  errmsg = '',
  reason,
}: Pick<WeChatError, 'errcode' | 'errmsg' | 'reason'>): string | undefined {
  // A token service passes on what WeChat told it as text alone.
  const text = errcode === undefined ? reason : errmsg;
  if (errcode !== undefined ? !ipCodes.has(errcode) : ![...ipCodes].some((code) => reason.includes(code)))
    return undefined;
  return (
    /(?<![\d.:])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/.exec(text)?.[1] ??
    /(?<![\w:])((?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4})(?![\w:])/i.exec(text)?.[1]
  );
}
