/** The stores of accounts for a worker without PostgreSQL: kept by the server that shares its data folder. */
import { z } from 'zod';
import { type AccountStores, createLocalStores } from './account-stores.ts';
import type { QuotaMeasurement } from './quota.ts';
import { ServerAwayError, type ServerBeside } from './server-beside.ts';
import type { Turn } from './turns.ts';

/** On the private port; the server's side is `stores-desk.ts`. */
export const accountStoresPath = '/account-stores';

const turn: z.ZodType<Turn> = z.union([
  z.object({ granted: z.literal(true), ticket: z.string() }),
  z.object({ granted: z.literal(false), ahead: z.number(), askAgainMs: z.number() }),
]);
const hold = z.object({ errcode: z.string(), leftMs: z.number() });
const measurement: z.ZodType<QuotaMeasurement> = z.object({
  appId: z.string(),
  caseId: z.string(),
  operation: z.enum(['add', 'modify']),
  before: z.number(),
  after: z.number(),
  readAt: z.string(),
});

/**
 * Asks the server. Where none has ever been started in the data folder this process is alone, and keeps them itself;
 * a server that is away is not replaced: nobody could say whose turn it is.
 */
export function createStoresBeside(beside: Pick<ServerBeside, 'address' | 'ask'>): AccountStores {
  const alone = createLocalStores();
  const isAlone = (): boolean => beside.address() === undefined;

  async function ask<T extends z.ZodType>(operation: string, body: object, answer: T): Promise<z.output<T>> {
    const { status, json } = await beside.ask(accountStoresPath, { operation, ...body });
    const read = answer.safeParse(json);
    if (status === 200 && read.success) return read.data;
    throw new ServerAwayError(`the server refused ${operation} (HTTP ${status})`);
  }
  const nothing = z.unknown();

  return {
    turns: {
      take: (wish) => (isAlone() ? alone.turns.take(wish) : ask('turns.take', wish, turn)),
      giveBack: async (held) => {
        await (isAlone() ? alone.turns.giveBack(held) : ask('turns.giveBack', held, nothing));
      },
    },
    holds: {
      heldFor: async (appId) =>
        isAlone()
          ? alone.holds.heldFor(appId)
          : (await ask('holds.heldFor', { appId }, z.object({ held: hold.optional() }))).held,
      hold: async (held) => {
        await (isAlone() ? alone.holds.hold(held) : ask('holds.hold', held, nothing));
      },
      lift: async (appId) => {
        await (isAlone() ? alone.holds.lift(appId) : ask('holds.lift', { appId }, nothing));
      },
    },
    quota: {
      wrote: async (write) => {
        const { operation: wrote, ...where } = write;
        await (isAlone() ? alone.quota.wrote(write) : ask('quota.wrote', { ...where, wrote }, nothing));
      },
      saw: async (read) =>
        isAlone()
          ? alone.quota.saw(read)
          : (await ask('quota.saw', read, z.object({ measured: z.array(measurement) }))).measured,
      lastOf: async (caseId) =>
        isAlone()
          ? alone.quota.lastOf(caseId)
          : (await ask('quota.lastOf', { caseId }, z.object({ last: measurement.optional() }))).last,
    },
  };
}
