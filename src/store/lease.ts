/** A lock that holds across processes and hosts: a row with an owner and an end, by the database's one clock. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';

/** What a holder may ask. */
export interface Lease {
  /** False when so much time has passed that somebody else may hold it soon: then begin nothing. */
  isSafe(): boolean;
}

export interface Leases {
  /**
   * Runs `work` while nobody else does so under this name. `look` is asked before each try and once more after the lease
   * was got: when it finds that the work is done already, that is the answer. No connection is held meanwhile, and a
   * holder that was killed keeps others waiting for no longer than `holdMs`.
   * @throws LeaseBusyError when others have held it for `waitMs`; what `look` and `work` throw.
   */
  run<T>(name: string, look: () => Promise<T | undefined>, work: (lease: Lease) => Promise<T>): Promise<T>;
}

/** Others hold the lease, and go on holding it. */
export class LeaseBusyError extends Error {
  override readonly name = 'LeaseBusyError';
}

export interface LeasesOptions {
  database: Database;
  /** Longer than the work ever takes. Default 15 s. */
  holdMs?: number;
  /** Default: `holdMs` and 2 s. */
  waitMs?: number;
}

export function createLeases({ database, holdMs = 15_000, waitMs = holdMs + 2_000 }: LeasesOptions): Leases {
  async function taken(name: string, owner: string): Promise<boolean> {
    const rows = await database.query(
      `INSERT INTO wxq_lease (name, owner, held_until)
       VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
       WHERE wxq_lease.held_until < clock_timestamp()
       RETURNING owner`,
      [name, owner, holdMs],
    );
    return rows.length > 0;
  }

  return {
    async run(name, look, work) {
      const owner = randomUUID();
      const startedAt = performance.now();
      for (let pauseMs = 25; ; pauseMs = Math.min(250, pauseMs * 2)) {
        const found = await look();
        if (found !== undefined) return found;
        const askedAt = performance.now();
        if (await taken(name, owner)) {
          try {
            const isSafe = (): boolean => performance.now() - askedAt < holdMs / 3;
            return (await look()) ?? (await work({ isSafe }));
          } finally {
            // If it can't be given up now, it ends by itself.
            await database
              .query('DELETE FROM wxq_lease WHERE name = $1 AND owner = $2', [name, owner])
              .catch(() => undefined);
          }
        }
        if (performance.now() - startedAt > waitMs) throw new LeaseBusyError(`${name} is held by another process`);
        await sleep(pauseMs);
      }
    },
  };
}
