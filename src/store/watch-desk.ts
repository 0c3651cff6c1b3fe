/** The watch's store for a process that cannot open the database: asked of the server beside it, which answers here. */
import { LockHeldError } from '../runtime/lock-file.ts';
import { DatabaseError } from './database.ts';
import { type DurableStoreOptions, openDurableStore } from './durable-store.ts';
import { createServerBeside, ServerAwayError, type ServerBeside } from './server-beside.ts';
import { createWatchStore, type WatchStore } from './watch-records.ts';

/** On the private port. */
export const watchStorePath = '/watch-store';

/** Every call takes one object; names are checked against this list before anything is called. */
const calls = [
  'accounts',
  'known',
  'save',
  'failed',
  'noteLeavers',
  'untold',
  'told',
  'overview',
  'keepCase',
  'caseOf',
  'casesOf',
  'casesSeenUntil',
  'sawCases',
] as const satisfies (keyof WatchStore)[];

/** A call that is not listed would be missing in a worker without PostgreSQL: then this does not compile. */
export const answersEveryCall: keyof WatchStore extends (typeof calls)[number] ? true : never = true;

type Calls = Record<string, ((request: never) => Promise<unknown>) | undefined>;

/** As the store itself. The other side is of this version: its answers are taken as they come. */
export function watchStoreBeside(beside: Pick<ServerBeside, 'ask'>): WatchStore {
  const ask = (call: string) => async (request: object) => {
    const { status, json } = await beside.ask(watchStorePath, { call, request });
    if (status !== 200) throw new ServerAwayError(`the server refused ${call} of the watch (HTTP ${status})`);
    return (json as { answer?: unknown }).answer;
  };
  return Object.fromEntries(calls.map((call) => [call, ask(call)])) as unknown as WatchStore;
}

/** Answers one call; what the database throws is thrown on. */
export async function answerWatchStore(
  store: WatchStore,
  { call, request }: Readonly<Record<string, unknown>>,
): Promise<{ status?: number; body: object }> {
  const name = calls.find((one) => one === call);
  if (name === undefined || typeof request !== 'object' || request === null)
    return { status: 400, body: { reason: 'this is no call of the store of the watch' } };
  const answer = await (store as unknown as Calls)[name]?.(request as never);
  return { body: answer === undefined ? {} : { answer } };
}

/**
 * For a person's command: in the database, or through the server that has it open. Accounts are nobody's concern here.
 * @throws DatabaseError, SecretError
 */
export async function openWatchDesk(
  options: Omit<DurableStoreOptions, 'onError'>,
): Promise<Pick<WatchStore, 'overview' | 'caseOf'> & { close(): Promise<void> }> {
  try {
    const store = await openDurableStore(options);
    return { ...createWatchStore(store, { shops: [] }), close: store.close };
  } catch (error) {
    const isHeld = error instanceof DatabaseError && error.cause instanceof LockHeldError;
    if (!isHeld) throw error;
    return { ...watchStoreBeside(createServerBeside(options)), close: () => Promise.resolve() };
  }
}
