/** Whose turn it is to submit: the same questions to one process's turns and to those that PostgreSQL keeps for all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLocalTurns, createSubmissionTurns, type SubmissionTurns, turnHoldMs } from '../../src/store/turns.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

let postgres: Postgres;
const opened: Database[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await postgres.stop();
});

interface Subject {
  turns: SubmissionTurns;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
}

const subjects: Record<string, () => Promise<Subject>> = {
  async 'in one process'() {
    let now = 1_000_000;
    return {
      turns: createLocalTurns(() => now),
      async pass(ms) {
        now += ms;
      },
    };
  },
  async 'in PostgreSQL'() {
    const database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
    opened.push(database);
    return {
      turns: createSubmissionTurns(database),
      async pass(ms) {
        await database.query(
          `UPDATE wxq_submission_turn SET asked_at = asked_at - $1 * interval '1 millisecond',
             waits_until = waits_until - $1 * interval '1 millisecond',
             held_until = held_until - $1 * interval '1 millisecond'`,
          [ms],
        );
      },
    };
  },
};

const appId = 'wx1';
const wish = (caseId: string, priority = 3) => ({ appId, caseId, priority });

describe.each(Object.entries(subjects))('turns %s', (_name, open) => {
  async function granted(turns: SubmissionTurns, caseId: string, priority = 3): Promise<string> {
    const turn = await turns.take(wish(caseId, priority));
    if (!turn.granted) throw new Error(`${caseId} waits behind ${turn.ahead}`);
    return turn.ticket;
  }

  test('one has it, the others are told how many go first and when to ask again', async () => {
    const { turns } = await open();
    await granted(turns, 'a');
    expect(await turns.take(wish('b'))).toEqual({ granted: false, ahead: 1, askAgainMs: 500 });
    expect(await turns.take(wish('c'))).toEqual({ granted: false, ahead: 2, askAgainMs: 1_000 });
    expect(await turns.take({ ...wish('b'), appId: 'wx2' })).toMatchObject({ granted: true });
  });

  test('the most urgent goes first; among equals the order of asking, whoever asks sooner again', async () => {
    const { turns } = await open();
    const ticket = await granted(turns, 'a');
    for (const [caseId, priority] of [
      ['early', 3],
      ['later', 3],
      ['urgent', 5],
      ['idle', 1],
    ] as const)
      expect(await turns.take(wish(caseId, priority))).toMatchObject({ granted: false });
    await turns.giveBack({ appId, caseId: 'a', ticket });
    const order: string[] = [];
    const waiting = new Map([
      ['idle', 1],
      ['later', 3],
      ['early', 3],
      ['urgent', 5],
    ]);
    while (waiting.size > 0)
      for (const [caseId, priority] of waiting) {
        const turn = await turns.take(wish(caseId, priority));
        if (!turn.granted) continue;
        order.push(caseId);
        waiting.delete(caseId);
        await turns.giveBack({ appId, caseId, ticket: turn.ticket });
      }
    expect(order).toEqual(['urgent', 'early', 'later', 'idle']);
  });

  test('a holder that was killed holds others up for the time of one submission', async () => {
    const { turns, pass } = await open();
    await granted(turns, 'killed');
    await pass(turnHoldMs - 5_000);
    expect(await turns.take(wish('b'))).toMatchObject({ granted: false, ahead: 1 });
    await pass(10_000);
    expect(await turns.take(wish('b'))).toMatchObject({ granted: true });
  });

  test('who stops asking is passed over, and has its place again when it comes back', async () => {
    const { turns, pass } = await open();
    const ticket = await granted(turns, 'a');
    await turns.take(wish('gone'));
    await pass(20_000);
    expect(await turns.take(wish('b'))).toMatchObject({ granted: false, ahead: 1 });
    await turns.giveBack({ appId, caseId: 'a', ticket });
    const second = await granted(turns, 'b');
    await turns.take(wish('c'));
    expect(await turns.take(wish('gone'))).toMatchObject({ granted: false, ahead: 1 });
    await turns.giveBack({ appId, caseId: 'b', ticket: second });
    expect(await turns.take(wish('c'))).toMatchObject({ granted: false, ahead: 1 });
    await granted(turns, 'gone');
  });

  test('asking again while it is held has it anew; the older ticket gives nothing back', async () => {
    const { turns } = await open();
    const first = await granted(turns, 'a');
    const second = await granted(turns, 'a');
    await turns.giveBack({ appId, caseId: 'a', ticket: first });
    expect(await turns.take(wish('b'))).toMatchObject({ granted: false });
    await turns.giveBack({ appId, caseId: 'a', ticket: second });
    await granted(turns, 'b');
  });

  test('of many that ask in the same moment one has it', async () => {
    const { turns } = await open();
    const all = await Promise.all(Array.from({ length: 30 }, (_, n) => turns.take(wish(`case-${n}`))));
    expect(all.filter((turn) => turn.granted)).toHaveLength(1);
  });
});
