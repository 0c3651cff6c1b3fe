/** What a case shows of itself: the view, and the result that it ends with. */
import { describe, expect, test } from 'vitest';
import { resultOf, viewOf } from '../../src/workflows/case-view.ts';
import { caseAfter, caseIn, foreignAudit } from './cases.ts';

const cancelled = {
  type: 'reported' as const,
  report: {
    kind: 'read' as const,
    auditId: '1',
    verdict: 'cancelled' as const,
    rawStatus: '3',
    readAt: '2030-01-01T00:00:00Z',
  },
};

describe('the view', () => {
  test('says what is waited for and what can be done, and keeps the other audit for the page alone', () => {
    const blocked = caseAfter(caseIn('submitting'), foreignAudit);
    const view = viewOf(blocked, 'channels-shop/wx1/6093', [{ path: 'licenses/9/11/images/0' }]);
    expect(view).toMatchObject({
      workflowId: 'channels-shop/wx1/6093',
      status: 'blocked',
      waitingFor: 'unblocking',
      canDo: ['withdraw', 'retry', 'adopt', 'readAuditNow'],
      material: [{ path: 'licenses/9/11/images/0' }],
    });
    expect(Object.keys(view.blocked ?? {}).sort()).toEqual(['advice', 'during', 'errcode', 'reason']);
    expect(view).not.toHaveProperty('asideReports');
  });

  test.each([
    ['preparing', 'upload'],
    ['submitting', 'answer'],
    ['in_review', 'audit'],
    ['needs_material', 'material'],
    ['approved', 'nothing'],
    ['withdrawn', 'nothing'],
    ['expired', 'nothing'],
  ] as const)('%s waits for: %s', (status, waitingFor) => {
    expect(viewOf(caseIn(status), 'id', []).waitingFor).toBe(waitingFor);
  });

  test("a withdrawn case tells its audit; one that somebody else's hands brought into force does not", () => {
    expect(resultOf(caseAfter(caseIn('in_review'), cancelled))).toMatchObject({
      outcome: 'withdrawn',
      auditId: '1',
    });
    expect(resultOf(caseIn('expired'))).toMatchObject({ outcome: 'expired', reason: '图片不清晰' });
  });
});
