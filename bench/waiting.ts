/** Many cases wait for their verdict; then the worker is killed, started again, and all callbacks come at once. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Kind, workflowIdOf } from './cases.ts';
import type { Installation } from './installation.ts';
import { cpuMsOf, residentKbOf } from './process-usage.ts';
import { atATime } from './slices.ts';

export interface WaitingOrder {
  kind: 'bare' | 'product';
  cases: number;
  warmUp: number;
  /** Three images that every case uploads: they are not what is measured here. */
  images: readonly string[];
  nextNumber: () => number;
  /** How many cases have submitted since the start of the installation. */
  submitted: () => number;
  onProgress: (line: string) => void;
}

export interface Waiting {
  kind: Kind;
  cases: number;
  /** Cases that reached the wait per second. */
  filledPerSecond: number;
  /** Resident memory that came with each waiting case, after a garbage collection in the worker. */
  workerKbPerCase: number;
  temporalKbPerCase: number;
  /** Share of one core that is used while all of them wait. */
  workerIdleShare: number;
  temporalIdleShare: number;
  /** Start of the new worker process -> it takes work, ms. */
  workerReadyMs: number;
  /** Release of the callbacks -> all of them taken, and all cases decided, s. */
  takenSeconds: number;
  decidedSeconds: number;
  /** CPU per case from the release to the last decision, ms. */
  workerCpuMs: number;
  temporalCpuMs: number;
  /** Callbacks that had to be sent again; cases that did not end approved. */
  repeatedCallbacks: number;
  lost: number;
}

const inFlight = 64;
const fillAtOnce = 50;
const idleMs = 5_000;
const decidedWithinMs = 180_000;

export async function runWaiting(at: Installation, order: WaitingOrder): Promise<Waiting> {
  const { kind, cases, warmUp, images, nextNumber, onProgress } = order;
  await at.setStub({ push: 'encrypted', decides: true });
  const first = await at.worker(kind);
  await atATime(fillAtOnce, Array.from({ length: warmUp }, nextNumber), async (number) => {
    await at.start(kind, number, images);
    await at.approved(kind, number);
  });

  await at.setStub({ decides: false });
  const memory = async () => {
    await first.ask('collectGarbage');
    return { worker: residentKbOf(first.pid), temporal: residentKbOf(at.temporal.pid) };
  };
  const empty = await memory();
  const numbers = Array.from({ length: cases }, nextNumber);
  const filling = performance.now();
  const submittedBefore = order.submitted();
  let started = 0;
  await atATime(fillAtOnce, numbers, async (number) => {
    await at.start(kind, number, images);
    started += 1;
    // As many under way as in the other slices, not as many as Temporal takes.
    while (started - (order.submitted() - submittedBefore) >= fillAtOnce) await pause(5);
  });
  while (order.submitted() - submittedBefore < cases) await pause(20);
  const filledPerSecond = (cases / (performance.now() - filling)) * 1000;
  onProgress(`${cases} cases of ${kind} wait`);
  // The last ones are still being read for the first time.
  await pause(1_000);
  const full = await memory();

  const cpu = () => ({ worker: cpuMsOf(first.pid), temporal: cpuMsOf(at.temporal.pid) });
  const idleFrom = cpu();
  await pause(idleMs);
  const idleTo = cpu();

  await at.killWorker(kind);
  await at.stub.ask('counts');
  const temporalBefore = cpuMsOf(at.temporal.pid);
  const releasedAt = Date.now();
  const taking = at.stub.ask<{ sent: number; tookMs: number }>('release', inFlight);
  const spawnedAt = performance.now();
  const second = await at.worker(kind);
  const workerReadyMs = performance.now() - spawnedAt;
  const { tookMs } = await taking;
  await untilNoneRuns(at);
  const workerCpuMs = cpuMsOf(second.pid) / cases;
  const temporalCpuMs = (cpuMsOf(at.temporal.pid) - temporalBefore) / cases;
  const { repeatedCallbacks } = await at.stub.ask<{ repeatedCallbacks: number }>('counts');

  let lastEnd = releasedAt;
  let lost = 0;
  await atATime(16, numbers, async (number) => {
    const handle = at.client.temporal.workflow.getHandle(workflowIdOf(kind, number));
    const { closeTime, status } = await handle.describe();
    if (closeTime === undefined || status.name !== 'COMPLETED') {
      lost += 1;
      return;
    }
    await at.approved(kind, number).catch(() => {
      lost += 1;
    });
    lastEnd = Math.max(lastEnd, closeTime.getTime());
  });
  return {
    kind,
    cases,
    filledPerSecond,
    workerKbPerCase: (full.worker - empty.worker) / cases,
    temporalKbPerCase: (full.temporal - empty.temporal) / cases,
    workerIdleShare: (idleTo.worker - idleFrom.worker) / idleMs,
    temporalIdleShare: (idleTo.temporal - idleFrom.temporal) / idleMs,
    workerReadyMs,
    takenSeconds: tookMs / 1000,
    decidedSeconds: (lastEnd - releasedAt) / 1000,
    workerCpuMs,
    temporalCpuMs,
    repeatedCallbacks,
    lost,
  };
}

/** Asks seldom: the asking must not be what is measured. */
async function untilNoneRuns(at: Installation): Promise<void> {
  const deadline = Date.now() + decidedWithinMs;
  while (Date.now() < deadline) {
    const { count } = await at.client.temporal.workflow.count(`ExecutionStatus = 'Running'`);
    if (count === 0) return;
    await pause(500);
  }
}
