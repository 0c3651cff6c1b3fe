/** Any sequence of events, likely or not: what must hold in every case at every moment. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Action } from '../../src/contract/qualification.ts';
import { describeCase } from '../../src/workflows/case-details.ts';
import {
  type CaseEvent,
  type CaseState,
  isOpen,
  possibleActions,
  reduce,
  refusalOf,
} from '../../src/workflows/case-state.ts';
import { resultOf, viewOf } from '../../src/workflows/case-view.ts';
import { at, freshCase } from './cases.ts';

const auditId = fc.constantFrom('1', '2', '3');
const verdict = fc.constantFrom('approved', 'rejected', 'cancelled');
const reason = fc.constantFrom('foreign_audit: somebody', '61007', 'a | b');
const event: fc.Arbitrary<CaseEvent> = fc
  .oneof(
    fc
      .constantFrom('prepared', 'uploadsWentStale', 'becameOverdue', 'resubmitted', 'withdrawn', 'retryAsked')
      .map(only),
    fc.constantFrom('unblocked', 'pendingDone', 'correctionDeadlinePassed', 'messageIgnored').map(only),
    fc.record(
      { type: fc.constant('submitted'), submittedAt: fc.constant(at), auditId },
      { requiredKeys: ['type', 'submittedAt'] },
    ),
    fc.record({
      type: fc.constant('reported'),
      report: fc.oneof(
        fc.record({ kind: fc.constant('hint'), auditId }),
        fc.record(
          { kind: fc.constant('read'), auditId, verdict, rawStatus: fc.constant('3'), readAt: fc.constant(at) },
          { requiredKeys: ['kind', 'verdict', 'rawStatus', 'readAt'] },
        ),
      ),
    }),
    fc.record({ type: fc.constant('decided'), verdict, reason, foundBy: fc.constantFrom('push', 'read') }),
    fc.record({ type: fc.constant('refused'), reason }),
    fc.record({
      type: fc.constant('blocked'),
      blocked: fc.record(
        {
          during: fc.constantFrom('preflight', 'upload', 'submit', 'read'),
          reason,
          advice: reason,
          openAuditId: auditId,
        },
        { requiredKeys: ['during', 'reason', 'advice'] },
      ),
    }),
    fc.record({ type: fc.constant('followed'), auditId }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('foundInForce'), atStart: fc.boolean() }),
    fc.record({ type: fc.constant('withdrawalAsked'), force: fc.boolean() }),
    fc.record({ type: fc.constant('adoptionAsked'), auditId }, { requiredKeys: ['type'] }),
  )
  .map((one) => ({ ...one, at }) as CaseEvent);
const course = fc.tuple(
  fc.constantFrom('channels-shop' as const, 'mini-program' as const),
  fc.array(event, { maxLength: 40 }),
);

function only(type: string): { type: string } {
  return { type };
}

/** Every state of a course, and the step that led to it. */
function walk(
  [platform, events]: ['channels-shop' | 'mini-program', CaseEvent[]],
  look: (state: CaseState, before: CaseState, event: CaseEvent) => void,
): void {
  events.reduce((before, next) => {
    const state = reduce(before, next);
    look(state, before, next);
    return state;
  }, freshCase(platform));
}

const holds = (look: (state: CaseState, before: CaseState, event: CaseEvent) => void): void =>
  fc.assert(
    fc.property(course, (one) => walk(one, look)),
    { numRuns: 1500 },
  );

test('L1 from an end nothing moves any more, and an end has a result and nothing pending', () => {
  holds((state, before, { type }) => {
    if (!isOpen(before) && type !== 'messageIgnored') expect(state).toBe(before);
    if (isOpen(state)) return;
    expect(resultOf(state).outcome).toBe(state.status);
    expect(state).not.toHaveProperty('pending');
    expect(possibleActions(state)).toEqual([]);
  });
});

test('L9 a case is blocked exactly when it says by what', () => {
  holds((state) => expect(state.status === 'blocked').toBe(state.blocked !== undefined));
});

test('L1 attempts are numbered from 1 without gaps, and the current one is the last or the next', () => {
  holds(({ attempts, attempt }) => {
    expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, n) => n + 1));
    expect([attempts.length, attempts.length + 1]).toContain(attempt);
  });
});

test('L10 what is offered is exactly what is not refused, and taking it up moves the case or is kept as pending', () => {
  const told: Record<Exclude<Action, 'readAuditNow'>, CaseEvent> = {
    resubmit: { type: 'resubmitted', at },
    withdraw: { type: 'withdrawalAsked', force: false, at },
    retry: { type: 'retryAsked', at },
    adopt: { type: 'adoptionAsked', auditId: '9', at },
  };
  holds((state) => {
    const offered = viewOf(state, 'id', []).canDo;
    for (const action of Object.keys(told) as (keyof typeof told)[]) {
      expect(offered.includes(action)).toBe(refusalOf(state, action) === undefined);
      if (!offered.includes(action)) continue;
      const next = reduce(state, told[action]);
      expect(next.status !== state.status || next.pending !== undefined).toBe(true);
      expect(offered).not.toEqual(possibleActions(next));
    }
  });
});

test('L1 a state is JSON, so that it survives a continue-as-new, and no event changes the state it came to', () => {
  holds((state, before, next) => {
    const copy = JSON.parse(JSON.stringify(before)) as CaseState;
    expect(copy).toEqual(before);
    expect(reduce(before, next)).toEqual(state);
    expect(before).toEqual(copy);
  });
});

test('every state can be described in words', () => {
  holds((state) => expect(describeCase(state)).toContain(`### ${state.status}`));
});
