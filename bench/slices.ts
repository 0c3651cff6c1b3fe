/** One slice of the comparison: one worker carries so many cases, so many at a time, and is measured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kind, workflowIdOf } from './cases.ts';
import { writeImages } from './images.ts';
import type { Installation } from './installation.ts';
import { cpuMsOf, machineCpuMs, threadCpuMsOf } from './process-usage.ts';
import { median } from './statistics.ts';

export interface SliceOrder {
  kind: Kind;
  cases: number;
  atOnce: number;
  /** Cases before the measured ones. */
  warmUp: number;
  /** All three uploads of a case end at one moment: then no workflow task depends on chance. */
  uploadsTogether?: boolean;
}

/** What a slice showed; CPU in milliseconds per case. */
export interface Slice {
  kind: Kind;
  atOnce: number;
  casesPerSecond: number;
  workerCpuMs: number;
  temporalCpuMs: number;
  /** Of the process that took the callbacks. */
  receiverCpuMs: number;
  /** Callback sent -> its starter knows that the case has ended, of every case, ms. */
  decidedMs: number[];
  /** Start -> end of every case, ms. */
  wholeMs: number[];
  /** Of a sample, as the Temporal server counts them. */
  historyEvents: number[];
  historyBytes: number[];
  /** Of the sample: signal in the history -> end in the history, ms. */
  signalToEndMs: number[];
  /** Worker CPU by thread, ms per case. */
  threads: Record<string, number>;
  /** CPU that none of the bench's processes used, and what the hypervisor took, as shares of the machine. */
  foreignShare: number;
  stolenShare: number;
  /** HTTP requests that the stub got, per case. */
  requestsPerCase: number;
}

export interface Bench {
  installation: Installation;
  /** When the callback of a case was sent, by workflow id. */
  calledBackAt: ReadonlyMap<string, number>;
  page: Buffer;
  /** Gives each case of the whole run a number of its own. */
  nextNumber: () => number;
  cores: number;
}

const historySample = 30;

export async function runSlice(bench: Bench, order: SliceOrder): Promise<Slice> {
  const { installation: at, calledBackAt, page } = bench;
  const { kind, cases, atOnce, warmUp } = order;
  const folder = await mkdtemp(join(tmpdir(), 'wxq-bench-images-'));
  const numbers = Array.from({ length: warmUp + cases }, bench.nextNumber);
  // The bare workflow's image is in its worker's memory.
  const images = kind === 'bare' ? new Map<number, string[]>() : await writeImages(page, folder, numbers);
  await at.setStub({
    push: kind === 'product-plain' ? 'plain' : 'encrypted',
    decides: true,
    uploadsTogether: order.uploadsTogether ?? false,
  });
  // The other worker only polls meanwhile. Stopping it would leave its threads' code to be compiled anew each time.
  const worker = await at.worker(kind);
  const receiver = kind === 'bare' || kind === 'product-plain' ? at.receiver : at.server;

  const endedAt = new Map<number, number>();
  const wholeMs: number[] = [];
  const one = async (number: number): Promise<void> => {
    const startedAt = now();
    await at.start(kind, number, images.get(number) ?? []);
    await at.approved(kind, number);
    endedAt.set(number, now());
    wholeMs.push(now() - startedAt);
  };
  await atATime(atOnce, numbers.slice(0, warmUp), one);
  wholeMs.length = 0;
  await at.stub.ask('counts');

  const measured = numbers.slice(warmUp);
  const pids = [process.pid, worker.pid, at.temporal.pid, at.server.pid, at.receiver.pid, at.stub.pid];
  const look = () => ({
    at: performance.now(),
    worker: cpuMsOf(worker.pid),
    temporal: cpuMsOf(at.temporal.pid),
    receiver: cpuMsOf(receiver.pid),
    ours: pids.reduce((sum: number, pid) => sum + cpuMsOf(pid), 0),
    machine: machineCpuMs(),
    threads: threadCpuMsOf(worker.pid ?? 0),
  });
  const before = look();
  await atATime(atOnce, measured, one);
  const after = look();
  const { requests } = await at.stub.ask<{ requests: Record<string, number> }>('counts');
  await rm(folder, { recursive: true, force: true });

  const ms = after.at - before.at;
  const capacity = ms * bench.cores;
  const histories = await Promise.all(measured.slice(-historySample).map((number) => historyOf(at, kind, number)));
  return {
    kind,
    atOnce,
    casesPerSecond: (cases / ms) * 1000,
    workerCpuMs: (after.worker - before.worker) / cases,
    temporalCpuMs: (after.temporal - before.temporal) / cases,
    receiverCpuMs: (after.receiver - before.receiver) / cases,
    decidedMs: measured.map(
      (number) => (endedAt.get(number) ?? Number.NaN) - (calledBackAt.get(workflowIdOf(kind, number)) ?? Number.NaN),
    ),
    wholeMs,
    historyEvents: histories.map(({ events }) => events),
    historyBytes: histories.map(({ bytes }) => bytes),
    signalToEndMs: histories.map(({ signalToEndMs }) => signalToEndMs),
    threads: Object.fromEntries(
      Object.entries(after.threads).map(([name, cpu]) => [name, (cpu - (before.threads[name] ?? 0)) / cases]),
    ),
    foreignShare: (after.machine.busy - before.machine.busy - (after.ours - before.ours)) / capacity,
    stolenShare: (after.machine.stolen - before.machine.stolen) / capacity,
    requestsPerCase: Object.values(requests).reduce((sum, count) => sum + count, 0) / cases,
  };
}

/** Works through `items`, `limit` at a time. */
export async function atATime<Item>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const takeNext = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeNext));
}

async function historyOf(
  at: Installation,
  kind: Kind,
  number: number,
): Promise<{ events: number; bytes: number; signalToEndMs: number }> {
  const handle = at.client.temporal.workflow.getHandle(workflowIdOf(kind, number));
  const [{ historyLength, historySize }, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const timeOf = (event: NonNullable<typeof events>[number] | undefined): number =>
    event?.eventTime == null ? Number.NaN : Number(event.eventTime.seconds) * 1000 + (event.eventTime.nanos ?? 0) / 1e6;
  const signal = events?.find((event) => event.workflowExecutionSignaledEventAttributes != null);
  return {
    events: Number(historyLength),
    bytes: Number(historySize ?? Number.NaN),
    signalToEndMs: timeOf(events?.at(-1)) - timeOf(signal),
  };
}

/** Milliseconds since 1970 with a fraction: comparable between processes of one machine. */
const now = (): number => performance.timeOrigin + performance.now();

/** The slices of one kind, in the order in which they ran. */
export const ofKind = (slices: readonly Slice[], kind: Kind): Slice[] => slices.filter((slice) => slice.kind === kind);

/** Median over the slices of one kind. */
export const typical = (slices: readonly Slice[], kind: Kind, read: (slice: Slice) => number): number =>
  median(ofKind(slices, kind).map(read));
