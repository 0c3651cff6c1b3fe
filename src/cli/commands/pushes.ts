/** `wxq pushes`: what WeChat has pushed to the server, and one of ours once more. */
import { join } from 'node:path';
import { loadConfig } from '../../runtime/config.ts';
import type { LoggedPush } from '../../store/push-log.ts';
import { createSecretBox } from '../../store/secrets.ts';
import {
  createServerBeside,
  keyFile,
  privateBearerOf,
  readText,
  type ServerAddress,
} from '../../store/server-beside.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, ServerUnreachableError, UsageError } from '../exit-status.ts';
import { localTimeOf } from '../text/local-time.ts';
import { tableText } from '../text/table.ts';

/** As the private port writes it. */
type ShownPush = Omit<LoggedPush, 'at'> & { at: string };

/** Asks the server of this data folder, or the one that is named. */
export const pushesCommand = (cli: Cli) =>
  newCommand('pushes', 'what WeChat has pushed to the server lately', 'wxq pushes --app-id wx5a2d8f1c3b7e9046')
    .option('--app-id <appid>', 'of one account only')
    .option('--limit <number>', 'at most this many, newest first', '50')
    .option('--deliver <id>', 'hand this push to its case once more')
    .option('--server <url>', "the server's private port; default: the server of this data folder, or of this machine")
    .action(async ({ appId, limit, deliver, server, json }) => {
      await act(cli, { json }, async (out) => {
        if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 500)
          throw new UsageError('--limit must be a number from 1 to 500.');
        const address = addressOf(cli.context.env, server);
        if (deliver !== undefined) {
          const { status, body } = await ask(cli, address, `/pushes/${encodeURIComponent(deliver)}/deliver`, 'POST');
          if (status === 404)
            throw new UsageError(`There is no push ${deliver} that could be delivered.`, 'See `wxq pushes`.');
          if (status === 422) {
            const { error = '' } = body as { error?: string };
            throw new UsageError(
              `Push ${deliver} can't be delivered: ${error}.`,
              'Its case finds the verdict by itself; `wxq read-now` makes it look at once.',
            );
          }
          const { result = 'unknown', workflowId = '' } = body as { result?: string; workflowId?: string };
          out.result(body, `${result} ${workflowId}`.trim());
          return status === 200 ? exitStatus.done : exitStatus.findings;
        }
        const query = new URLSearchParams({ limit, ...(appId === undefined ? {} : { appId }) });
        const { body } = await ask(cli, address, `/pushes?${query}`, 'GET');
        const { pushes } = body as { pushes: ShownPush[] };
        out.result({ pushes }, pushes.length === 0 ? 'No push is in the log.' : pushTable(pushes, cli.context));
        return exitStatus.done;
      });
    });

/** Of another way in than WeChat's own the result says which. */
function pushTable(pushes: readonly ShownPush[], { stdout, env }: Cli['context']): string {
  const local = localTimeOf(env);
  return tableText(
    [
      ...[{ title: 'id' }, { title: 'at', wraps: true, least: 10 }, { title: 'account' }, { title: 'event' }],
      ...[{ title: 'result', wraps: true, least: 14 }, { title: 'case' }],
    ],
    pushes.map(({ id, at, source, appId, event, result, forwarded, workflowId }) => [
      String(id),
      stdout.isTTY === true ? local.of(at) : at,
      appId,
      event,
      [result, forwarded && `forwarded: ${forwarded}`, source === 'wechat' ? undefined : `(${source})`]
        .filter((part) => part !== undefined)
        .join(' '),
      workflowId ?? '',
    ]),
    stdout,
  );
}

function addressOf(env: NodeJS.ProcessEnv, server: string | undefined): ServerAddress {
  const { dataDir, secretKey, privateHost, consolePort } = loadConfig(env);
  const beside = createServerBeside({ dataDir, secretKey }).address();
  if (server === undefined && beside !== undefined) return beside;
  const key = secretKey ?? readText(join(dataDir, keyFile));
  if (key === undefined) {
    throw new UsageError(
      `No server has been started with the data folder ${dataDir}, so what it wants to be shown is not known.`,
      'Set WXQ_DATA_DIR or WXQ_SECRET_KEY to those of the server.',
    );
  }
  const url = (server ?? `http://${privateHost}:${consolePort}`).replace(/\/+$/, '');
  if (!URL.canParse(url)) throw new UsageError('--server must be an address, such as http://127.0.0.1:8081.');
  return { url, bearer: privateBearerOf(createSecretBox(key)) };
}

async function ask(
  { context }: Cli,
  { url, bearer }: ServerAddress,
  path: string,
  method: 'GET' | 'POST',
): Promise<{ status: number; body: unknown }> {
  let answer: Response;
  let body: unknown;
  try {
    answer = await context.fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      signal: AbortSignal.timeout(10_000),
    });
    body = await answer.json();
  } catch (error) {
    throw new ServerUnreachableError(url, { cause: error });
  }
  if (answer.status === 401) {
    throw new UsageError(`The server at ${url} has another key.`, 'Set WXQ_SECRET_KEY or WXQ_DATA_DIR to its own.');
  }
  if (answer.status >= 500 && answer.status !== 503) throw new ServerUnreachableError(url);
  return { status: answer.status, body };
}
