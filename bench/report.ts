/** What was measured, as Markdown for people: one table per question, the targets beside the ratios. */
import { type Kind, kindTitles } from './cases.ts';
import { ofKind, type Slice, typical } from './slices.ts';
import { median, medianRatio, percentile } from './statistics.ts';
import type { Waiting } from './waiting.ts';

/** Everything that one run found. */
export interface Findings {
  machine: string;
  command: string;
  seconds: number;
  bundleBytes: { bare: number; product: number };
  workerStartUpMs: number[];
  /** Slices in the order in which they ran, round by round. */
  many: Slice[];
  single: Slice[];
  history: Slice[];
  waiting: Waiting[];
}

/** A goal of the project beside what was measured. */
export interface Target {
  what: string;
  measured: number;
  goal: string;
  isMet: boolean;
}

/** The ratios are medians over pairs of slices that ran one right after the other. */
export function targetsOf(found: Findings): Target[] {
  const ratio = (read: (slice: Slice) => number, slices = found.many): number =>
    medianRatio(ofKind(slices, 'product').map(read), ofKind(slices, 'bare').map(read));
  const events = (kind: Kind): number => median(ofKind(found.history, kind).flatMap((slice) => slice.historyEvents));
  const atLeast = (what: string, measured: number, goal: number): Target => ({
    what,
    measured,
    goal: `>= ${goal}`,
    isMet: measured >= goal,
  });
  const atMost = (what: string, measured: number, goal: number): Target => ({
    what,
    measured,
    goal: `<= ${goal}`,
    isMet: measured <= goal,
  });
  return [
    atLeast('cases per second, 50 at a time, of bare', ratio(casesPerSecond), 0.85),
    atMost('worker CPU per case, 50 at a time, of bare', ratio(workerCpu), 1.25),
    atMost('server CPU per case, 50 at a time, of bare', ratio(temporalCpu), 1.15),
    atMost('history events (median, uploads ending together), more than bare', events('product') - events('bare'), 10),
    atMost('bundle, KB of code', found.bundleBytes.product / 1024, 600),
    atMost('worker with a built bundle ready, s', median(found.workerStartUpMs) / 1000, 1.5),
  ];
}

const casesPerSecond = (slice: Slice): number => slice.casesPerSecond;
const workerCpu = (slice: Slice): number => slice.workerCpuMs;
const temporalCpu = (slice: Slice): number => slice.temporalCpuMs;

/** The whole report. */
export function reportOf(found: Findings): string {
  const noise = [...found.many, ...found.single];
  return [
    `\`${found.command}\`, ${found.seconds.toFixed(0)} s. ${found.machine}.`,
    `CPU of other processes ${percent(median(noise.map((slice) => slice.foreignShare)))} of the machine (median; most ${percent(Math.max(...noise.map((slice) => slice.foreignShare)))}), stolen ${percent(median(noise.map((slice) => slice.stolenShare)))}.`,
    table(
      ['', 'measured', 'goal', ''],
      targetsOf(found).map(({ what, measured, goal, isMet }) => [
        what,
        number(measured),
        goal,
        isMet ? 'met' : 'missed',
      ]),
    ),
    ...sliceTable('50 at a time', found.many),
    ...sliceTable('One at a time', found.single),
    ...historyTable(found.history),
    ...waitingTable(found.waiting),
    `Worker CPU by thread, 50 at a time, ms per case: ${kindsOf(found.many)
      .map((kind) => `${kind}: ${threadsText(found.many, kind)}`)
      .join('; ')}.`,
  ].join('\n\n');
}

function sliceTable(title: string, slices: readonly Slice[]): string[] {
  if (slices.length === 0) return [];
  const rows = kindsOf(slices).map((kind) => {
    const decided = ofKind(slices, kind).flatMap((slice) => slice.decidedMs);
    const inServer = ofKind(slices, kind).flatMap((slice) => slice.signalToEndMs);
    const ratioOf = (read: (slice: Slice) => number): string =>
      kind === 'bare'
        ? ''
        : ` (${number(medianRatio(ofKind(slices, kind).map(read), ofKind(slices, 'bare').map(read)))})`;
    const cell = (read: (slice: Slice) => number): string => `${number(typical(slices, kind, read))}${ratioOf(read)}`;
    return [
      kindTitles[kind],
      cell(casesPerSecond),
      cell(workerCpu),
      cell(temporalCpu),
      number(typical(slices, kind, (slice) => slice.receiverCpuMs)),
      `${number(median(decided))} / ${number(percentile(decided, 0.99))}`,
      `${number(median(inServer))} / ${number(percentile(inServer, 0.99))}`,
      number(typical(slices, kind, (slice) => median(slice.wholeMs))),
      number(typical(slices, kind, (slice) => slice.requestsPerCase)),
    ];
  });
  const head = [
    title,
    'cases/s',
    'worker CPU ms',
    'server CPU ms',
    'receiver CPU ms',
    'callback sent -> starter knows, ms (median / 99th)',
    'signal -> end in the history, ms',
    'whole case, ms',
    'HTTP requests',
  ];
  return [table(head, rows)];
}

function historyTable(slices: readonly Slice[]): string[] {
  if (slices.length === 0) return [];
  const rows = kindsOf(slices).map((kind) => {
    const events = ofKind(slices, kind).flatMap((slice) => slice.historyEvents);
    const bytes = ofKind(slices, kind).flatMap((slice) => slice.historyBytes);
    return [
      kindTitles[kind],
      `${median(events)} (${Math.min(...events)}-${Math.max(...events)})`,
      number(median(bytes)),
    ];
  });
  return [table(['History, uploads ending together', 'events', 'bytes'], rows)];
}

function waitingTable(waiting: readonly Waiting[]): string[] {
  if (waiting.length === 0) return [];
  const rows = waiting.map((each) => [
    `${kindTitles[each.kind]}, ${each.cases}`,
    number(each.filledPerSecond),
    number(each.workerKbPerCase),
    number(each.temporalKbPerCase),
    `${percent(each.workerIdleShare)} / ${percent(each.temporalIdleShare)}`,
    number(each.workerReadyMs),
    number(each.takenSeconds),
    `${number(each.decidedSeconds)} (${number(each.cases / each.decidedSeconds)}/s)`,
    `${number(each.workerCpuMs)} / ${number(each.temporalCpuMs)}`,
    String(each.repeatedCallbacks),
    String(each.lost),
  ]);
  const head = [
    'Waiting, then SIGKILL and all callbacks at once',
    'filled/s',
    'worker KB per case',
    'server KB per case',
    'idle CPU worker / server (of a core)',
    'new worker ready, ms',
    'callbacks taken, s',
    'all decided, s',
    'CPU ms per case worker / server',
    'callbacks repeated',
    'lost',
  ];
  return [table(head, rows)];
}

function threadsText(slices: readonly Slice[], kind: Kind): string {
  const names = [...new Set(ofKind(slices, kind).flatMap(({ threads }) => Object.keys(threads)))];
  return names
    .map((name) => ({ name, cpuMs: typical(slices, kind, ({ threads }) => threads[name] ?? 0) }))
    .filter(({ cpuMs }) => cpuMs >= 0.1)
    .sort((a, b) => b.cpuMs - a.cpuMs)
    .map(({ name, cpuMs }) => `${name} ${number(cpuMs)}`)
    .join(', ');
}

const kindsOf = (slices: readonly Slice[]): Kind[] => [...new Set(slices.map(({ kind }) => kind))];

/** Three digits that count. */
function number(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

const percent = (share: number): string => (Number.isFinite(share) ? `${(share * 100).toFixed(0)} %` : '-');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
