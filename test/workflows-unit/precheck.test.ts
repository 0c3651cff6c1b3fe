/** Whether an approved category can be used: it comes with the verdict, and stands in what the case shows and ends with. */
import { expect, test } from 'vitest';
import { resultOf, viewOf } from '../../src/workflows/case-view.ts';
import { isAuditReport } from '../../src/workflows/guards.ts';
import { caseAfter, freshCase, submission } from './cases.ts';

test('L7 whether an approved category can be used comes with the verdict, also with one that was early', () => {
  const precheck = { allPass: false, failReasons: ['店铺未缴纳保证金'] };
  const read = {
    kind: 'read',
    auditId: '1',
    verdict: 'approved',
    rawStatus: '3',
    readAt: '2030-01-01T00:00:00Z',
  } as const;
  const report = { ...read, precheck };
  const early = caseAfter(freshCase(), { type: 'prepared' }, { type: 'reported', report }, submission('1'));
  const later = caseAfter(freshCase(), { type: 'prepared' }, submission('1'), { type: 'reported', report });
  for (const done of [early, later]) {
    expect(resultOf(done)).toMatchObject({ outcome: 'approved', precheck });
    expect(viewOf(done, 'w', [])).toMatchObject({ precheck });
  }
});

test('L10 a report whose precheck is malformed is none', () => {
  const read = { kind: 'read', auditId: '1', verdict: 'approved', rawStatus: '3', readAt: '2030-01-01T00:00:00Z' };
  expect(isAuditReport({ ...read, precheck: { allPass: true, failReasons: [] } })).toBe(true);
  for (const precheck of [null, {}, { allPass: 'yes', failReasons: [] }, { allPass: true, failReasons: [1] }])
    expect(isAuditReport({ ...read, precheck })).toBe(false);
});
