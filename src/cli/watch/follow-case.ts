/** Follows one case: tells what has happened so far, then everything as it happens, until it ends. */
import { type CaseView, NoWorkerError, type QualificationResult } from '../../client/index.ts';
import type { Telling } from '../case-text.ts';
import { paintedStatus } from '../text/colours.ts';
import { keyOf, type Moment, momentsOf } from './case-moments.ts';
import type { CaseSource } from './case-source.ts';

export interface CaseFollowing {
  source: CaseSource;
  /** Whatever has not been told before, oldest first, with the view that it was found in. */
  tell(moments: readonly Moment[], view: CaseView): Promise<void>;
}

/** One look. The result when the case has ended, else `undefined`; nothing is asked of a worker while nothing has happened. */
export function createCaseLook({ source, tell }: CaseFollowing): () => Promise<QualificationResult | undefined> {
  const told = new Set<string>();
  let mark: string | undefined;
  return async () => {
    const now = await source.mark();
    if (now === mark) return undefined;
    // Asked before the view: what happens in between is found by the next look.
    const result = await source.result();
    const view = await source.view().catch((error: unknown) => {
      // A case that has ended has its result in its history, whether or not a worker is there to show the rest.
      if (result !== undefined && error instanceof NoWorkerError) return undefined;
      throw error;
    });
    if (view !== undefined) {
      const news = momentsOf(view, await source.story()).filter((moment) => !told.has(keyOf(moment)));
      for (const moment of news) told.add(keyOf(moment));
      if (news.length > 0) await tell(news, view);
    }
    mark = now;
    return result;
  };
}

/** `2026-11-25 16:52:59  rejected: 营业执照不清晰` */
export function momentText({ at, kind, by, text }: Moment, { local, colours }: Telling): string {
  const words = kind === 'status' ? paintedStatus(colours, text)(text) : text;
  return `${local.of(at)}  ${words}${by === undefined ? '' : `  by ${by}`}`;
}
