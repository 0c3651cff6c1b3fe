/** The one place where a status moves: what each event does in each status, and what people can do there. */
import { describe, expect, test } from 'vitest';
import type { Action, Status } from '../../src/contract/qualification.ts';
import { type CaseState, currentAuditId, possibleActions, refusalOf } from '../../src/workflows/case-state.ts';
import { resultOf } from '../../src/workflows/case-view.ts';
import { blockedDuring, caseAfter, caseIn, foreignAudit, freshCase, rejection, submission } from './cases.ts';

const read = (auditId: string | undefined, verdict: 'approved' | 'rejected' | 'cancelled' = 'approved') => ({
  type: 'reported' as const,
  report: {
    kind: 'read' as const,
    ...(auditId === undefined ? {} : { auditId }),
    verdict,
    rawStatus: '3',
    readAt: '2030-01-01T00:00:00Z',
  },
});

describe('the course of a case', () => {
  test('L1 a case goes from images to an approval, and is ours', () => {
    const done = caseAfter(freshCase(), { type: 'prepared' }, submission('1'), {
      type: 'decided',
      verdict: 'approved',
      foundBy: 'read',
    });
    expect(resultOf(done)).toEqual({
      outcome: 'approved',
      auditId: '1',
      by: 'us',
      attempts: [
        {
          number: 1,
          auditId: '1',
          submittedAt: '2030-01-01T00:00:00.000Z',
          verdict: 'approved',
          decidedAt: '2030-01-01T00:00:00.000Z',
          source: 'audit',
          foundBy: 'read',
        },
      ],
    });
  });

  test('L1 a rejection is followed by another attempt, and both stay on record', () => {
    const second = caseAfter(caseIn('needs_material'), { type: 'resubmitted' }, { type: 'prepared' }, submission('2'));
    expect(second).toMatchObject({ status: 'in_review', attempt: 2 });
    expect(second.attempts).toMatchObject([
      { number: 1, auditId: '1', verdict: 'rejected', reason: '图片不清晰' },
      { number: 2, auditId: '2' },
    ]);
    expect(second.attempts[1]).not.toHaveProperty('verdict');
  });

  test('L9 a refusal at submission is a needs_material with its own source, and takes an attempt', () => {
    const refused = caseAfter(caseIn('submitting'), { type: 'refused', reason: '9700234' });
    expect(refused).toMatchObject({ status: 'needs_material', attempts: [{ verdict: 'refused', source: 'refused' }] });
    expect(caseAfter(refused, { type: 'resubmitted' }).attempt).toBe(2);
  });

  // Each status with the events that move it from there, and to where; every other pair must leave the status alone.
  const moves: Record<Status, Partial<Record<string, Status>>> = {
    preparing: { prepared: 'submitting', withdrawalAsked: 'withdrawn' },
    submitting: { uploadsWentStale: 'preparing', submitted: 'in_review' },
    in_review: { approval: 'approved', rejection: 'needs_material', cancellation: 'withdrawn' },
    needs_material: { resubmitted: 'preparing', correctionDeadlinePassed: 'expired', withdrawalAsked: 'withdrawn' },
    blocked: {
      retryAsked: 'submitting',
      unblocked: 'submitting',
      uploadsWentStale: 'preparing',
      submitted: 'in_review',
    },
    approved: {},
    withdrawn: {},
    expired: {},
  };
  const events = {
    prepared: { type: 'prepared' },
    resubmitted: { type: 'resubmitted' },
    correctionDeadlinePassed: { type: 'correctionDeadlinePassed' },
    approval: { type: 'decided', verdict: 'approved', foundBy: 'push' },
    rejection,
    cancellation: { type: 'decided', verdict: 'cancelled', foundBy: 'read' },
    reportOfOurs: read('999'),
    hint: { type: 'reported', report: { kind: 'hint', auditId: '1' } },
    becameOverdue: { type: 'becameOverdue' },
    retryAsked: { type: 'retryAsked' },
    unblocked: { type: 'unblocked' },
    adoptionAsked: { type: 'adoptionAsked' },
    withdrawalAsked: { type: 'withdrawalAsked', force: false },
    pendingDone: { type: 'pendingDone' },
    messageIgnored: { type: 'messageIgnored' },
    // These are the workflow's own findings; it makes them only in the statuses named above, or in any open one.
    uploadsWentStale: { type: 'uploadsWentStale' },
    submitted: submission('1'),
  } as const;
  const workflowsOwn = ['uploadsWentStale', 'submitted'];
  const cells = (Object.keys(moves) as Status[]).flatMap((status) =>
    (Object.keys(events) as (keyof typeof events)[])
      .filter((name) => !workflowsOwn.includes(name) || moves[status][name] !== undefined || !isOpenStatus(status))
      .map((name) => [status, name, moves[status][name] ?? status] as const),
  );

  test.each(cells)('L1 %s, then %s: %s', (status, name, next) => {
    expect(caseAfter(caseIn(status), events[name]).status).toBe(next);
  });

  test.each(['preparing', 'submitting', 'in_review', 'needs_material', 'blocked'] as const)(
    'L1 %s, then found in force: approved by other; only at the start it was in force already',
    (status) => {
      const found = resultOf(caseAfter(caseIn(status), { type: 'foundInForce', atStart: false }));
      expect(found).toMatchObject({ outcome: 'approved', by: 'other' });
      expect(found).not.toHaveProperty('alreadyInForce');
      expect(found).not.toHaveProperty('auditId');
    },
  );

  test('L2 in force before anything was sent ends the case with alreadyInForce and no attempt', () => {
    expect(resultOf(caseAfter(freshCase(), { type: 'foundInForce', atStart: true }))).toEqual({
      outcome: 'approved',
      attempts: [],
      by: 'other',
      alreadyInForce: true,
    });
  });

  test('an open case has no result', () => {
    expect(() => resultOf(caseIn('in_review'))).toThrow('a case that is in_review has no result');
  });

  test('L6 overdue is a flag of the review: it ends with it', () => {
    const overdue = caseAfter(caseIn('in_review'), { type: 'becameOverdue' });
    expect([overdue.overdue, overdue.status]).toEqual([true, 'in_review']);
    expect(caseAfter(overdue, rejection).overdue).toBe(false);
  });
});

describe('reports', () => {
  test("L7 only a report on the current attempt's audit decides", () => {
    expect(caseAfter(caseIn('in_review'), read('1', 'rejected'))).toMatchObject({
      status: 'needs_material',
      attempts: [{ verdict: 'rejected', foundBy: 'push' }],
    });
    const other = caseIn('in_review');
    expect(caseAfter(other, read('2', 'approved'))).toEqual(other);
  });

  test('L7 a report on an earlier attempt changes nothing', () => {
    const second = caseAfter(caseIn('needs_material'), { type: 'resubmitted' }, { type: 'prepared' }, submission('2'));
    expect(caseAfter(second, read('1', 'approved'))).toEqual(second);
  });

  test('L7 a hint and a report without an id decide nothing', () => {
    const state = caseIn('in_review');
    expect(caseAfter(state, { type: 'reported', report: { kind: 'hint', auditId: '1' } }, read(undefined))).toEqual(
      state,
    );
  });

  test("L7 a Mini Program's report decides nothing", () => {
    for (const state of [caseIn('in_review', 'mini-program'), caseIn('submitting', 'mini-program')])
      expect(caseAfter(state, read('1'), read(undefined))).toEqual(state);
  });

  test('L7 a push that overtakes the answer of the submission is kept aside and decides when the id is known', () => {
    const waiting = caseAfter(caseIn('submitting'), read('1', 'rejected'), read('5', 'approved'));
    expect(waiting.status).toBe('submitting');
    expect(caseAfter(waiting, submission('1'))).toMatchObject({
      status: 'needs_material',
      attempts: [{ auditId: '1', verdict: 'rejected', foundBy: 'push' }],
    });
    expect(caseAfter(waiting, submission('2')).status).toBe('in_review');
  });

  test('L7 it is kept aside as well while the submission is blocked, and of two the later counts', () => {
    const blocked = caseAfter(
      caseIn('submitting'),
      blockedDuring('submit'),
      read('1', 'rejected'),
      read('1', 'approved'),
    );
    expect(caseAfter(blocked, submission('1')).status).toBe('approved');
  });

  test.each(['preparing', 'needs_material'] as const)('L7 while %s nothing is kept aside', (status) => {
    expect(caseAfter(caseIn(status), read('9')).asideReports).toEqual({});
  });

  test('L7 a verdict that comes while reading is blocked counts', () => {
    const blocked = caseAfter(caseIn('in_review'), blockedDuring('read'));
    expect(caseAfter(blocked, read('1', 'approved'))).toMatchObject({ status: 'approved', by: 'us' });
    expect(caseAfter(blocked, read('1', 'approved'))).not.toHaveProperty('blocked');
  });

  test('L10 a message that was not understood is counted, also after the end, and moves nothing', () => {
    for (const status of ['in_review', 'approved'] as const) {
      const state = caseIn(status);
      expect(caseAfter(state, { type: 'messageIgnored' })).toEqual({ ...state, ignoredMessages: 1 });
    }
  });
});

describe('what people ask for', () => {
  test('L12 withdrawing in review is pending until WeChat has answered; an approval that was faster wins', () => {
    const asked = caseAfter(caseIn('in_review'), { type: 'withdrawalAsked', force: false });
    expect(asked).toMatchObject({ status: 'in_review', pending: 'withdraw' });
    expect(caseAfter(asked, read('1', 'approved'))).toMatchObject({ status: 'approved', by: 'us' });
    expect(caseAfter(asked, read('1', 'approved'))).not.toHaveProperty('pending');
    for (const verdict of ['cancelled', 'rejected'] as const)
      expect(caseAfter(asked, read('1', verdict)).status).toBe('withdrawn');
  });

  test('L12 withdrawing while submitting is acted on when the answer is known', () => {
    const asked = caseAfter(caseIn('submitting'), { type: 'withdrawalAsked', force: false });
    expect(asked).toMatchObject({ status: 'submitting', pending: 'withdraw' });
    expect(caseAfter(asked, submission('1'))).toMatchObject({ status: 'in_review', pending: 'withdraw' });
    expect(caseAfter(asked, { type: 'refused', reason: 'x' }).status).toBe('withdrawn');
  });

  test('L12 a wish to withdraw outlives a block', () => {
    const asked = caseAfter(caseIn('in_review'), { type: 'withdrawalAsked', force: false }, blockedDuring('read'));
    expect(asked).toMatchObject({ status: 'blocked', pending: 'withdraw' });
  });

  test('L12 nothing withdraws a Mini Program from review: the sentence says so', () => {
    for (const state of [
      caseIn('in_review', 'mini-program'),
      caseIn('submitting', 'mini-program'),
      caseAfter(caseIn('in_review', 'mini-program'), blockedDuring('read')),
    ])
      expect(refusalOf(state, 'withdraw')).toBe(
        'WeChat has no call that withdraws a Mini Program category from review; wait for the verdict',
      );
    for (const status of ['preparing', 'needs_material', 'blocked'] as const)
      expect(refusalOf(caseIn(status, 'mini-program'), 'withdraw')).toBeUndefined();
  });

  test('L5 an audit that is not ours is followed only when asked, then by its id', () => {
    const blocked = caseAfter(caseIn('submitting'), foreignAudit);
    expect(currentAuditId(blocked)).toBeUndefined();
    expect(caseAfter(blocked, { type: 'adoptionAsked' })).toMatchObject({
      status: 'in_review',
      pending: 'adopt',
      attempts: [{ number: 1, auditId: '77' }],
    });
    expect(currentAuditId(caseAfter(blocked, { type: 'adoptionAsked', auditId: '78' }))).toBe('78');
  });

  test('L5 adopting an audit whose verdict has arrived already takes that verdict, and leaves nothing pending', () => {
    const blocked = caseAfter(caseIn('submitting'), foreignAudit);
    const done = caseAfter(blocked, read('77', 'approved'), { type: 'adoptionAsked' });
    expect(done.status).toBe('approved');
    expect(done).not.toHaveProperty('pending');
    const rejected = caseAfter(blocked, read('77', 'rejected'), { type: 'adoptionAsked' }, { type: 'pendingDone' });
    expect(possibleActions(rejected)).toEqual(['resubmit', 'withdraw', 'readAuditNow']);
  });

  test('L5 withdrawing asks for the cancellation of an audit that is not ours only with force', () => {
    const blocked = caseAfter(caseIn('submitting'), foreignAudit);
    expect(caseAfter(blocked, { type: 'withdrawalAsked', force: false })).not.toHaveProperty('cancelForeignAudit');
    expect(caseAfter(blocked, { type: 'withdrawalAsked', force: true })).toMatchObject({
      status: 'blocked',
      pending: 'withdraw',
      cancelForeignAudit: true,
    });
  });

  test.each([
    ['preflight', 'preparing'],
    ['upload', 'preparing'],
    ['submit', 'submitting'],
    ['read', 'in_review'],
  ] as const)('L9 blocked during %s, a retry goes back to %s', (during, status) => {
    const retried = caseAfter(caseIn('in_review'), blockedDuring(during), { type: 'retryAsked' });
    expect(retried).toMatchObject({ status, pending: 'retry' });
    expect(retried).not.toHaveProperty('blocked');
  });

  test('L10 while one wish is carried out every other one is refused, and looking stays possible', () => {
    const asked = caseAfter(caseIn('in_review'), { type: 'withdrawalAsked', force: false });
    for (const action of ['resubmit', 'withdraw', 'retry', 'adopt'] as const)
      expect(refusalOf(asked, action)).toBe('withdraw was asked for already and is being carried out');
    expect(refusalOf(asked, 'readAuditNow')).toBeUndefined();
    expect(possibleActions(caseAfter(asked, { type: 'pendingDone' }))).toEqual(['withdraw', 'readAuditNow']);
  });

  test('L10 two resubmissions cannot both be taken: after the first the case is preparing', () => {
    const first = caseAfter(caseIn('needs_material'), { type: 'resubmitted' });
    expect(refusalOf(first, 'resubmit')).toBe('corrected material is taken in needs_material; the case is preparing');
    expect(caseAfter(first, { type: 'resubmitted' })).toEqual(first);
  });

  const sentences: [CaseState, Action, string][] = [
    [caseIn('approved'), 'resubmit', 'the case has ended: approved'],
    [caseIn('withdrawn'), 'withdraw', 'the case has ended: withdrawn'],
    [caseIn('expired'), 'readAuditNow', 'the case has ended: expired'],
    [caseIn('preparing'), 'readAuditNow', 'nothing is waited for while the case is preparing'],
    [caseIn('in_review'), 'retry', 'only a blocked case can be tried again; the case is in_review'],
    [caseIn('blocked'), 'adopt', 'there is no open audit of somebody else to follow (blocked: foreign_audit)'],
    [caseIn('blocked'), 'resubmit', 'corrected material is taken in needs_material; the case is blocked'],
  ];
  test.each(sentences)('L10 $status: %s is refused with a sentence', (state, action, sentence) => {
    expect(refusalOf(state, action)).toBe(sentence);
  });
});

function isOpenStatus(status: Status): boolean {
  return !['approved', 'withdrawn', 'expired'].includes(status);
}
