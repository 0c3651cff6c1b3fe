/** Commands in the folder of a running `wxq dev` go to its parts, also where a port was taken and another one is used. */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../runtime/config.ts';
import { lockHolder } from '../runtime/lock-file.ts';
import { temporalSettings, usualTemporal } from '../runtime/temporal-connection.ts';
import type { CliContext } from './context.ts';

/** Where the parts of a `wxq dev` are. */
export interface DevParts {
  /** host:port. */
  temporal: string;
  callback: string;
  console: string;
}

/** In the data folder: held as long as `wxq dev` runs. */
export const devLock = 'dev.lock';
const partsFile = 'dev.json';
const shape = z.object({ temporal: z.string(), callback: z.url(), console: z.url() });

/** What runs on its own, and is not aimed at a `wxq dev`. */
const onTheirOwn = ['dev', 'demo', 'sandbox', 'server', 'worker', 'codec-server'];

/** Whoever holds the lock writes them. */
export const writeDevParts = (dataDir: string, parts: DevParts): Promise<void> =>
  writeFile(join(dataDir, partsFile), JSON.stringify(shape.parse(parts)));

/** Those of an earlier run; its ports may be somebody else's by now. */
export const forgetDevParts = (dataDir: string): Promise<void> => rm(join(dataDir, partsFile), { force: true });

/**
 * The context with what a command needs to go to the `wxq dev` of its data folder, if one runs: what somebody has set counts
 * more. Without it a command would go to whatever listens at the usual ports, somebody else's cases among it.
 */
export async function besideDev(context: CliContext, command: string | undefined): Promise<CliContext> {
  if (command === undefined || onTheirOwn.includes(command)) return context;
  const { env, stderr } = context;
  const parts = await partsBeside(env);
  if (parts === undefined) return context;
  const isTemporalFree = !env.TEMPORAL_ADDRESS && temporalSettings(env).address === usualTemporal;
  const isElsewhere = portOf(`http://${parts.temporal}`) !== portOf(`http://${usualTemporal}`);
  if (isTemporalFree && isElsewhere) stderr.write(`The \`wxq dev\` of this folder has Temporal at ${parts.temporal}\n`);
  return {
    ...context,
    env: {
      ...env,
      ...(isTemporalFree ? { TEMPORAL_ADDRESS: parts.temporal } : {}),
      WXQ_CALLBACK_PORT: env.WXQ_CALLBACK_PORT || portOf(parts.callback),
      WXQ_CONSOLE_PORT: env.WXQ_CONSOLE_PORT || portOf(parts.console),
    },
  };
}

const portOf = (url: string): string => new URL(url).port;

/** `undefined`: none runs, or the settings are wrong, which the command itself says. */
async function partsBeside(env: NodeJS.ProcessEnv): Promise<DevParts | undefined> {
  try {
    temporalSettings(env);
    const { dataDir } = loadConfig(env);
    if ((await lockHolder(join(dataDir, devLock))) === undefined) return undefined;
    return shape.parse(JSON.parse(readFileSync(join(dataDir, partsFile), 'utf8')));
  } catch {
    return undefined;
  }
}
