/** Runs `wxq` in this process with captured streams, and a client whose cases are scripted. */
import type { CliContext } from '../../src/cli/context.ts';
import { createProgram, runCli } from '../../src/cli/program.ts';
import type {
  CaseFilter,
  CaseHandle,
  CaseRow,
  CaseView,
  Checked,
  ConnectOptions,
  QualificationClient,
  Started,
} from '../../src/index.ts';
import { temporalWithNamespace } from '../scripted-namespace.ts';

/** What one run gave. */
export interface Run {
  status: number;
  stdout: string;
  stderr: string;
  /** Standard output read as JSON: fails when anything else stands there. */
  json(): unknown;
  /** One object per line. */
  lines(): Record<string, unknown>[];
}

/** Both streams are terminals of this size. */
export interface Terminal {
  isTTY: true;
  columns: number;
  rows: number;
}

/** Runs one command line. */
export async function run(
  argv: string[],
  { terminal, ...context }: Partial<CliContext> & { terminal?: Terminal } = {},
): Promise<Run> {
  const written = { stdout: '', stderr: '' };
  const sinkTo = (stream: keyof typeof written) => ({
    ...terminal,
    write: (text: string) => {
      written[stream] += text;
    },
  });
  const status = await runCli(argv, {
    env: {},
    cwd: import.meta.dirname,
    stdout: sinkTo('stdout'),
    stderr: sinkTo('stderr'),
    readStdin: async () => '',
    connect: async () => {
      throw new Error('This command must not connect.');
    },
    fetch: globalThis.fetch,
    sleep: async () => {},
    interruption: () => ({ signal: new AbortController().signal, forget: () => {} }),
    ...context,
  });
  const lines = () =>
    written.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { status, ...written, json: () => JSON.parse(written.stdout), lines };
}

/** The program's commands, to be looked at; none of them can run. */
export function programForReading() {
  return createProgram({ context: {} as CliContext, status: 0 });
}

/** Calls that the scripted client got: method and arguments. */
export type Call = [string, ...unknown[]];

/** A client whose cases do what `script` says; whatever it does not name fails. */
export function scriptedClient(script: {
  handle?: Partial<CaseHandle>;
  start?: Started | Error;
  rows?: CaseRow[] | Error;
  /** Instead of `rows`: asked with every filter. */
  list?: (filter: CaseFilter | undefined) => CaseRow[];
  checked?: Checked | Error;
  /** Where histories are read; default: one that only knows its namespace. */
  temporal?: QualificationClient['temporal'];
  /** Default: `scripted:7233`. */
  address?: string;
  /** Temporal's own id of it; default: one for each address. */
  namespaceId?: string;
}): { connect: CliContext['connect']; calls: Call[]; connected: ConnectOptions[]; closed(): number } {
  const calls: Call[] = [];
  const connected: ConnectOptions[] = [];
  let closed = 0;
  const { address = 'scripted:7233' } = script;
  const handleOf = (workflowId: string) =>
    new Proxy({} as CaseHandle, {
      get: (_, name) => {
        if (name === 'workflowId') return workflowId;
        const method = Reflect.get(script.handle ?? {}, name) as ((...given: unknown[]) => unknown) | undefined;
        if (method === undefined) return undefined;
        return (...given: unknown[]) => {
          calls.push([String(name), workflowId, ...given]);
          return method(...given);
        };
      },
    });
  const starter = (name: string) => ({
    start: async (...given: unknown[]) => {
      calls.push([name, ...given]);
      if (script.start instanceof Error || script.start === undefined) throw script.start;
      return script.start;
    },
  });
  const client: QualificationClient = {
    channelsShop: starter('channelsShop.start'),
    miniProgram: starter('miniProgram.start'),
    check: async (...given) => {
      calls.push(['check', ...given]);
      if (script.checked instanceof Error || script.checked === undefined) throw script.checked;
      return script.checked;
    },
    get: handleOf,
    list: async function* (filter) {
      calls.push(['list', filter]);
      if (script.rows instanceof Error) throw script.rows;
      yield* script.list?.(filter) ?? script.rows ?? [];
    },
    listPage: async () => {
      throw new Error('no command lists by page');
    },
    temporal: script.temporal ?? temporalWithNamespace(script.namespaceId ?? `id of ${address}`),
    address,
    namespace: 'default',
    taskQueue: 'wechat-qualification',
    close: async () => {
      closed += 1;
    },
  };
  const connect = async (options: ConnectOptions) => {
    connected.push(options);
    return client;
  };
  return { connect, calls, connected, closed: () => closed };
}

/** A case in `needs_material`. */
export const someView = (changes: Partial<CaseView> = {}): CaseView => ({
  workflowId: 'channels-shop/wx5a2d8f1c3b7e9046/6201',
  platform: 'channels-shop',
  appId: 'wx5a2d8f1c3b7e9046',
  categoryId: '6201',
  status: 'needs_material',
  overdue: false,
  since: '2026-01-01T00:00:00.000Z',
  attempts: [{ number: 1, auditId: '9007199254741001', verdict: 'rejected', reason: '营业执照不清晰' }],
  material: [{ path: 'licenses/1/2/images/0', sha256: 'a'.repeat(64), bytes: 12 }],
  waitingFor: 'material',
  canDo: ['resubmit', 'withdraw'],
  ignoredMessages: 0,
  ...changes,
});
