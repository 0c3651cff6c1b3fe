/** Starts the cases of an import, so many at once; each row is started once, however often the file is imported. */
import { InvalidCaseError, type QualificationClient, QualificationError, type Started } from '../client/index.ts';
import { eachBounded } from './bounded.ts';
import type { ImportPlace } from './place.ts';
import type { PreviewRow } from './preview.ts';

/**
 * started: it was now; existing-same-input: it runs, or this import started it before; existing-other-input: a case with
 * other material runs and was left alone; refused: by the findings, nothing was sent; failed: Temporal did not take it.
 */
export const rowOutcomes = ['started', 'existing-same-input', 'existing-other-input', 'refused', 'failed'] as const;
export type RowOutcome = (typeof rowOutcomes)[number];

/** What became of one row, and where. */
export interface RowResult extends Partial<ImportPlace> {
  row: number;
  appId: string;
  category: string;
  externalId?: string;
  outcome: RowOutcome;
  workflowId?: string;
  reason?: string;
  /** As in `PreviewRow`. */
  digest?: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** What is said about a row that started nothing; the result file has both languages, a page the reader's. */
export const startReasons = {
  repeated: { zh: '此前已由同一行启动。', en: 'This row started it before.' },
  sameInput: { zh: '相同内容的流程已在进行。', en: 'A case with this very input is running.' },
  otherInput: {
    zh: '该类目已有内容不同的流程在进行，未做任何改动；请补正材料或先撤回。',
    en: 'A case with another input is running and was left alone: resubmit, or withdraw it first.',
  },
} as const;

/** As it stands in the result file. */
export const inBothLanguages = ({ zh, en }: { zh: string; en: string }): string => `${zh} ${en}`;

export interface StartAround {
  client: Pick<QualificationClient, 'channelsShop' | 'miniProgram'>;
  /** Where the client is connected to; it stands in each result. */
  place: ImportPlace;
  /** Where relative image paths start. */
  relativeTo?: string;
  /** Becomes `requestedBy` of rows that name nobody. */
  requestedBy?: string;
  /** Results of an earlier run at the same place, by digest: those rows are done (`isDone`). */
  before?: ReadonlyMap<string, RowResult>;
  atOnce?: number;
  /** Told after each row, one at a time, also for rows that were done before. */
  onResult?(result: RowResult): void | Promise<void>;
  /** No further row is begun. */
  signal?: AbortSignal;
}

/** Whether a row with this outcome needs no second try. */
export const isDone = (outcome: RowOutcome): boolean => outcome === 'started' || outcome === 'existing-same-input';

/**
 * Starts every row that is ready and tells what became of each, the refused ones included. Resolves with the results in the
 * order of the file; fewer than rows when it was stopped. Rejects when Temporal cannot be used, which is no row's fault.
 */
export async function startRows(rows: readonly PreviewRow[], around: StartAround): Promise<RowResult[]> {
  const { atOnce = 10, signal, before, onResult, place } = around;
  const results: RowResult[] = [];
  let telling: Promise<void> = Promise.resolve();
  const tell = async (result: RowResult): Promise<void> => {
    results.push(result);
    telling = telling.then(() => onResult?.(result));
    await telling;
  };
  await eachBounded(
    rows,
    atOnce,
    async (row) => {
      const done = row.digest === undefined ? undefined : before?.get(row.digest);
      if (done !== undefined && isDone(done.outcome)) return tell({ ...done, row: row.row });
      await tell({ ...factsOf(row), ...(await outcomeOf(row, around)), at: new Date().toISOString(), ...place });
    },
    signal,
  );
  return results.sort((a, b) => a.row - b.row);
}

const factsOf = ({ row, appId, category, externalId, workflowId, digest }: PreviewRow) => ({
  row,
  appId,
  category,
  ...(externalId === undefined ? {} : { externalId }),
  ...(workflowId === undefined ? {} : { workflowId }),
  ...(digest === undefined ? {} : { digest }),
});

async function outcomeOf(row: PreviewRow, around: StartAround): Promise<Pick<RowResult, 'outcome' | 'reason'>> {
  if (!row.isReady || row.input === undefined) {
    const errors = row.findings.filter(({ level }) => level === 'error');
    return { outcome: 'refused', reason: errors.map(inBothLanguages).join(' ') };
  }
  let started: Started;
  try {
    started = await start(row, around);
  } catch (error) {
    // Nothing else is about one row alone: without Temporal every further row would fail in the same way.
    if (error instanceof InvalidCaseError)
      return { outcome: 'refused', reason: error.findings.map(({ message }) => message).join(' ') };
    if (error instanceof QualificationError) throw error;
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
  if (!started.existing)
    return started.repeated === true
      ? { outcome: 'existing-same-input', reason: inBothLanguages(startReasons.repeated) }
      : { outcome: 'started' };
  if (started.sameInput === true)
    return { outcome: 'existing-same-input', reason: inBothLanguages(startReasons.sameInput) };
  return { outcome: 'existing-other-input', reason: inBothLanguages(startReasons.otherInput) };
}

/** The key makes a row start once even when its case has ended meanwhile, as long as Temporal keeps that. */
function start({ input, digest }: PreviewRow, { client, relativeTo, requestedBy }: StartAround): Promise<Started> {
  const options = {
    startKey: `import-${digest}`,
    ...(relativeTo === undefined ? {} : { relativeTo }),
    ...(requestedBy === undefined ? {} : { requestedBy }),
  };
  if (input === undefined) throw new TypeError('a row without an input is never started');
  return 'first' in input ? client.miniProgram.start(input, options) : client.channelsShop.start(input, options);
}
