/** What a withdrawn, and a regained, authorization does to a case in each status. */
import { describe, expect, test } from 'vitest';
import type { Status } from '../../src/contract/qualification.ts';
import { refusalOf } from '../../src/workflows/case-state.ts';
import { isAccountChanged } from '../../src/workflows/guards.ts';
import { blockedDuring, caseAfter, caseIn, foreignAudit, freshCase, submission } from './cases.ts';

const lost = { type: 'accountChanged', authorized: false, isLookedAt: true } as const;
const regained = { type: 'accountChanged', authorized: true, isLookedAt: true } as const;

describe('an authorization that is withdrawn', () => {
  test.each([
    ['preparing', 'upload'],
    ['in_review', 'read'],
    ['needs_material', 'material'],
  ] as const)('L9 blocks a case that is %s, which goes back there with a new one', (status, during) => {
    const blocked = caseAfter(caseIn(status), lost);
    expect(blocked).toMatchObject({ status: 'blocked', blocked: { during } });
    expect(blocked.blocked?.reason).toMatch(/^unauthorized: /);
    expect(blocked.blocked?.advice).toContain('重新授权');
    expect(caseAfter(blocked, regained)).toEqual(caseIn(status));
  });

  test('L9 before the first look blocks the first look', () => {
    const blocked = caseAfter(freshCase(), { ...lost, isLookedAt: false });
    expect(blocked.blocked?.during).toBe('preflight');
    expect(caseAfter(blocked, regained).status).toBe('preparing');
  });

  test('L9 while the submission is under way is acted on when its answer is known', () => {
    const noted = caseAfter(caseIn('submitting'), lost);
    expect(noted.status).toBe('submitting');
    const answered = caseAfter(noted, submission('1'));
    expect(answered).toMatchObject({ status: 'blocked', blocked: { during: 'read' }, attempts: [{ auditId: '1' }] });
    expect(caseAfter(answered, regained)).toEqual(caseIn('in_review'));
    const refused = caseAfter(noted, { type: 'refused', reason: 'bad' });
    expect(refused).toMatchObject({ status: 'blocked', blocked: { during: 'material' } });
    expect(caseAfter(noted, { type: 'uploadsWentStale' })).toMatchObject({ blocked: { during: 'upload' } });
  });

  test('L9 and given again meanwhile leaves nothing behind', () => {
    expect(caseAfter(caseIn('submitting'), lost, regained)).toEqual(caseIn('submitting'));
  });

  test('L12 waits for what a person has asked for', () => {
    const asked = caseAfter(caseIn('in_review'), { type: 'withdrawalAsked', force: false });
    const noted = caseAfter(asked, lost);
    expect(noted).toMatchObject({ status: 'in_review', pending: 'withdraw' });
    expect(caseAfter(noted, { type: 'pendingDone' })).toMatchObject({ status: 'blocked', blocked: { during: 'read' } });
    expect(caseAfter(noted, { type: 'withdrawn' }).status).toBe('withdrawn');
  });

  test('L9 renames what a blocked case says, which stays in its step', () => {
    for (const during of ['preflight', 'upload', 'submit', 'read'] as const) {
      const { blocked } = caseAfter(caseIn('submitting'), blockedDuring(during), lost);
      expect(blocked).toMatchObject({ during, reason: expect.stringMatching(/^unauthorized/) });
    }
  });

  test('L12 of a case that waits for material leaves a withdrawal possible: nothing is at WeChat', () => {
    const blocked = caseAfter(caseIn('needs_material'), lost);
    expect(refusalOf(blocked, 'withdraw')).toBeUndefined();
    expect(caseAfter(blocked, { type: 'withdrawalAsked', force: false }).status).toBe('withdrawn');
  });

  test.each(['approved', 'withdrawn', 'expired'] as Status[])(
    'L13 changes nothing about a case that is %s',
    (status) => {
      expect(caseAfter(caseIn(status), lost)).toEqual(caseIn(status));
    },
  );
});

describe('an authorization that is given', () => {
  test('L9 wakes a case whatever blocked it, but not one that waits for a person to choose about a foreign audit', () => {
    expect(caseAfter(caseIn('submitting'), blockedDuring('submit', 'no permission set'), regained).status).toBe(
      'submitting',
    );
    expect(caseAfter(caseIn('submitting'), foreignAudit, regained)).toMatchObject({
      status: 'blocked',
      blocked: { openAuditId: '77' },
    });
  });

  test.each(['preparing', 'submitting', 'in_review', 'needs_material'] as Status[])(
    'L9 changes nothing about a case that is %s',
    (status) => {
      expect(caseAfter(caseIn(status), regained)).toEqual(caseIn(status));
    },
  );
});

test('L9 neither change touches a case that only a person may let go on', () => {
  const quota = caseAfter(caseIn('submitting'), {
    type: 'blocked',
    blocked: { during: 'submit', reason: 'quota', advice: 'retry', onlyByRetry: true },
  });
  expect(caseAfter(quota, lost)).toEqual(quota);
  expect(caseAfter(quota, lost, regained)).toEqual(quota);
});

describe('the signal', () => {
  test.each([{ authorized: true }, { authorized: false, componentAppId: 'wxc' }])('L10 %j is taken', (value) => {
    expect(isAccountChanged(value)).toBe(true);
  });
  test.each([
    undefined,
    null,
    true,
    'authorized',
    [],
    {},
    { authorized: 'true' },
    { authorized: 1 },
    { authorized: true, componentAppId: 3 },
  ])('L10 %j is ignored', (value) => {
    expect(isAccountChanged(value)).toBe(false);
  });
});
