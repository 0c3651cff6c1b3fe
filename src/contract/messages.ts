/** Names on the wire between programs: workflow types, task queue, signals, updates and the query. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { NotificationView } from './notification.ts';
import type { Accepted, Adoption, AuditReport, By, CaseView, Resubmission, Withdrawal } from './qualification.ts';

/** Where workers listen, unless `WXQ_TASK_QUEUE` says otherwise. */
export const defaultTaskQueue = 'wechat-qualification';

export const workflowTypes = {
  channelsShop: 'channelsShopQualification',
  miniProgram: 'miniProgramQualification',
} as const;

/** A check without a case: see `contract/check.ts`. Its runs are no cases and have no search attributes. */
export const checkWorkflowType = 'qualificationCheck';

/** Tells one event to the backend; a child of a case that outlives it. */
export const notificationWorkflowType = 'deliverNotification';

/** Walks the accounts of a platform once and compares what is in force; started by a schedule. See `contract/watch.ts`. */
export const watchWorkflowType = 'inForceWatch';

/** Memo key: sha256 of the key-sorted JSON of the input, to tell a repeated start from a different one. */
export const inputDigestMemo = 'inputDigest';

/** Memo key: which request started the case, to tell a repeated request from a later one. */
export const startKeyMemo = 'startKey';

/** Memo key, only of a case that was continued as new: the run that it began with. */
export const firstRunMemo = 'firstRunId';

/** A callback or a read-back: what WeChat said about an audit. */
export const auditReportedSignal = defineSignal<[AuditReport]>('auditReported');

/** An authorization of a third-party platform, as a server knows it. Without `componentAppId` whichever calls for the case. */
export interface AccountChanged {
  authorized: boolean;
  componentAppId?: string;
}

/** The account has withdrawn its authorization of the platform that calls for it, or given it (again). */
export const accountChangedSignal = defineSignal<[AccountChanged]>('accountChanged');

/** Corrected material for a case in `needs_material`. */
export const resubmitUpdate = defineUpdate<Accepted, [Resubmission]>('resubmit');
/** Give the case up; WeChat is asked when an audit is open. */
export const withdrawUpdate = defineUpdate<Accepted, [Withdrawal]>('withdraw');
/** Try a blocked step again now. */
export const retryUpdate = defineUpdate<Accepted, [By]>('retry');
/** Follow an open audit that is not ours. */
export const adoptUpdate = defineUpdate<Accepted, [Adoption]>('adopt');
/** Ask WeChat now instead of at the next poll. */
export const readAuditNowUpdate = defineUpdate<Accepted, [By]>('readAuditNow');

/** Where the case stands, what it waits for, what can be done. */
export const caseViewQuery = defineQuery<CaseView>('caseView');

/** What a `deliverNotification` tells, and how far it is with whom. */
export const notificationViewQuery = defineQuery<NotificationView>('notificationView');
