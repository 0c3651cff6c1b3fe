/** Search attributes: what Visibility lists cases by. One event each, so only for statuses that a person looks for. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { CaseInput } from '../contract/qualification.ts';
import {
  qualificationAttemptKey,
  qualificationDueAtKey,
  qualificationPlatformKey,
  qualificationStatusKey,
  wxAppIdKey,
  wxAuditIdKey,
  wxCategoryIdKey,
} from '../contract/search-attributes.ts';
import type { CaseRun } from './case-run.ts';
import { currentAuditId } from './case-state.ts';
import { correctionDueAtMs } from './waits.ts';

/** Gives a function that upserts what has changed since it was last called. */
export function createStatusPublisher<Input extends CaseInput>(): (run: CaseRun<Input>) => void {
  const atStart = workflowInfo().typedSearchAttributes;
  const published = {
    status: atStart.get(qualificationStatusKey) ?? undefined,
    attempt: atStart.get(qualificationAttemptKey) ?? undefined,
    auditId: atStart.get(wxAuditIdKey) ?? undefined,
    dueAt: atStart.get(qualificationDueAtKey)?.getTime(),
  };
  let complete = published.status !== undefined;

  return (run) => {
    const { state } = run;
    if (state.status === 'submitting' || published.status === state.status) return;
    const attributes: Parameters<typeof upsertSearchAttributes>[0] = [
      { key: qualificationStatusKey, value: state.status },
    ];
    if (!complete) {
      // Started by a program that set none.
      attributes.push(
        { key: qualificationPlatformKey, value: state.platform },
        { key: wxAppIdKey, value: state.appId },
        { key: wxCategoryIdKey, value: state.categoryId },
      );
      complete = true;
    }
    published.status = state.status;
    if (published.attempt !== state.attempt) {
      published.attempt = state.attempt;
      attributes.push({ key: qualificationAttemptKey, value: state.attempt });
    }
    const auditId = currentAuditId(state);
    if (auditId !== undefined && auditId !== published.auditId) {
      published.auditId = auditId;
      attributes.push({ key: wxAuditIdKey, value: auditId });
    }
    const dueAt = state.status === 'needs_material' ? correctionDueAtMs(run) : undefined;
    if (dueAt !== published.dueAt) {
      published.dueAt = dueAt;
      attributes.push({ key: qualificationDueAtKey, value: dueAt === undefined ? null : new Date(dueAt) });
    }
    upsertSearchAttributes(attributes);
  };
}
