/** The work behind an import: looking at its rows and starting its cases, in this process; another one goes on when this ends. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type QualificationClient, QualificationError } from '../client/index.ts';
import type { InBoth } from '../contract/check.ts';
import { materialSource } from '../contract/material-source.ts';
import { readTable } from '../importing/import-file.ts';
import { isAt, placeOf } from '../importing/place.ts';
import { type PreviewRow, previewImport } from '../importing/preview.ts';
import { type RowResult, startRows } from '../importing/start-rows.ts';
import type { Imports } from '../store/imports.ts';
import { listedPaths, treePaths } from './category-paths.ts';
import type { RuleBook } from './new-routes.tsx';

/** What a person uploaded: the CSV file as base64, and images by the end of their name. */
export interface ImportContent {
  csv: string;
  /** file name -> sha256 in the material store. */
  images: Record<string, string>;
}

/** Why an import was stopped, as it is kept. */
export interface ImportProblem extends InBoth {
  advice: InBoth;
}

export interface ImportWorkDependencies {
  imports: Imports;
  client: QualificationClient;
  rules: RuleBook;
  onBug: (error: unknown, route: string | undefined) => void;
}

export interface ImportWork {
  /** Looks at every row in the background. `false`: somebody does already, or it has begun. */
  check(id: string, by: string): Promise<boolean>;
  /** Starts what is ready, or goes on with it, in the background. */
  start(id: string, by: string): Promise<boolean>;
  /** Begins no further row of this one; of another server's it is told by the database. */
  stop(id: string, problem: ImportProblem): Promise<void>;
  /** Begins no further row; resolves when nothing is under way. */
  close(): Promise<void>;
  /** For tests: what was begun is done. */
  settled(): Promise<void>;
}

/** A server has other things to do as well; a check is a workflow of its own. */
const checksAtOnce = 4;
const startsAtOnce = 8;
/** How often the page is told how far a check is, at most. */
const tellEveryMs = 1_000;
/** A row may take a minute and a half: that this server is at it is said meanwhile too. Three of them fit into a claim. */
const stillHereEveryMs = 10_000;
/** At the end of the server: what takes longer is left to whoever goes on with it. */
const lastWordMs = 4_000;

export function createImportWork({ imports, client, rules, onBug }: ImportWorkDependencies): ImportWork {
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const stops = new Map<string, AbortController>();

  /** Runs `work` until it ends, somebody stops it, or this server does. */
  function begin(id: string, stage: 'checking' | 'starting', work: (run: Run) => Promise<void>): void {
    const stopped = new AbortController();
    stops.set(id, stopped);
    const signal = AbortSignal.any([closing.signal, stopped.signal]);
    let told = 0;
    const progress = async (done: number) => {
      told = done;
      if (!(await imports.progress(id, stage, done))) stopped.abort();
    };
    const stillHere = setInterval(() => void progress(told).catch(() => undefined), stillHereEveryMs);
    const run: Run = { signal, progress };
    const working = work(run)
      .catch(async (error: unknown) => {
        // Stopped by a person: the stage says so. By this server's end: another one may go on, once it is missed.
        if (signal.aborted) return;
        if (!(error instanceof QualificationError)) onBug(error, '/console/imports');
        await imports.end(id, 'stopped', JSON.stringify(problemOf(error)));
      })
      .catch((error: unknown) => onBug(error, '/console/imports'))
      .finally(() => {
        clearInterval(stillHere);
        underWay.delete(working);
        if (stops.get(id) === stopped) stops.delete(id);
      });
    underWay.add(working);
  }

  return {
    async check(id, by) {
      if (!(await imports.claim(id, 'checking', by))) return false;
      begin(id, 'checking', async ({ signal, progress }) => {
        const content = JSON.parse((await imports.content(id)) ?? '{}') as ImportContent;
        let toldAt = 0;
        const rows = await previewImport(readTable(Buffer.from(content.csv, 'base64')), {
          categoryPaths: async ({ platform, ...account }) => {
            if (platform === 'mini-program') return listedPaths(await rules.miniProgramCategories(account));
            const { cats, catsV2 } = await rules.shopTrees(account);
            return new Map([...treePaths(cats), ...treePaths(catsV2)]);
          },
          image: imagesOf(content),
          check: (input) => client.check(input),
          atOnce: checksAtOnce,
          signal,
          onRow(done) {
            if (performance.now() - toldAt < tellEveryMs) return;
            toldAt = performance.now();
            void progress(done).catch(() => undefined);
          },
        });
        await imports.checked(id, JSON.stringify(rows));
      });
      return true;
    },

    async start(id, by) {
      if (!(await imports.claim(id, 'starting', by))) return false;
      begin(id, 'starting', async ({ signal, progress }) => {
        const rows = JSON.parse((await imports.preview(id)) ?? '[]') as PreviewRow[];
        const place = await placeOf(client);
        const before = new Map(
          (await imports.results(id)).flatMap((text) => {
            const result = JSON.parse(text) as RowResult;
            // A server that was moved to another Temporal has started nothing there yet. Where an earlier version did not note it: here.
            const isElsewhere = result.placeId !== undefined && !isAt(result, place);
            return result.digest === undefined || isElsewhere ? [] : [[result.digest, result] as const];
          }),
        );
        let done = 0;
        await startRows(rows, {
          client,
          place,
          requestedBy: by,
          before,
          atOnce: startsAtOnce,
          signal,
          async onResult(result) {
            done += 1;
            await imports.addResult(id, result.row, JSON.stringify(result));
            await progress(done);
          },
        });
        if (done === rows.length) await imports.end(id, 'done');
      });
      return true;
    },

    async stop(id, problem) {
      stops.get(id)?.abort();
      await imports.end(id, 'stopped', JSON.stringify(problem));
    },

    async close() {
      closing.abort();
      await Promise.race([Promise.all(underWay), pause(lastWordMs, undefined, { ref: false })]);
    },
    settled: async () => void (await Promise.all(underWay)),
  };
}

interface Run {
  signal: AbortSignal;
  progress(done: number): Promise<void>;
}

/** The digest of an uploaded file: whether the same one was imported before. */
export const digestOfFile = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A name in the file means an image that came with it; addresses and absolute paths are the worker's to fetch. */
function imagesOf({ images }: ImportContent): (written: string) => Promise<{ source: string } | InBoth> {
  return async (written) => {
    if (/^([a-z][a-z0-9+.-]+:|\/|\\|[a-z]:)/i.test(written)) return { source: written };
    const name = nameOf(written);
    const sha256 = Object.hasOwn(images, name) ? images[name] : undefined;
    if (sha256 !== undefined) return { source: materialSource(sha256) };
    return {
      zh: `没有随文件一起上传图片「${name}」。`,
      en: `The image "${name}" was not uploaded with the file.`,
    };
  };
}

/** The last part of a path, in either spelling. */
export const nameOf = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;

function problemOf(error: unknown): ImportProblem {
  if (error instanceof QualificationError)
    return { zh: error.message, en: error.message, advice: { zh: error.advice, en: error.advice } };
  return {
    zh: '出了意外的错误。',
    en: 'Something unexpected happened.',
    advice: { zh: '请再试一次；日志里有原因。', en: 'Try once more; the log of the server says why.' },
  };
}
