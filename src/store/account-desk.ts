/** Where a person looks at accounts and changes them: in the database, or through the server that holds it. */
import { LockHeldError } from '../runtime/lock-file.ts';
import { type AccountEntries, AccountsError, parseEntries } from './account-file.ts';
import { type AccountRecords, createAccountRecords, type ListedAccount } from './account-records.ts';
import { DatabaseError } from './database.ts';
import { type DurableStoreOptions, openDurableStore } from './durable-store.ts';
import { createServerBeside, ServerAwayError } from './server-beside.ts';

export type AccountDesk = Pick<AccountRecords, 'list' | 'set' | 'remove'>;

/** The server's private call for a desk in another process. */
export const accountDeskPath = '/accounts';

/**
 * Opens the desk. PGlite belongs to one process: while a server has it open, that one is asked.
 * @throws DatabaseError, SecretError
 */
export async function openAccountDesk(
  options: Omit<DurableStoreOptions, 'onError'>,
): Promise<AccountDesk & { close(): Promise<void> }> {
  try {
    const store = await openDurableStore(options);
    return { ...createAccountRecords(store), close: store.close };
  } catch (error) {
    const isHeld = error instanceof DatabaseError && error.cause instanceof LockHeldError;
    if (!isHeld) throw error;
    return { ...deskBeside(options), close: () => Promise.resolve() };
  }
}

/** Answers a desk in another process; `body` is what {@link deskBeside} sends. */
export async function answerDesk(
  desk: AccountDesk,
  body: Readonly<Record<string, unknown>>,
): Promise<{ status?: number; body: object }> {
  const { action, appId, entries } = body;
  if (action === 'list') return { body: { accounts: await desk.list() } };
  if (action === 'remove' && typeof appId === 'string') return { body: { isRemoved: await desk.remove(appId) } };
  if (action !== 'set' || typeof entries !== 'object') return { status: 400, body: { reason: 'no such action' } };
  try {
    // The other side has read the secrets in: nothing of this machine's environment or files is looked up here.
    const noFile = (path: string): never => {
      throw Object.assign(new Error(path), { code: 'unresolved' });
    };
    await desk.set(parseEntries(JSON.stringify(entries), {}, noFile));
    return { body: {} };
  } catch (error) {
    if (!(error instanceof AccountsError)) throw error;
    return { status: 400, body: { reason: error.message } };
  }
}

function deskBeside(options: Omit<DurableStoreOptions, 'onError'>): AccountDesk {
  const beside = createServerBeside(options);
  const ask = async (body: object): Promise<Record<string, unknown>> => {
    try {
      const { status, json } = await beside.ask(accountDeskPath, body);
      if (status === 200) return json as Record<string, unknown>;
      throw new DatabaseError(`the server that has the database open answers HTTP ${status}`);
    } catch (error) {
      if (!(error instanceof ServerAwayError)) throw error;
      throw new DatabaseError(`${error.message}, and it has the database open`, { cause: error });
    }
  };
  return {
    list: async () => (await ask({ action: 'list' })).accounts as ListedAccount[],
    set: async (entries: AccountEntries) => void (await ask({ action: 'set', entries })),
    remove: async (appId) => (await ask({ action: 'remove', appId })).isRemoved === true,
  };
}
