/** Whose turn it is to submit for an account: one after another, the most urgent first, by the database's one clock. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

/** A case that wants to submit. */
export interface TurnWish {
  appId: string;
  /** The workflow id: asking again keeps the place. */
  caseId: string;
  /** 5 goes first. */
  priority: number;
}

export type Turn =
  | { granted: true; ticket: string }
  /** `ahead`: how many go first. */
  | { granted: false; ahead: number; askAgainMs: number };

export interface SubmissionTurns {
  /**
   * Asks for the turn, at once answered. It is held until it is given back, at most {@link turnHoldMs}; who has it and
   * asks again has it anew. Who asks again in time keeps its place; who does not is passed over, not waited for.
   */
  take(wish: TurnWish): Promise<Turn>;
  /** Does nothing for a ticket that is no longer the newest of its case. */
  giveBack(held: { appId: string; caseId: string; ticket: string }): Promise<void>;
}

/** A submission sends no later than 8 s after it began and takes at most 10 s: a holder that was killed costs this much. */
export const turnHoldMs = 25_000;
/** Between two questions of a waiting case: the nearer its turn, the sooner. */
const askAgainStepMs = 500;
const askAgainMaxMs = 30_000;
/** A case that is this late with its question is passed over. */
const lateMs = 15_000;
/** The place of a case that was passed over is kept for so long. */
const forgottenMs = 10 * 60_000;

const askAgainIn = (ahead: number): number => Math.min(askAgainMaxMs, askAgainStepMs * Math.max(1, ahead));
const waitsFor = (askAgainMs: number): number => 2 * askAgainMs + lateMs;

interface Place {
  caseId: string;
  holds: boolean;
  /** It has asked lately; a place that lapsed holds nobody up. */
  waits: boolean;
}

/** How many go before a case; `places` stand in the order of their turns. */
function countAhead(places: readonly Place[], caseId: string): number {
  const own = places.findIndex((place) => place.caseId === caseId);
  // Who has it goes first, also before somebody more urgent who came later.
  const isOurs = places[own]?.holds === true;
  return places.filter(({ holds, waits }, n) => n !== own && (holds || (waits && n < own && !isOurs))).length;
}

/** Shared by every process that uses the database. */
export function createSubmissionTurns(database: Database): SubmissionTurns {
  return {
    take: ({ appId, caseId, priority }) =>
      database.transaction(async (tx) => {
        await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`wxq turn ${appId}`]);
        await tx.query(
          `INSERT INTO wxq_submission_turn (app_id, case_id, priority) VALUES ($1, $2, $3)
           ON CONFLICT (app_id, case_id) DO UPDATE SET priority = excluded.priority`,
          [appId, caseId, priority],
        );
        const rows = await tx.query(
          `SELECT case_id, coalesce(held_until > clock_timestamp(), false) AS holds,
             waits_until > clock_timestamp() AS waits
           FROM wxq_submission_turn WHERE app_id = $1 ORDER BY priority DESC, asked_at, case_id`,
          [appId],
        );
        const places = rows.map((row) => ({
          caseId: String(row.case_id),
          holds: row.holds === true,
          waits: row.waits === true,
        }));
        const ahead = countAhead(places, caseId);
        if (ahead > 0) {
          const askAgainMs = askAgainIn(ahead);
          await tx.query(
            `UPDATE wxq_submission_turn SET held_until = NULL,
               waits_until = clock_timestamp() + $3 * interval '1 millisecond' WHERE app_id = $1 AND case_id = $2`,
            [appId, caseId, waitsFor(askAgainMs)],
          );
          return { granted: false, ahead, askAgainMs };
        }
        const ticket = randomUUID();
        await tx.query(
          `UPDATE wxq_submission_turn SET ticket = $3, held_until = clock_timestamp() + $4 * interval '1 millisecond'
           WHERE app_id = $1 AND case_id = $2`,
          [appId, caseId, ticket, turnHoldMs],
        );
        await tx.query(
          `DELETE FROM wxq_submission_turn WHERE app_id = $1
             AND greatest(waits_until, held_until) < clock_timestamp() - $2 * interval '1 millisecond'`,
          [appId, forgottenMs],
        );
        return { granted: true, ticket };
      }),
    async giveBack({ appId, caseId, ticket }) {
      await database.query('DELETE FROM wxq_submission_turn WHERE app_id = $1 AND case_id = $2 AND ticket = $3', [
        appId,
        caseId,
        ticket,
      ]);
    },
  };
}

/** For one process alone: tests, benchmarks, and a worker that has no database to ask. */
export function createLocalTurns(now: () => number = () => performance.now()): SubmissionTurns {
  interface LocalPlace extends TurnWish {
    order: number;
    waitsUntil: number;
    heldUntil: number;
    ticket: string;
  }
  const accounts = new Map<string, Map<string, LocalPlace>>();
  let asked = 0;
  return {
    async take({ appId, caseId, priority }) {
      const at = now();
      const places = accounts.get(appId) ?? new Map<string, LocalPlace>();
      accounts.set(appId, places);
      const order = asked++;
      const place = places.get(caseId) ?? { appId, caseId, priority, order, waitsUntil: at, heldUntil: 0, ticket: '' };
      place.priority = priority;
      places.set(caseId, place);
      const inOrder = [...places.values()].sort((a, b) => b.priority - a.priority || a.order - b.order);
      const ahead = countAhead(
        inOrder.map((one) => ({ caseId: one.caseId, holds: one.heldUntil > at, waits: one.waitsUntil > at })),
        caseId,
      );
      if (ahead > 0) {
        const askAgainMs = askAgainIn(ahead);
        Object.assign(place, { heldUntil: 0, waitsUntil: at + waitsFor(askAgainMs) });
        return { granted: false, ahead, askAgainMs };
      }
      const ticket = randomUUID();
      Object.assign(place, { ticket, heldUntil: at + turnHoldMs });
      for (const one of inOrder)
        if (Math.max(one.waitsUntil, one.heldUntil) < at - forgottenMs) places.delete(one.caseId);
      return { granted: true, ticket };
    },
    async giveBack({ appId, caseId, ticket }) {
      const places = accounts.get(appId);
      if (places?.get(caseId)?.ticket === ticket) places.delete(caseId);
      if (places?.size === 0) accounts.delete(appId);
    },
  };
}
