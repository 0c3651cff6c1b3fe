/** How the server notes what was pushed, and hands an event that it noted to its case once more. */
import type { PushLog, PushNote } from '../store/push-log.ts';
import type { CallbackAccount } from './dependencies.ts';
import type { CallbackRoute, PushResult } from './metrics.ts';
import type { EventTaker, SortedEvent, TakenEvent } from './take-event.ts';

/** The log of received pushes, as it is used here. `note` returns at once: a push is answered whether or not it can be written down. */
export type PushNotes = Pick<PushLog, 'note' | 'list' | 'find'>;

/** Writes nothing down. */
export const noNotes: PushNotes = { note: () => {}, list: async () => [], find: async () => undefined };

/** The note of an event that was taken. */
export function noteOf(
  source: PushNote['source'],
  { route, account }: { route: CallbackRoute; account: CallbackAccount },
  { name, isOurs, text }: SortedEvent,
  { result, workflowId }: TakenEvent,
  at: number,
): PushNote {
  return { at, source, route, ...account, event: name, isOurs, result, workflowId, text };
}

export interface RedeliveryDependencies {
  pushes: PushNotes;
  events: EventTaker;
  now?: () => number;
}

/**
 * Takes a noted event of ours once more, as if it had just been pushed; it may be done any number of times, since the
 * event decides nothing. `undefined`: there is no such push, or nothing of it that could be delivered.
 */
export async function redeliver(
  { pushes, events, now = Date.now }: RedeliveryDependencies,
  id: string,
): Promise<{ result: PushResult; workflowId?: string } | undefined> {
  const push = await pushes.find(id);
  if (push === undefined) return undefined;
  const { appId, componentAppId, text } = push;
  const route = componentAppId === undefined ? 'channels-shop' : 'platform';
  const account = { appId, ...(componentAppId === undefined ? {} : { componentAppId }) };
  const sorted = events.sort(route, account, text);
  const taken = await sorted.take();
  pushes.note(noteOf('again', { route, account }, sorted, taken, now()));
  return taken;
}
