/** Which WeChat a command is aimed at, said loudly before anything is done: in words, and in colour where there is one. */
import type { QualificationClient } from '../client/index.ts';
import { type Config, isLive } from '../runtime/config.ts';
import type { CliContext } from './context.ts';
import { pollersOf, worldOf } from './doctor/pollers.ts';
import { type Colours, coloursOf } from './text/colours.ts';

type Outside = Pick<CliContext, 'stderr' | 'env'>;

const pollersTimeoutMs = 2_000;

/** For a command that calls WeChat itself. */
export function announceWeChat({ stderr, env }: Outside, config: Pick<Config, 'wechatBaseUrl'>): void {
  const colours = coloursOf(stderr, env);
  const text = isLive(config)
    ? `${live(colours)} the real WeChat, ${config.wechatBaseUrl} 真实微信`
    : `${sandbox(colours)} ${config.wechatBaseUrl} 沙箱`;
  stderr.write(`${text}\n`);
}

/**
 * For a command that has a worker do something: which WeChat those of the task queue call, as their names at Temporal say.
 * Says nothing where none of them does, and never stands in the way of what was asked.
 */
export async function announceWorkers(
  { stderr, env }: Outside,
  client: Pick<QualificationClient, 'temporal' | 'namespace' | 'taskQueue'>,
): Promise<void> {
  const worlds = await worldsOf(client).catch(() => new Set<string>());
  const colours = coloursOf(stderr, env);
  const where = `workers of task queue ${client.taskQueue}`;
  const text = worlds.has('live')
    ? `${live(colours)} ${where} call the real WeChat: submissions count 真实微信${worlds.has('sandbox') ? `\n${sandbox(colours)} and others of the same queue call a sandbox: give one of them another WXQ_TASK_QUEUE` : ''}`
    : `${sandbox(colours)} ${where} call a sandbox 沙箱`;
  if (worlds.size > 0) stderr.write(`${text}\n`);
}

async function worldsOf({
  temporal,
  namespace,
  taskQueue,
}: Pick<QualificationClient, 'temporal' | 'namespace' | 'taskQueue'>): Promise<Set<string>> {
  const { connection } = temporal;
  const pollers = await connection.withDeadline(Date.now() + pollersTimeoutMs, () =>
    pollersOf({ connection }, namespace, taskQueue),
  );
  // Temporal remembers pollers for minutes: those of a process that has been replaced count too, which errs to the loud side.
  return new Set(pollers.flatMap(({ identity }) => worldOf(identity) ?? []));
}

const live = (colours: Colours): string =>
  colours.isColorSupported ? colours.bgRed(colours.white(colours.bold('  LIVE  '))) : '*** LIVE ***';
const sandbox = (colours: Colours): string =>
  colours.isColorSupported ? colours.bgYellow(colours.black(' SANDBOX ')) : '[SANDBOX]';
