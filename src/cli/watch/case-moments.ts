/** The course of a case as moments in the order of time: who did what, what WeChat said, where the case stands since. */
import type { CaseStory } from '../../client/case-story.ts';
import type { CaseView } from '../../client/index.ts';
import { readable, standingText } from '../case-text.ts';

/** One thing that happened. Times are ISO 8601, UTC. */
export interface Moment {
  at: string;
  kind: 'started' | 'uploaded' | 'asked' | 'submitted' | 'decided' | 'status';
  /** The person, where one is known. */
  by?: string;
  /** In words, with what belongs to it. */
  text: string;
}

/** The same happening gives the same moment again: what a watcher has seen can be told by {@link keyOf}. */
export function momentsOf(view: CaseView, { startedAt, startInput, messages }: CaseStory): Moment[] {
  const uploads = new Map<string, number>();
  for (const { uploadedAt } of view.material)
    if (uploadedAt !== undefined) uploads.set(uploadedAt, (uploads.get(uploadedAt) ?? 0) + 1);
  const moments: Moment[] = [
    moment('started', startedAt, 'started', startInput.requestedBy),
    ...[...uploads].map(([at, images]) =>
      moment('uploaded', at, `${images === 1 ? '1 image' : `${images} images`} on the way to WeChat`),
    ),
    ...messages.map(({ at, action, by, note, set = {}, remove = [] }) => {
      const changes = [...Object.keys(set).map(readable), ...remove.map((path) => `without ${readable(path)}`)];
      const details = [changes.join(', '), note === undefined ? '' : `"${note}"`].filter((text) => text !== '');
      return moment('asked', at, [action, ...details].join('  '), by);
    }),
    ...view.attempts.flatMap(({ number, auditId, submittedAt, decidedAt, verdict, reason, foundBy }) => [
      ...(submittedAt === undefined
        ? []
        : [
            moment(
              'submitted',
              submittedAt,
              `attempt ${number} submitted${auditId === undefined ? '' : `: audit ${auditId}`}`,
            ),
          ]),
      ...(decidedAt === undefined || verdict === undefined
        ? []
        : [
            moment(
              'decided',
              decidedAt,
              `attempt ${number} ${verdict}${reason === undefined ? '' : `: ${reason}`}${foundBy === undefined ? '' : ` (by ${foundBy})`}`,
            ),
          ]),
    ]),
    moment('status', view.since, statusText(view)),
  ];
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return moments.sort((a, b) => order(a.at, b.at));
}

/**
 * Moments are told apart by this. What stands in the text of a submission or an upload changes with what becomes known
 * later; a status says all anew.
 */
export const keyOf = ({ kind, at, text }: Moment): string => `${kind} ${at}${kind === 'status' ? ` ${text}` : ''}`;

const moment = (kind: Moment['kind'], at: string, text: string, by?: string): Moment => ({
  at,
  kind,
  ...(by === undefined ? {} : { by }),
  text,
});

function statusText(view: CaseView): string {
  const { blocked, canDo, waitingFor } = view;
  const why =
    blocked === undefined
      ? ''
      : `: ${blocked.reason}${blocked.errcode === undefined ? '' : ` (errcode ${blocked.errcode})`}. ${blocked.advice}`;
  const next = [
    waitingFor === 'nothing' ? '' : `waits for ${waitingFor}`,
    canDo.length === 0 ? '' : `can do: ${canDo.join(', ')}`,
  ].filter((text) => text !== '');
  return `${standingText(view)}${why}${next.length === 0 ? '' : `  (${next.join('; ')})`}`;
}
