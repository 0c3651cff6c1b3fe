/** The installation's settings in a test: the sandbox's fixture accounts under appids of their own: test files share one Temporal server, and a workflow id is made of the appid. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fixtureAccounts, fixtures, type SandboxAccounts } from '../src/sandbox/index.ts';

export const uniqueAppId = (): string => `wx${randomBytes(8).toString('hex')}`;

export interface StageAppIds {
  appId: string;
  miniAppId: string;
  platformShopAppId: string;
  componentAppId: string;
}

/** @param callbackUrl where pushes go; `null`: nowhere. */
export function renamedAccounts(callbackUrl: string | null, ids: StageAppIds): SandboxAccounts {
  const accounts = fixtureAccounts(callbackUrl ?? undefined);
  const renames: Record<string, string> = {
    [fixtures.shop.appId]: ids.appId,
    [fixtures.miniProgram.appId]: ids.miniAppId,
    [fixtures.platformShop.appId]: ids.platformShopAppId,
    [fixtures.platform.componentAppId]: ids.componentAppId,
  };
  const text = Object.entries(renames).reduce(
    (json, [from, to]) => json.replaceAll(from, to),
    JSON.stringify(accounts),
  );
  const renamed = JSON.parse(text) as SandboxAccounts;
  if (callbackUrl === null) for (const { callback } of [...renamed.shops, ...renamed.platforms]) callback.url = null;
  return renamed;
}

/** The settings of a worker in a process of its own. */
export function workerEnvironment(place: {
  temporalAddress: string;
  taskQueue: string;
  wechatUrl: string;
  folder: string;
  codecKeys?: string;
}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TEMPORAL_ADDRESS: place.temporalAddress,
    WXQ_TASK_QUEUE: place.taskQueue,
    WXQ_WECHAT_BASE_URL: place.wechatUrl,
    WXQ_ACCOUNTS_FILE: join(place.folder, 'accounts.json'),
    WXQ_MATERIAL_STORE: join(place.folder, 'material'),
    WXQ_DATA_DIR: place.folder,
    WXQ_MATERIAL_FOLDERS: '/',
    WXQ_WORKER_METRICS_PORT: '0',
    WXQ_CODEC_KEYS: place.codecKeys ?? '',
    WXQ_LOG_LEVEL: 'fatal',
  };
}
