/** The life of a case, told to an operator: prepare, submit, wait; take corrections or wait for the account to be mended; end. */
import {
  allHandlersFinished,
  type ContinueAsNewOptions,
  condition,
  makeContinueAsNewFunc,
  type WorkflowInfo,
  workflowInfo,
} from '@temporalio/workflow';
import { firstRunMemo } from '../contract/messages.ts';
import type { CaseInput, QualificationResult } from '../contract/qualification.ts';
import { type CarriedCase, CaseRun } from './case-run.ts';
import { resultOf } from './case-view.ts';
import { registerHandlers } from './handlers.ts';
import { prepare } from './prepare.ts';
import { createStatusPublisher } from './published-status.ts';
import type { PlatformSteps } from './steps.ts';
import { submit } from './submit.ts';
import { awaitMaterial, awaitUnblocking, awaitVerdict } from './waits.ts';

/** Carries a case to its end. Never fails for anything that WeChat or a person does: those are statuses and results. */
export async function runLifecycle<Input extends CaseInput>(
  input: Input,
  steps: PlatformSteps<Input>,
  carried?: CarriedCase<Input>,
): Promise<QualificationResult> {
  const run = new CaseRun(steps, input, carried);
  registerHandlers(run);
  const publish = createStatusPublisher();

  while (run.open) {
    publish(run);
    await startAnewIfHistoryIsLong(run, input);
    switch (run.state.status) {
      case 'preparing':
        await prepare(run);
        break;
      case 'submitting':
        await submit(run);
        break;
      case 'in_review':
        await awaitVerdict(run);
        break;
      case 'needs_material':
        await awaitMaterial(run);
        break;
      case 'blocked':
        await awaitUnblocking(run);
        break;
    }
  }

  publish(run);
  await condition(allHandlersFinished);
  await run.telling.handedOver();
  return resultOf(run.state);
}

/** A guard only: a case with a few rounds never gets there. Taken while parked, when nothing is being carried out. */
async function startAnewIfHistoryIsLong<Input extends CaseInput>(run: CaseRun<Input>, input: Input): Promise<void> {
  const { state, memory } = run;
  const parked = state.status === 'in_review' || state.status === 'needs_material' || state.status === 'blocked';
  const info = workflowInfo();
  if (!info.continueAsNewSuggested || !parked || state.pending !== undefined) return;
  await condition(allHandlersFinished);
  await run.telling.handedOver();
  await makeContinueAsNewFunc(nextRunOf(info))(input, { state, memory });
}

/** It stays the same case for whoever lists it: of a run that continues another, Visibility does not say which one it was. */
export const nextRunOf = ({
  workflowType,
  memo,
  typedSearchAttributes,
  firstExecutionRunId,
}: Pick<
  WorkflowInfo,
  'workflowType' | 'memo' | 'typedSearchAttributes' | 'firstExecutionRunId'
>): ContinueAsNewOptions => ({
  workflowType,
  memo: { ...memo, [firstRunMemo]: firstExecutionRunId },
  typedSearchAttributes,
});
