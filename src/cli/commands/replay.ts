/** `wxq replay`: replays recorded histories against the present workflow code, as a worker would before it goes on. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PayloadCodec } from '@temporalio/common';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { ReplayWorkerOptions, Worker as TemporalWorker } from '@temporalio/worker';
import { CaseNotFoundError, type QualificationClient, TemporalUnreachableError } from '../../client/index.ts';
import { payloadCodecsOf } from '../../codec/payload-codec.ts';
import { act, type Cli, collect, newCommand } from '../command.ts';
import { exitStatus, ReplayFailedError, UsageError } from '../exit-status.ts';
import { counted } from '../output.ts';

type Replayable = Parameters<(typeof TemporalWorker)['runReplayHistories']>[1] extends infer Histories
  ? Histories extends AsyncIterable<infer One> | Iterable<infer One>
    ? One
    : never
  : never;

/** Before a deployment: an open case whose history no longer replays would get stuck. */
export const replayCommand = (cli: Cli) =>
  newCommand(
    'replay',
    'replay histories against the workflow code',
    'wxq replay --workflow-id channels-shop/wx5a2d8f1c3b7e9046/6201',
  )
    .argument(
      '[files...]',
      'histories as `temporal workflow show --output json` writes them, or as downloaded from Web UI',
    )
    .option('--workflow-id <id>', 'take the history from the server (repeatable)', collect)
    .action(async (files, options) => {
      await act(cli, options, async (out) => {
        const ids = options.workflowId ?? [];
        if (files.length + ids.length === 0) throw new UsageError('Nothing to replay: name FILES or --workflow-id.');
        const histories: Replayable[] = [];
        for (const file of files) histories.push(await historyOfFile(resolve(cli.context.cwd, file), file));
        if (ids.length > 0) {
          const client = await cli.context.connect({ env: cli.context.env });
          try {
            for (const id of ids) {
              out.progress(`reading the history of ${id} …`);
              histories.push(await historyOfCase(client, id));
            }
          } finally {
            await client.close();
          }
        }
        const failed = await replay(histories, payloadCodecsOf(cli.context.env.WXQ_CODEC_KEYS), (done) =>
          out.progress(`replayed ${done} of ${histories.length}`),
        );
        if (failed.length > 0) throw new ReplayFailedError(failed, histories.length);
        const replayed = histories.map((one) => one.workflowId);
        out.result({ replayed }, `${counted(replayed.length, 'history').replace('historys', 'histories')} replayed.`);
        return exitStatus.done;
      });
    });

async function historyOfFile(path: string, name: string): Promise<Replayable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder; name the files in it' }[code] ?? error;
    throw new UsageError(`${name} can't be read: ${why instanceof Error ? why.message : why}.`, record, {
      cause: error,
    });
  }
  try {
    const history = historyFromJSON(asHistory(JSON.parse(text.replace(/^\uFEFF/, ''))));
    // A case checks that its id is its own, so it is replayed under the one that it ran with.
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    return { workflowId: started?.workflowId || name, history };
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, '') : error;
    throw new UsageError(`${name} is no history: ${why}.`, record, { cause: error });
  }
}

const record =
  'Record one: temporal workflow show --output json; or download it from Web UI, without "Decode Event History".';

/** Web UI and the HTTP API of Temporal wrap the events in other ways than its command does. */
function asHistory(value: unknown): unknown {
  if (Array.isArray(value)) return { events: value };
  const isAnswer = typeof value === 'object' && value !== null && 'history' in value && !('events' in value);
  return isAnswer ? value.history : value;
}

async function historyOfCase(client: QualificationClient, workflowId: string): Promise<Replayable> {
  try {
    return { workflowId, history: await client.temporal.workflow.getHandle(workflowId).fetchHistory() };
  } catch (error) {
    // `fetchHistory` passes gRPC's own error on: 5 is NOT_FOUND, of a case or of the namespace.
    if (error instanceof Error && 'code' in error && error.code === 5 && /namespace/i.test(error.message))
      throw new TemporalUnreachableError(client.address, `it has no namespace ${client.namespace}`, { cause: error });
    if (error instanceof Error && 'code' in error && error.code === 5)
      throw new CaseNotFoundError(workflowId, { cause: error });
    throw error;
  }
}

async function replay(
  histories: Replayable[],
  payloadCodecs: PayloadCodec[],
  onDone: (done: number) => void,
): Promise<{ workflowId: string; error: string }[]> {
  // Loaded here: no other command of a person needs the worker's native part.
  const { DefaultLogger, Runtime, Worker } = await import('@temporalio/worker');
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch (error) {
    // This process has one already; it only decides where the worker's log goes.
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
  const failed: { workflowId: string; error: string }[] = [];
  let done = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { ...workflowCode(), dataConverter: { payloadCodecs } },
    histories,
  )) {
    if (error !== undefined) failed.push({ workflowId, error: error.message });
    done += 1;
    onDone(done);
  }
  return failed;
}

/** The built bundle beside the built program; the sources when run from them. */
function workflowCode(): ReplayWorkerOptions {
  const codePath = fileURLToPath(new URL('../../../workflow-bundle.js', import.meta.url));
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  return { workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)) };
}
