/** Plays the cases: side by side where they do not meet, the deaths of the worker one by one when all else is calm. */
import { setMaxListeners } from 'node:events';
import type { CaseView, QualificationClient, QualificationResult } from '../../client/index.ts';
import type { DevServer } from '../../runtime/dev-server.ts';
import type { LocalStack } from '../local/local-stack.ts';
import type { WorkerProcess } from '../local/worker-process.ts';
import { CasePlay, type DemoAccount, type DemoCase, type DemoWorld, standing } from './case-play.ts';

/** A submission that a kill should hit all the same is found after 30 s and 60 s more; nothing else takes so long. */
const defaultCaseLimitMs = 120_000;

/** What became of a case. */
export interface CaseReport {
  name: string;
  workflowId: string;
  /** The result's outcome; of a case that did not end its status, or `not started`. */
  outcome: string;
  by: 'us' | 'other' | null;
  attempts: number;
  historyEvents: number;
  /** Images that WeChat took from this case. */
  uploads: number;
  /** Submissions that WeChat accepted from this case. */
  audits: number;
  /** The history in the Web UI. */
  url: string;
  /** In words, how it ended. */
  ending: string;
  seconds: number;
}

export interface DemoRunOptions {
  cases: readonly DemoCase[];
  accountOf(demoCase: DemoCase): DemoAccount;
  stack: Pick<LocalStack, 'sandbox' | 'uiUrl'> & {
    worker: Pick<WorkerProcess, 'pid' | 'start' | 'kill'>;
    temporal: Pick<DevServer, 'namespace'>;
  };
  client: QualificationClient;
  say(name: string, text: string): void;
  signal: AbortSignal;
  /** How long one case may take, ms. */
  caseLimitMs?: number;
}

interface Playing {
  /** Resolves when nothing but the case itself has anything to do, or it has failed. */
  played: Promise<void>;
  ended: Promise<CaseReport>;
}

/** Plays all cases and tells what became of each, in the order of `cases`. Throws only when `signal` is aborted. */
export async function runDemoCases(options: DemoRunOptions): Promise<CaseReport[]> {
  const { cases, stack, client, say, signal } = options;
  let clockHasMoved = (): void => {};
  const clockMoved = new Promise<void>((resolve) => {
    clockHasMoved = resolve;
  });
  const world: DemoWorld = { sandbox: stack.sandbox, client, worker: stack.worker, clockMoved, clockHasMoved, say };
  const reports = new Map<DemoCase, Promise<CaseReport>>();
  const begin = (demoCase: DemoCase): Playing => {
    const playing = playCase(demoCase, options, world);
    reports.set(demoCase, playing.ended);
    return playing;
  };

  const calm = cases
    .filter(({ killsWorker }) => !killsWorker)
    .map((demoCase) => {
      const { played, ended } = begin(demoCase);
      return demoCase.waitsLong ? played : ended;
    });
  await Promise.all(calm);

  // Last things first: the quick one, so that the other's wait of 10 s for a heartbeat that will not come is the end.
  for (const demoCase of cases.filter(({ killsWorker }) => killsWorker).reverse()) {
    signal.throwIfAborted();
    const { played, ended } = begin(demoCase);
    await played;
    signal.throwIfAborted();
    // A play that failed halfway must not leave the others without a worker.
    await stack.worker.start();
    await ended;
  }
  signal.throwIfAborted();
  return Promise.all([...reports].sort(([a], [b]) => cases.indexOf(a) - cases.indexOf(b)).map(([, report]) => report));
}

function playCase(demoCase: DemoCase, options: DemoRunOptions, world: DemoWorld): Playing {
  const startedAt = performance.now();
  const { caseLimitMs = defaultCaseLimitMs } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), caseLimitMs);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  // Temporal's client leaves a listener on it for every call. It is this case's alone and goes with it, so they do not pile up.
  setMaxListeners(0, signal);
  const play = new CasePlay(demoCase, options.accountOf(demoCase), world, signal);
  const isMoving = demoCase.movesClock === true;
  // An aborted call is given up by Temporal's client; one that is cut off by closing it would be tried again, and throw.
  const abortable = <Value>(work: () => Promise<Value>): Promise<Value> =>
    within(
      signal,
      options.client.temporal.withAbortSignal(signal, async () => work()),
    );
  const script = abortable(() => demoCase.play(play)).finally(() => {
    if (isMoving) world.clockHasMoved();
  });
  const end = async (): Promise<CaseReport> => {
    let result: QualificationResult | undefined;
    let problem: unknown;
    try {
      await script;
      result = await abortable(() => resultOf(play));
    } catch (error) {
      problem = signal.aborted ? `it did not end within ${caseLimitMs / 1000} s` : error;
    } finally {
      clearTimeout(timer);
    }
    options.signal.throwIfAborted();
    const report = await reportOf(demoCase, options, play, { result, problem, startedAt });
    play.say(`${report.ending} after ${report.seconds.toFixed(1)} s`);
    return report;
  };
  const ended = end();
  // After an interruption nobody may be waiting for it any more.
  ended.catch(() => undefined);
  return { played: script.catch(() => undefined), ended };
}

function resultOf({ handle }: CasePlay): Promise<QualificationResult> {
  if (handle === undefined) throw new Error('its play did not start it');
  return handle.result();
}

interface Ending {
  result: QualificationResult | undefined;
  problem: unknown;
  startedAt: number;
}

async function reportOf(
  { name, platform }: DemoCase,
  { client, stack }: DemoRunOptions,
  play: CasePlay,
  { result, problem, startedAt }: Ending,
): Promise<CaseReport> {
  const seconds = (performance.now() - startedAt) / 1000;
  const audits = play.audits().filter(({ origin }) => origin === 'api');
  const workflowId = play.handle?.workflowId ?? '';
  const counts = {
    uploads: play.uploads(),
    audits: platform === 'mini-program' ? sum(audits.map(({ submissions }) => submissions ?? 0)) : audits.length,
  };
  if (workflowId === '') {
    const nothing = { outcome: 'not started', by: null, attempts: 0, historyEvents: 0, url: stack.uiUrl };
    return { name, workflowId, ...nothing, ...counts, ending: `not started: ${messageOf(problem)}`, seconds };
  }
  const described = await client.temporal.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined);
  const view = result === undefined ? await play.view().catch(() => undefined) : undefined;
  return {
    name,
    workflowId,
    outcome: result?.outcome ?? view?.status ?? described?.status.name.toLowerCase() ?? 'unknown',
    by: result?.by ?? null,
    attempts: (result ?? view)?.attempts.length ?? 0,
    historyEvents: described?.historyLength ?? 0,
    ...counts,
    url: uiAddress(stack, workflowId, described?.runId),
    ending: result === undefined ? failedEnding(view, problem) : endingOf(result),
    seconds,
  };
}

function endingOf({ outcome, by, alreadyInForce, attempts, reason }: QualificationResult): string {
  if (outcome !== 'approved') return reason === undefined ? outcome : `${outcome}: ${reason}`;
  if (alreadyInForce) return 'approved before, by other';
  if (by === 'other') return 'approved by other';
  return `approved, found by ${attempts.at(-1)?.foundBy ?? 'push'}`;
}

function failedEnding(view: CaseView | undefined, problem: unknown): string {
  const where = view === undefined ? '' : `; it is ${standing(view)}`;
  return `NOT ENDED: ${messageOf(problem)}${where}`;
}

function uiAddress(
  { uiUrl, temporal }: DemoRunOptions['stack'],
  workflowId: string,
  runId: string | undefined,
): string {
  const workflow = `${uiUrl}/namespaces/${encodeURIComponent(temporal.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return runId === undefined ? workflow : `${workflow}/${runId}/history`;
}

/** Rejects when the signal is aborted; what is waited for may go on. */
async function within<Value>(signal: AbortSignal, waited: Promise<Value>): Promise<Value> {
  // Whoever stopped waiting does not hear of a failure any more.
  waited.catch(() => undefined);
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([waited, aborted]).finally(() => signal.removeEventListener('abort', stop));
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
const messageOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
