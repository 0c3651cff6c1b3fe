/** What a backend is told about a case: event types, their bodies, and how a delivery ended. Types only. */
import type { Action, Blocked, Platform, Precheck, Status } from './qualification.ts';

/** Events of a case. A rejection is `case.rejected`; material that is wanted for another reason is `case.needs_material`. */
export type CaseEventType =
  | 'case.submitted'
  | 'case.rejected'
  | 'case.needs_material'
  | 'case.blocked'
  | 'case.reminder'
  | 'case.overdue'
  | 'case.approved'
  | 'case.withdrawn'
  | 'case.expired';

/** Where the case stood when the event happened. Ids are strings; no images, no secrets. */
export interface CaseEventData {
  workflowId: string;
  /** Which run of the case; with the same account and category a later case has another one. */
  runId: string;
  platform: Platform;
  appId: string;
  categoryId: string;
  /** The caller's own number, as it was given at the start. */
  externalId?: string;
  status: Status;
  attempt: number;
  auditId?: string;
  /** Why: WeChat's words for a rejection, ours for what was refused before an audit. */
  reason?: string;
  blocked?: Pick<Blocked, 'during' | 'errcode' | 'advice'>;
  /** When the time for a correction ends (`needs_material`), or when the review counts as overdue (`in_review`). */
  dueAt?: string;
  /** `case.approved` of a shop: whether the category can be used, where WeChat told. */
  precheck?: Precheck;
  /** The Updates that would be taken now. */
  canDo: Action[];
}

/** A category that was in force and no longer is. */
export interface CategoryLapsedData {
  platform: Platform;
  appId: string;
  categoryId: string;
  workflowId?: string;
  externalId?: string;
  reason?: string;
}

/** A paper of a category in force whose validity ends soon. */
export interface LicenseExpiringData {
  platform: Platform;
  appId: string;
  categoryId: string;
  workflowId?: string;
  externalId?: string;
  /** Which paper, as a path of a resubmission. */
  path?: string;
  /** Last valid day, `YYYY-MM-DD` (China time). */
  validUntil: string;
  daysLeft: number;
}

/** One event, as it is sent. `id` is the header `webhook-id`: the same for every try and every redelivery. */
export type Notification = { version: 1; id: string; timestamp: string } & (
  | { type: CaseEventType; data: CaseEventData }
  | { type: 'category.lapsed'; data: CategoryLapsedData }
  | { type: 'license.expiring'; data: LicenseExpiringData }
);

/** One receiver, by a name that says nothing secret: kind, host, and a digest of its whole address. */
export type TargetId = string;

/** What the activity `notifyBackend` is given. */
export interface NotifyRequest {
  target: TargetId;
  notification: Notification;
}

/** A receiver took it. */
export interface NotifyResult {
  httpStatus: number;
  /** Which try it was. */
  attempt: number;
  deliveredAt: string;
}

/** How the delivery to one receiver stands. `gone`: it answered 410, or is no longer in the settings. */
export interface Delivery {
  target: TargetId;
  outcome: 'under_way' | 'delivered' | 'gone' | 'given_up';
  httpStatus?: number;
  attempt?: number;
  deliveredAt?: string;
  /** Why it was not delivered. */
  reason?: string;
}

/** Answer of the query `notificationView`, also of a delivery that has ended. */
export interface NotificationView {
  notification: Notification;
  deliveries: Delivery[];
}
