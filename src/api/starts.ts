/** Starts under an `Idempotency-Key`: the same key and body give the same answer for a day, also when two come at once. */
import { createHash, randomUUID } from 'node:crypto';
import { inputDigest } from '../client/index.ts';
import type { CaseOperations, StartedCase } from './case-operations.ts';
import { ApiProblem } from './problem.ts';

/** The part of the database that is used here; see `src/store/database.ts`. */
export interface StartRecords {
  query(sql: string, parameters?: readonly (string | number | boolean | null)[]): Promise<Record<string, unknown>[]>;
}

export interface StartsDependencies {
  operations: CaseOperations;
  records: StartRecords;
  /** How long one request may hold a key without an answer, ms: longer than a start can take. */
  claimMs?: number;
  /** How long the database may take for one statement, ms. */
  queryMs?: number;
  /** How long a second request waits for the answer of the first, ms. */
  waitMs?: number;
}

/** See `createStarts`. */
export interface Starts {
  /** Throws what `CaseOperations.start` throws, and the problems `key-reused`, `key-in-use`, `store-away`. */
  start(input: unknown, asking: { by?: string | undefined; key?: string | undefined }): Promise<StartedCase>;
}

/** The database said nothing. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const keepHours = 24;
const pollMs = 100;

/**
 * A request claims its key in the store, starts, and leaves the answer there. The key also goes into the case's memo: when
 * a server dies in between, the next request with it finds the case that was started, and starts no second one, even if
 * that case has ended meanwhile. Only answers of cases that run are kept: after a refusal the same key may try again.
 */
export function createStarts(dependencies: StartsDependencies): Starts {
  const { operations, records, claimMs = 30_000, waitMs = 9_000, queryMs = 5_000 } = dependencies;

  /** A database whose host is gone answers nothing at all: its driver would wait. */
  async function inTime(query: Promise<Record<string, unknown>[]>): Promise<Record<string, unknown>[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoAnswer()), queryMs);
    });
    try {
      return await Promise.race([query, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function query(sql: string, parameters: readonly (string | number)[]): Promise<Record<string, unknown>[]> {
    try {
      return await inTime(records.query(sql, parameters));
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown';
      throw new ApiProblem(
        'store-away',
        `The database does not take the Idempotency-Key (${why}): nothing was started.`,
        {
          advice: 'Repeat the request with the same key; if it lasts, look at the database of this server.',
        },
      );
    }
  }

  /** The answer that is kept, or `undefined` when the key is now claimed by `owner`. */
  async function claim(key: string, request: string, owner: string): Promise<StartedCase | undefined> {
    const deadline = Date.now() + waitMs;
    await query(`DELETE FROM wxq_api_start WHERE created_at < now() - make_interval(hours => $1)`, [keepHours]);
    for (;;) {
      const claimed = await query(
        `INSERT INTO wxq_api_start (key_digest, request_digest, owner, claimed_until)
         VALUES ($1, $2, $3, now() + make_interval(secs => $4))
         ON CONFLICT (key_digest) DO UPDATE SET owner = EXCLUDED.owner, claimed_until = EXCLUDED.claimed_until
         WHERE wxq_api_start.answer IS NULL AND wxq_api_start.claimed_until < now()
           AND wxq_api_start.request_digest = EXCLUDED.request_digest
         RETURNING owner`,
        [key, request, owner, claimMs / 1000],
      );
      if (claimed.length > 0) return undefined;
      const [row] = await query('SELECT request_digest, answer FROM wxq_api_start WHERE key_digest = $1', [key]);
      if (row !== undefined && row.request_digest !== request)
        throw new ApiProblem('key-reused', 'This Idempotency-Key was sent with another body within the last day.', {
          advice: 'Take a new key for a new request.',
        });
      // Ours: written below by JSON.stringify.
      if (typeof row?.answer === 'string') return JSON.parse(row.answer) as StartedCase;
      if (Date.now() > deadline)
        throw new ApiProblem('key-in-use', 'The first request with this Idempotency-Key has no answer yet.', {
          advice: 'Repeat the request with the same key in a moment.',
        });
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  return {
    async start(input, { by, key }) {
      operations.checkedId(input);
      if (key === undefined) return await operations.start(input, { by });
      const keyDigest = digestOf(`${by ?? ''}\n${key}`);
      const owner = randomUUID();
      const kept = await claim(keyDigest, inputDigest(input), owner);
      if (kept !== undefined) return kept;
      try {
        const started = await operations.start(input, { by, startKey: keyDigest });
        // Should this fail, the memo of the case still knows the key.
        await query('UPDATE wxq_api_start SET answer = $3 WHERE key_digest = $1 AND owner = $2', [
          keyDigest,
          owner,
          JSON.stringify(started),
        ]).catch(() => undefined);
        return started;
      } catch (error) {
        await query('DELETE FROM wxq_api_start WHERE key_digest = $1 AND owner = $2 AND answer IS NULL', [
          keyDigest,
          owner,
        ]).catch(() => undefined);
        throw error;
      }
    },
  };
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
