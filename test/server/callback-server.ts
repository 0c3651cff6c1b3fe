/** A callback server with a WeChat and cases that the test plays, and pushes as WeChat seals them. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { AuditReport } from '../../src/contract/qualification.ts';
import { createCallbackServer } from '../../src/server/app.ts';
import type {
  CallbackAccount,
  CallbackLimits,
  ForwardSettings,
  MiniProgramCategoryReading,
  PlatformAuthorizations,
  ReadinessCheck,
  ShopAuditReading,
} from '../../src/server/dependencies.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import { sealPush } from '../../src/wechat/push/index.ts';

export const shopAppId = 'wx1111111111111111';
export const componentAppId = 'wx2222222222222222';
export const authorizerAppId = 'wx3333333333333333';
export const shopToken = 'tokenOfTheShop';
export const platformToken = 'tokenOfThePlatform';
export const shopKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA';
export const previousShopKey = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFA';
export const platformKey = 'ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkA';
export const readAt = '2026-11-23T00:00:00.000Z';
/** Beyond 2^53: a bare JSON.parse would round it. */
export const auditId = '9007199254741001';

/** What the test plays, and what it saw. */
export interface Stage {
  app: FastifyInstance;
  /** Reports that reached a case. */
  reports: { workflowId: string; report: AuditReport }[];
  /** Reads that reached WeChat. */
  reads: { call: string; account: CallbackAccount; auditId?: string }[];
  /** All log lines. */
  log: { level: string; fields: Record<string, unknown>; message: string }[];
  readFlow: (auditId: string, signal?: AbortSignal) => Promise<ShopAuditReading>;
  /** Absent: a WeChat that does not know the call. */
  precheck?: (
    catId: string,
    options?: { signal?: AbortSignal },
  ) => Promise<{ allPass: boolean; failReasons: string[] }>;
  readCategories: (signal?: AbortSignal) => Promise<{ categories: MiniProgramCategoryReading[] }>;
  report: (workflowId: string) => Promise<'delivered' | 'no-such-case'>;
  findByAudit: (appId: string, auditId: string) => Promise<string | undefined>;
  counted(sample: string): Promise<number>;
}

export function createStage(
  options: {
    limits?: Partial<CallbackLimits>;
    readiness?: ReadinessCheck[];
    shops?: Record<string, Settings>;
    authorizations?: PlatformAuthorizations;
    trustedProxies?: string[];
    /** Of the shop and of the platform. */
    forward?: ForwardSettings;
  } = {},
): Stage {
  const metrics = createServerMetrics();
  const stage: Omit<Stage, 'app'> = {
    reports: [],
    reads: [],
    log: [],
    readFlow: async (id) => ({ auditId: id, catId: '6033', status: '3' }),
    readCategories: async () => ({
      categories: [{ first: '8', second: '39', auditStatus: '3', isExpired: false }],
    }),
    report: async () => 'delivered',
    findByAudit: async () => undefined,
    counted: async (sample) => {
      const line = (await metrics.registry.metrics()).split('\n').find((each) => each.startsWith(`${sample} `));
      return Number(line?.slice(sample.length) ?? 0);
    },
  };
  const logAt = (level: string) => (fields: object, message: string) => {
    stage.log.push({ level, fields: { ...fields }, message });
  };
  const shops: Record<string, Settings> = options.shops ?? {
    [shopAppId]: { token: shopToken, encodingAesKey: [shopKey, previousShopKey] },
  };
  const { forward } = options;
  const platforms = new Map([
    ['wx134c8103faa5a59e', { callback: { token: 'AAAAA', encodingAesKey: ['A'.repeat(43)] } }],
    [componentAppId, { callback: { token: platformToken, encodingAesKey: [platformKey] } }],
  ]);
  const app = createCallbackServer({
    accounts: {
      shop: (appId) => {
        const callback = new Map(Object.entries(shops)).get(appId);
        return callback && { callback, forward };
      },
      platform: (appId) => {
        const platform = platforms.get(appId);
        return platform && { ...platform, forward };
      },
    },
    wechat: {
      channelsShop: (account) => ({
        getBizCatFlowDetail: (id, read) => {
          stage.reads.push({ call: 'getBizCatFlowDetail', account, auditId: id });
          return stage.readFlow(id, read?.signal);
        },
        ...(stage.precheck === undefined ? {} : { categoryPrecheck: stage.precheck }),
      }),
      miniProgram: (account) => ({
        getCategory: (read) => {
          stage.reads.push({ call: 'getCategory', account });
          return stage.readCategories(read?.signal);
        },
      }),
    },
    cases: {
      report: async (workflowId, report) => {
        const answer = await stage.report(workflowId);
        if (answer === 'delivered') stage.reports.push({ workflowId, report });
        return answer;
      },
      findByAudit: (appId, id) => stage.findByAudit(appId, id),
    },
    logger: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    metrics,
    readiness: options.readiness ?? [],
    authorizations: options.authorizations,
    // Neither counts nor clocks are what most tests are about.
    limits: { refusalsPerMinute: 100_000, pushAgeMs: Number.POSITIVE_INFINITY, ...options.limits },
    ...(options.trustedProxies === undefined ? {} : { trustedProxies: options.trustedProxies }),
    now: () => new Date(readAt),
  });
  return Object.assign(stage, { app });
}

interface Settings {
  token: string;
  olderTokens?: string[];
  encodingAesKey: string[];
}

/** A request as WeChat sends it; tests change it to forge one. */
export interface PushRequest {
  path: string;
  query: Record<string, string>;
  body: string;
  contentType: string;
}

/** An encrypted JSON push to the shop's own address. */
export function shopPush(
  message: unknown,
  changes: { key?: string; token?: string; tailAppId?: string; timestamp?: string } = {},
): PushRequest {
  const { query, body, contentType } = sealPush({
    format: 'json',
    message: typeof message === 'string' ? message : JSON.stringify(message),
    token: changes.token ?? shopToken,
    encodingAesKey: changes.key ?? shopKey,
    tailAppId: changes.tailAppId ?? shopAppId,
    toUserName: 'gh_0123456789ab',
    timestamp: changes.timestamp ?? '1796000000',
    nonce: '415670741',
  });
  return { path: `/callback/channels-shop/${shopAppId}`, query, body, contentType };
}

/** An encrypted XML push through the third-party platform. */
export function platformPush(message: string, changes: { tailAppId?: string } = {}): PushRequest {
  const { query, body, contentType } = sealPush({
    format: 'xml',
    message,
    token: platformToken,
    encodingAesKey: platformKey,
    tailAppId: changes.tailAppId ?? componentAppId,
    toUserName: 'gh_ba9876543210',
    timestamp: '1796000000',
    nonce: '1590219412',
  });
  return { path: `/callback/platform/${componentAppId}/${authorizerAppId}`, query, body, contentType };
}

/** `product_category_audit` as JSON; the audit id is an unquoted uint64, as the push family does it. */
export const shopEvent = (status = '3', id = auditId, reason = ''): string =>
  `{"ToUserName":"gh_0123456789ab","FromUserName":"OpenID","CreateTime":1796000000,"MsgType":"event","Event":"product_category_audit","ProductCategoryAudit":{"audit_id":${id},"status":"${status}","reason":"${reason}"}}`;

/** `product_category_audit` as XML. */
export const shopEventXml = (status = '3', id = auditId): string =>
  `<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[OpenID]]></FromUserName><CreateTime>1796000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[product_category_audit]]></Event><ProductCategoryAudit><audit_id>${id}</audit_id><status>${status}</status><reason></reason></ProductCategoryAudit></xml>`;

/** `wxa_category_audit` as XML. */
export const miniProgramEvent = (ret = '3', first = '8', second = '39'): string =>
  `<xml><ToUserName><![CDATA[gh_ba9876543210]]></ToUserName><FromUserName><![CDATA[OpenID]]></FromUserName><CreateTime>1796000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[wxa_category_audit]]></Event><ret>${ret}</ret><first>${first}</first><second>${second}</second><reason><![CDATA[驳回原因]]></reason></xml>`;

export function send(app: FastifyInstance, push: PushRequest): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: push.path,
    query: push.query,
    headers: { 'content-type': push.contentType },
    payload: push.body,
  });
}

/** An error as the WeChat client throws it. */
export class FakeWeChatError extends Error {
  override readonly name = 'WeChatError';
  readonly errcode: string;
  readonly kind: string;
  constructor(errcode: string, kind = 'mend-data') {
    super(`errcode ${errcode} access_token=SECRET`);
    this.errcode = errcode;
    this.kind = kind;
  }
}

/** A promise that never settles: a peer that does not answer. */
export const never = <T>(): Promise<T> => new Promise<T>(() => {});
