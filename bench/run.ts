/** `npm run bench`: the product beside the least that a Temporal workflow can do, interleaved in one run. It prints, and never fails for a number. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleWorkflows } from '../scripts/bundle-workflows.ts';
import type { Kind } from './cases.ts';
import { drawPage, withComment, writeImages } from './images.ts';
import { type InstallationOptions, startInstallation } from './installation.ts';
import { residentKbOf } from './process-usage.ts';
import { type Findings, reportOf, targetsOf } from './report.ts';
import { type Bench, runSlice, type Slice, type SliceOrder } from './slices.ts';
import { runWaiting, type Waiting } from './waiting.ts';
import type { StubEvent } from './wechat-stub.ts';
import { workerStartUps } from './worker-start-up.ts';

const usage = `npm run bench -- [--cases N] [--rounds N] [--waiting N] [--quick] [--json] [--profile FOLDER]
  --cases N    cases per slice at 50 at a time (default 120; a quarter of it at 1 at a time)
  --rounds N   how often each is measured (default 3)
  --waiting N  waiting cases for memory and recovery (default 1000; 0: leave that part out)
  --only LIST  kinds for the slices: bare,product,product-plain
  --quick      a look in a minute: 40 cases, 2 rounds, 100 waiting
  --json       everything measured, as JSON on standard output
  --profile F  node --cpu-prof of the workers into F
`;

const allKinds: readonly Kind[] = ['bare', 'product', 'product-plain'];

interface Order {
  cases: number;
  rounds: number;
  waiting: number;
  kinds: readonly Kind[];
  profile: string | undefined;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function readOrder(): { order: Order; isJson: boolean } {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string' },
      rounds: { type: 'string' },
      waiting: { type: 'string' },
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const count = (text: string | undefined, whenUnset: number): number => {
    if (text !== undefined && !/^\d+$/.test(text)) throw new TypeError(`not a number: ${text}`);
    return text === undefined ? whenUnset : Number(text);
  };
  const wanted = values.only?.split(',');
  const order = {
    cases: Math.max(1, count(values.cases, values.quick ? 40 : 120)),
    rounds: Math.max(1, count(values.rounds, values.quick ? 2 : 3)),
    waiting: count(values.waiting, values.quick ? 100 : 1_000),
    kinds: allKinds.filter((kind) => wanted?.includes(kind) ?? true),
    profile: values.profile === undefined ? undefined : resolve(values.profile),
  };
  return { order, isJson: values.json };
}

async function run(order: Order): Promise<Findings> {
  const startedAt = performance.now();
  const load = loadavg()[0] ?? 0;
  const folder = await mkdtemp(join(tmpdir(), 'wxq-bench-run-'));
  try {
    const dist = join(import.meta.dirname, '..');
    const bundles = { bare: join(folder, 'bare-bundle.js'), product: join(dist, 'workflow-bundle.js') };
    const bare = await bundleWorkflows(join(import.meta.dirname, 'bare/workflows.js'), bundles.bare);
    const product = await bundleWorkflows(join(dist, 'src/workflows/index.js'), bundles.product);
    const page = await drawPage();
    const barePath = join(folder, 'bare.jpg');
    await writeFile(barePath, withComment(page, 'bare'));
    if (order.profile !== undefined) await mkdir(order.profile, { recursive: true });
    const workerExecArgv = order.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${order.profile}`];
    const setUp = { bundles, barePath, workerExecArgv };
    let lastNumber = 0;
    const nextNumber = (): number => {
      lastNumber += 1;
      return lastNumber;
    };
    const sliced = await measureSlices(order, setUp, page, nextNumber);
    const waiting: Waiting[] = [];
    const waitingImages = (await writeImages(page, folder, [0])).get(0) ?? [];
    for (const kind of ['bare', 'product'] as const) {
      if (order.waiting > 0) waiting.push(await measureWaiting(kind, order, setUp, waitingImages, nextNumber));
    }
    const [cpu] = cpus();
    const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
    return {
      machine: `${availableParallelism()} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${memory}, Linux ${release()}, Node.js ${process.versions.node}, Temporal ${sliced.temporal}; load average before the run ${load.toFixed(1)}`,
      command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
      seconds: (performance.now() - startedAt) / 1000,
      bundleBytes: { bare: bare.codeBytes, product: product.codeBytes },
      workerStartUpMs: sliced.workerStartUpMs,
      many: sliced.many,
      single: sliced.single,
      history: sliced.history,
      waiting,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type SetUp = Omit<InstallationOptions, 'onStubEvent'>;

/** Throughput, CPU, latency and histories, all on one server, kind by kind and round by round. */
async function measureSlices(order: Order, setUp: SetUp, page: Buffer, nextNumber: () => number) {
  const calledBackAt = new Map<string, number>();
  const onStubEvent = (event: StubEvent): void => {
    if (event.event === 'called back') calledBackAt.set(event.workflowId, event.atMs);
    if (event.event === 'callback lost') say(`a callback was never taken: ${event.workflowId}`);
  };
  const installation = await startInstallation({ ...setUp, onStubEvent });
  try {
    say(`Temporal: ${installation.temporal.source}, pid ${installation.temporal.pid}`);
    const bench: Bench = { installation, calledBackAt, page, nextNumber, cores: availableParallelism() };
    const { kinds, cases, rounds } = order;
    const { version } = await serverInfo(installation);
    const slice = async (sliceOrder: SliceOrder): Promise<Slice> => {
      const done = await runSlice(bench, sliceOrder);
      const { kind, atOnce, casesPerSecond, workerCpuMs, temporalCpuMs } = done;
      say(
        `${kind} x ${atOnce}: ${casesPerSecond.toFixed(1)} cases/s, CPU ms worker ${workerCpuMs.toFixed(1)}, server ${temporalCpuMs.toFixed(1)}, others ${(done.foreignShare * 100).toFixed(0)} %`,
      );
      return done;
    };
    const few = Math.max(4, Math.round(cases / 4));
    const pair = kinds.filter((kind) => kind === 'bare' || kind === 'product');
    // The first slices of a process are slower than all others: its code is still being compiled.
    for (const kind of pair) await slice({ kind, cases: Math.min(2 * cases, 200), atOnce: 50, warmUp: 0 });
    say('— that was the warm-up —');
    const many: Slice[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const kind of kinds) many.push(await slice({ kind, cases, atOnce: 50, warmUp: Math.min(20, cases) }));
    const single: Slice[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const kind of kinds) single.push(await slice({ kind, cases: few, atOnce: 1, warmUp: 5 }));
    const history: Slice[] = [];
    for (const kind of pair)
      history.push(await slice({ kind, cases: few, atOnce: 1, warmUp: 1, uploadsTogether: true }));
    const workerStartUpMs = await workerStartUps(installation.env, 5);
    return { temporal: version, many, single, history, workerStartUpMs };
  } finally {
    await installation.stop();
  }
}

async function serverInfo({ client }: Bench['installation']): Promise<{ version: string }> {
  const { serverVersion } = await client.temporal.workflowService.getSystemInfo({});
  return { version: serverVersion ?? 'unknown' };
}

/** On a server of its own: what earlier slices left in its memory would hide what waiting costs. */
async function measureWaiting(
  kind: 'bare' | 'product',
  order: Order,
  setUp: SetUp,
  images: readonly string[],
  nextNumber: () => number,
): Promise<Waiting> {
  let submitted = 0;
  const onStubEvent = (event: StubEvent): void => {
    if (event.event === 'submitted') submitted += 1;
  };
  const installation = await startInstallation({ ...setUp, onStubEvent });
  try {
    const warmUp = Math.min(100, order.waiting);
    const cases = order.waiting;
    const done = await runWaiting(installation, {
      kind,
      cases,
      warmUp,
      images,
      nextNumber,
      submitted: () => submitted,
      onProgress: say,
    });
    say(
      `${kind}: ${done.workerKbPerCase.toFixed(0)} KB per waiting case in the worker, ${done.temporalKbPerCase.toFixed(0)} in the server; all decided after ${done.decidedSeconds.toFixed(1)} s, ${done.lost} lost`,
    );
    return done;
  } finally {
    await installation.stop();
  }
}

try {
  const { order, isJson } = readOrder();
  if (residentKbOf(process.pid) === 0) throw new TypeError('the bench reads CPU and memory from /proc: it needs Linux');
  const found = await run(order);
  process.stdout.write(
    isJson ? `${JSON.stringify({ targets: targetsOf(found), ...found }, undefined, 1)}\n` : `${reportOf(found)}\n`,
  );
} catch (error) {
  const isUsage = error instanceof TypeError;
  process.stderr.write(isUsage ? `${error.message}\n\n${usage}` : `${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
