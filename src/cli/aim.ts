/** Which WeChat a command is aimed at where its own settings do not say it: that of the server of its data folder. */
import { z } from 'zod';
import type { Config } from '../runtime/config.ts';
import { createServerBeside, targetPath } from '../store/server-beside.ts';

export interface Aim {
  /** The settings, with the address of WeChat that is meant. */
  config: Config;
  /** `unknown`: it would be the server's, which does not answer; then nothing should be said or sent as if it were the real one. */
  from: 'settings' | 'server' | 'unknown';
}

const target = z.object({ wechatBaseUrl: z.url() });

/**
 * Where neither the address of WeChat nor accounts are set, both are those of the server of the data folder: with `wxq dev`
 * its sandbox, and not by mistake the real WeChat.
 */
export async function aimedAsServer(config: Config, env: NodeJS.ProcessEnv): Promise<Aim> {
  const isOwn = env.WXQ_WECHAT_BASE_URL || config.accountsFile !== undefined || config.databaseUrl !== undefined;
  const beside = createServerBeside(config);
  if (isOwn || beside.address() === undefined) return { config, from: 'settings' };
  const { json } = await beside.ask(targetPath, {}).catch(() => ({ json: undefined }));
  const { data } = target.safeParse(json);
  return data === undefined ? { config, from: 'unknown' } : { config: { ...config, ...data }, from: 'server' };
}
