/** What a case adds to the metrics when it moves, each thing once. */
import { expect, test } from 'vitest';
import { type CaseEvent, type CaseState, reduce } from '../../src/workflows/case-state.ts';
import { samplesBetween } from '../../src/workflows/measures.ts';
import { at, blockedDuring, caseAfter, caseIn, freshCase, submission } from './cases.ts';

type Told = Parameters<typeof caseAfter>[1];

function added(before: CaseState, event: Told, when = at): string[] {
  const after = reduce(before, { ...event, at: when } as CaseEvent);
  return samplesBetween(before, after).map((sample) => {
    const labels = Object.values(sample.labels).join(' ');
    return `${sample.name} ${labels}${'seconds' in sample ? ` ${sample.seconds}` : ''}`;
  });
}

test('a submission, and its verdict with who found it and how long it took', () => {
  expect(added(caseIn('submitting'), submission('7'))).toEqual(['wxq_case_submissions_total channels-shop']);
  const approved = { type: 'decided', verdict: 'approved', foundBy: 'push' } as const;
  expect(added(caseIn('in_review'), approved, '2030-01-03T00:00:00.000Z')).toEqual([
    'wxq_case_verdicts_total channels-shop approved push',
    'wxq_case_time_to_verdict_seconds channels-shop approved 172800',
    'wxq_case_ends_total channels-shop approved',
  ]);
});

test('a rejection by the class of its reason, and no end', () => {
  expect(
    added(caseIn('in_review'), { type: 'decided', verdict: 'rejected', reason: '营业执照不清晰', foundBy: 'read' }),
  ).toEqual([
    'wxq_case_verdicts_total channels-shop rejected read',
    expect.stringContaining('wxq_case_time_to_verdict_seconds channels-shop rejected '),
    'wxq_case_rejections_total channels-shop audit unclear',
  ]);
});

test('a verdict that was there before the answer of the submission counts with it', () => {
  const report = {
    kind: 'read' as const,
    auditId: '7',
    verdict: 'approved' as const,
    rawStatus: '3',
    readAt: '2030-01-01T00:00:00Z',
  };
  const aside = caseAfter(caseIn('submitting'), { type: 'reported', report });
  expect(added(caseIn('submitting'), { type: 'reported', report })).toEqual([]);
  expect(added(aside, submission('7'))).toEqual([
    'wxq_case_submissions_total channels-shop',
    'wxq_case_verdicts_total channels-shop approved push',
    'wxq_case_time_to_verdict_seconds channels-shop approved 0',
    'wxq_case_ends_total channels-shop approved',
  ]);
});

test('what was refused before an auditor saw it is no verdict of WeChat', () => {
  expect(added(caseIn('submitting'), { type: 'refused', reason: 'check: no food permit' })).toEqual([
    'wxq_case_rejections_total channels-shop refused check',
  ]);
});

test('an audit that was only followed has a verdict and no time', () => {
  const followed = caseAfter(freshCase(), { type: 'followed', auditId: '9' });
  const samples = added(followed, { type: 'decided', verdict: 'rejected', foundBy: 'read' });
  expect(samples).toEqual([
    'wxq_case_verdicts_total channels-shop rejected read',
    'wxq_case_rejections_total channels-shop audit none',
  ]);
});

test('a block counts once, with its errcode, however often a slow try says it again', () => {
  const blocked = { during: 'submit', reason: '40164 IP', errcode: '40164', advice: 'add it' } as const;
  const event = { type: 'blocked', blocked } as const;
  expect(added(caseIn('submitting'), event)).toEqual(['wxq_case_blocks_total channels-shop submit 40164']);
  const before = caseAfter(caseIn('submitting'), event);
  expect(added(before, event)).toEqual([]);
  expect(added(before, { type: 'blocked', blocked: { ...blocked, errcode: 'a text\n' } })).toEqual([
    'wxq_case_blocks_total channels-shop submit other',
  ]);
  // A number that no table knows is no label of its own: there would be no end of them.
  expect(added(before, { type: 'blocked', blocked: { ...blocked, errcode: '99123456' } })).toEqual([
    'wxq_case_blocks_total channels-shop submit other',
  ]);
  expect(added(caseAfter(caseIn('in_review'), blockedDuring('read')), { type: 'unblocked' })).toEqual([]);
});

test('a review that is overdue, and the other ends', () => {
  expect(added(caseIn('in_review'), { type: 'becameOverdue' })).toEqual(['wxq_case_overdue_total channels-shop']);
  expect(added(caseIn('needs_material'), { type: 'correctionDeadlinePassed' })).toEqual([
    'wxq_case_ends_total channels-shop expired',
  ]);
  expect(added(caseIn('preparing'), { type: 'withdrawalAsked', force: false })).toEqual([
    'wxq_case_ends_total channels-shop withdrawn',
  ]);
  expect(added(caseIn('approved'), { type: 'messageIgnored' })).toEqual([]);
});
