/** Tells the backend what happens to a case: one child workflow per event, which outlives the case and never holds it up. */
import { CancellationScope, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { notificationWorkflowType } from '../contract/messages.ts';
import type { CaseEventData, CaseEventType, Notification } from '../contract/notification.ts';
import type { CaseInput } from '../contract/qualification.ts';
import { eventDataOf, eventsBetween, type ToldBefore } from './case-events.ts';
import type { CaseMemory } from './case-run.ts';
import type { CaseState } from './case-state.ts';
import { durationMs } from './guards.ts';
import { overdueAfterMs } from './policies.ts';

/** What a case remembers about telling. JSON only. */
export interface TellingMemory {
  /** Whether the worker that made the first look knows somebody to tell; `undefined` until that look was answered. */
  someone?: boolean;
  /** What happened before that was known. */
  waiting: { type: CaseEventType; data: CaseEventData; timestamp: string }[];
  told: ToldBefore;
}

type Happened = TellingMemory['waiting'][number];

/** More can hardly happen before the first look is answered; a bound all the same. */
const maxWaiting = 20;

/** Children are numbered within one run: their ids are found without a search. */
export class Telling {
  #count = 0;
  readonly #starting = new Set<Promise<void>>();

  /** The case has moved. Costs nothing where nobody is told. */
  moved(before: CaseState, after: CaseState, memory: CaseMemory<CaseInput>): void {
    if (before === after || memory.telling?.someone === false) return;
    memory.telling ??= { waiting: [], told: {} };
    for (const type of eventsBetween(before, after, memory.telling.told)) this.#tell(type, after, memory);
  }

  /** The first look says whether somebody is to be told; what happened before it is told now. */
  learned(memory: CaseMemory<CaseInput>, someone: boolean): void {
    if (memory.telling?.someone !== undefined) return;
    const waiting = memory.telling?.waiting ?? [];
    memory.telling = { someone, waiting: [], told: memory.telling?.told ?? {} };
    if (someone) for (const happened of waiting) this.#start(happened);
  }

  /** The time for a correction ends soon. Once per attempt. */
  remind(state: CaseState, memory: CaseMemory<CaseInput>): void {
    if (memory.telling?.someone !== true || memory.telling.told.remindedFor === state.attempt) return;
    memory.telling.told.remindedFor = state.attempt;
    this.#tell('case.reminder', state, memory);
  }

  /** Until the server has them all: a run that closes first could take them along. Nothing is waited for otherwise. */
  async handedOver(): Promise<void> {
    await Promise.all(this.#starting);
  }

  #tell(type: CaseEventType, state: CaseState, memory: CaseMemory<CaseInput>): void {
    const { telling, input } = memory;
    if (telling === undefined) return;
    const { workflowId, runId } = workflowInfo();
    const { externalId } = input;
    const dueAtMs = dueAtMsOf(state, input);
    const data = eventDataOf(state, {
      workflowId,
      runId,
      ...(externalId === undefined ? {} : { externalId }),
      ...(dueAtMs === undefined ? {} : { dueAt: new Date(dueAtMs).toISOString() }),
    });
    const happened = { type, data, timestamp: new Date(Date.now()).toISOString() };
    if (telling.someone === true) this.#start(happened);
    else if (telling.waiting.length < maxWaiting) telling.waiting.push(happened);
  }

  #start(happened: Happened): void {
    this.#count += 1;
    const n = this.#count;
    const { runId } = workflowInfo();
    const notification: Notification = { version: 1, id: `evt_${runId}_${n}`, ...happened };
    // Never cancelled with the step in which it happened, nor with the case.
    const started = CancellationScope.nonCancellable(async () => {
      await startChild(notificationWorkflowType, {
        workflowId: `notify/${runId}/${n}`,
        args: [notification],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: happened.type,
      });
    });
    // That it exists already says that it is being told; nothing about telling may ever fail the case.
    const settled = started.catch(() => undefined).finally(() => this.#starting.delete(settled));
    this.#starting.add(settled);
  }
}

/** When the time for a correction ends, or the review counts as overdue. */
function dueAtMsOf(state: CaseState, { deadlines }: CaseInput): number | undefined {
  const sinceMs = Date.parse(state.since);
  if (state.status === 'in_review' && !state.overdue)
    return sinceMs + (durationMs(deadlines?.overdue) ?? overdueAfterMs[state.platform]);
  const correctionMs = state.status === 'needs_material' ? durationMs(deadlines?.correction) : undefined;
  return correctionMs === undefined ? undefined : sinceMs + correctionMs;
}
