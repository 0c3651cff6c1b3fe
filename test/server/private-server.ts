/** A private app with a WeChat, cases and a log of pushes that the test plays. */
import { onTestFinished } from 'vitest';
import { createEvents, createPrivateServer } from '../../src/server/app.ts';
import type { PlatformAuthorizations } from '../../src/server/dependencies.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import type { PushNotes } from '../../src/server/push-notes.ts';
import type { LoggedPush, PushNote } from '../../src/store/push-log.ts';
import {
  componentAppId,
  platformKey,
  platformToken,
  readAt,
  shopAppId,
  shopKey,
  shopToken,
} from './callback-server.ts';

/** `WXQ_EVENTS_TOKEN`. */
export const bearer = 'a-token-of-16-ch';
/** Of our own processes. */
export const ours = 'bearer-of-our-processes';

/** A private app, what reached cases, and a log in memory. */
export function createPrivate(
  options: {
    token?: string | undefined;
    report?: () => Promise<'delivered'>;
    /** Instead of the log's own. */
    findPush?: PushNotes['find'];
    authorizations?: PlatformAuthorizations;
  } = {},
) {
  const metrics = createServerMetrics();
  const reports: [string, unknown][] = [];
  const lines: string[] = [];
  const log = (fields: object, message: string): void => void lines.push(JSON.stringify([fields, message]));
  const logger = { info: log, warn: log, error: log };
  const events = createEvents({
    wechat: {
      channelsShop: () => ({ getBizCatFlowDetail: async (id) => ({ auditId: id, catId: '6033', status: '3' }) }),
      miniProgram: () => ({
        getCategory: async () => ({ categories: [{ first: '8', second: '39', auditStatus: '3', isExpired: false }] }),
      }),
    },
    cases: {
      report: async (workflowId, report) => {
        await options.report?.();
        reports.push([workflowId, report]);
        return 'delivered';
      },
    },
    authorizations: options.authorizations,
    logger,
    metrics,
    now: () => new Date(readAt),
  });
  const noted: PushNote[] = [];
  const logged = (): LoggedPush[] =>
    noted.map(({ text, ...push }, index) => ({ ...push, id: String(index + 1), canDeliver: text !== undefined }));
  const pushes: PushNotes = {
    note: (push) => void noted.push(push),
    list: async ({ appId } = {}) => logged().filter((push) => appId === undefined || push.appId === appId),
    find: async (id) => {
      if (options.findPush !== undefined) return await options.findPush(id);
      const text = noted[Number(id) - 1]?.text;
      const push = logged()[Number(id) - 1];
      return text === undefined || push === undefined ? undefined : { ...push, text };
    },
  };
  const callback = { token: platformToken, encodingAesKey: [platformKey] };
  const accounts = {
    shop: (appId: string) =>
      appId === shopAppId ? { callback: { token: shopToken, encodingAesKey: [shopKey] } } : undefined,
    platform: (appId: string) => (appId === componentAppId ? { callback } : undefined),
  };
  const token = 'token' in options ? options.token : bearer;
  const app = createPrivateServer({
    logger,
    metrics,
    events: { accounts, events, pushes, bearer: token },
    pushes: { pushes, events, bearer: ours },
    // As wide as in production.
    limits: { maxBodyBytes: 8 * 1024 * 1024 },
  });
  onTestFinished(() => app.close());
  const post = (body: unknown, query: Record<string, string> = {}, authorization = `Bearer ${bearer}`) =>
    app.inject({
      method: 'POST',
      url: '/events',
      query,
      headers: { authorization },
      payload: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body),
    });
  return { app, post, reports, noted, lines, metrics };
}
