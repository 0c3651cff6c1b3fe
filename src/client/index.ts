/** The package export `./client`: the typed client, its errors and the contract's types. */
export type {
  AccessMaterial,
  BusinessPlatform,
  ChannelsShopInput,
  License,
  ShopCategory,
  ShopMaterial,
} from '../contract/channels-shop.ts';
export type { CheckedRules, CheckFinding, FindingLevel } from '../contract/check.ts';
export { joinPath } from '../contract/material-path.ts';
export type { Certificate, MiniProgramInput } from '../contract/mini-program.ts';
export type {
  Accepted,
  Action,
  Adoption,
  Attempt,
  Blocked,
  By,
  CaseInput,
  CaseView,
  Image,
  MaterialView,
  Outcome,
  Paper,
  Pending,
  Platform,
  Precheck,
  QualificationResult,
  Resubmission,
  Status,
  Withdrawal,
} from '../contract/qualification.ts';
export { parseWorkflowId, workflowIdOfMiniProgramCase, workflowIdOfShopCase } from '../contract/workflow-id.ts';
export { type Checked, shapeFindings } from './case-check.ts';
export type { CaseHandle, SendOptions } from './case-handle.ts';
export type { CaseFilter, CasePage, CaseRow, PageRequest } from './case-list.ts';
export {
  type CaseNotification,
  notificationsOf,
  type Told,
  type ToldRequest,
  toldAbout,
} from './case-notifications.ts';
export { inputDigest } from './digest.ts';
export {
  CaseCancelledError,
  CaseClosedError,
  CaseFailedError,
  CaseNotFoundError,
  CheckFailedError,
  ClientClosedError,
  CodecSettingsError,
  type Ending,
  InvalidCaseError,
  NotificationNotFoundError,
  NoWorkerError,
  PageTokenError,
  QualificationError,
  RulesUnavailableError,
  SearchAttributesMissingError,
  TemporalSettingsError,
  TemporalUnreachableError,
  UpdateRefusedError,
  WatchNotScheduledError,
} from './errors.ts';
export type { Finding } from './findings.ts';
export { checkInput } from './input.ts';
export { namespaceId } from './namespace-id.ts';
export {
  notificationById,
  redeliver,
  redeliverById,
} from './notifications.ts';
export {
  type CaseStarter,
  type ConnectOptions,
  connect,
  type QualificationClient,
  type Started,
  type StartOptions,
} from './qualification-client.ts';
export { ensureWatchSchedules, type WatchSchedulesOptions, watchNow } from './watch-schedules.ts';
