/** What a platform has to bring: code given to the lifecycle, never data in a case's input. */
import type { Pace, PermissionMark, UploadedImage, UploadRequest } from '../contract/activities.ts';
import type { CheckFinding } from '../contract/check.ts';
import type { Baseline, QuotaSeen } from '../contract/failures.ts';
import type { Patched } from '../contract/material-path.ts';
import type {
  Attempt,
  Blocked,
  CaseInput,
  Image,
  Platform,
  Precheck,
  Resubmission,
  Verdict,
} from '../contract/qualification.ts';

/** One thing to upload: one image, or the images that become one. */
export interface UploadSlot {
  path: string;
  images: { path: string; image: Image }[];
}

/** What the first look at WeChat showed. */
export interface Preflight {
  standing: 'free' | 'in_force' | 'in_review' | 'rejected' | 'refused' | 'unknown';
  /** For `refused` and `rejected`: what to tell the person. */
  reason?: string;
  baseline: Baseline;
  /** Which grant was in force already; a renewal looks for another one. */
  mark?: PermissionMark;
  /** The open audit, or else the last one. */
  lastAudit?: { auditId?: string; open: boolean };
  /** The leaf's path, where the input gave only the leaf. */
  catsV2?: string[];
  /** What the category's rules say about the input, where it was to be checked and would be submitted. */
  findings?: CheckFinding[];
  /** The worker that looked knows somebody to tell about the case. */
  notify?: true;
}

/** How a look at WeChat is made. */
export interface Looking {
  pace: Pace;
  /** It was seen in review (or in an unknown status); resolves only when that has ended. */
  isOpenAlready?: boolean;
  /** The input is compared with the category's rules as well. */
  checks?: boolean;
}

/** A write of a Mini Program category, and the quota that was seen before it. */
export interface QuotaSpending extends QuotaSeen {
  operation: 'add' | 'modify';
}

/** How the one write ended. */
export type Submission = SubmissionOutcome & { spending?: QuotaSpending };

type SubmissionOutcome =
  | { outcome: 'submitted'; auditId?: string }
  | { outcome: 'in_force' }
  | { outcome: 'landed_before'; problem: Blocked & { openAuditId?: string } }
  | { outcome: 'unanswered'; baseline?: Baseline }
  | { outcome: 'stale_upload'; reason: string }
  | { outcome: 'not_sent'; problem: Blocked }
  | { outcome: 'waits_its_turn'; ahead: number }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'blocked'; problem: Blocked & { openAuditId?: string } };

/** What is sent besides the input. */
export interface SubmissionFacts {
  /** The reference (file id, media id) of a slot. */
  refOf: (slotPath: string) => string;
  preflight: Preflight;
  /** Number of this submission. */
  number: number;
  attempts: Attempt[];
  /** What an earlier try of this attempt saw before it wrote. */
  baseline?: Baseline;
  pace: Pace;
  /** When a person last asked for it: at the start, by a correction, by a retry. */
  askedAtMs: number;
}

/** An audit that was found or read. */
export interface Finding {
  auditId?: string;
  verdict?: Verdict;
  reason?: string;
  /** Of an approved category, where WeChat told whether it can be used. */
  precheck?: Precheck;
  /** Additions left after the last write. */
  quotaAfter?: { after: number; readAt?: string };
}

/** The steps of a case on one platform. Each may fail as an activity fails; see `failure-reading.ts`. */
export interface PlatformSteps<Input extends CaseInput> {
  readonly platform: Platform;
  categoryId(input: Input): string;
  patch(input: Input, resubmission: Resubmission): Patched<Input>;
  slots(input: Input): UploadSlot[];
  preflight(input: Input, looking: Looking): Promise<Preflight>;
  /** What the category's rules say about a corrected input; nothing where it would not be submitted. */
  check(input: Input): Promise<CheckFinding[]>;
  upload(input: Input, slotPath: string, request: Omit<UploadRequest, 'account'>, pace: Pace): Promise<UploadedImage>;
  /** Whether an upload of this age would be refused. */
  isUploadStale(ageMs: number): boolean;
  submit(input: Input, facts: SubmissionFacts): Promise<Submission>;
  /** Resolves when it is this case's turn among those of its account. */
  awaitTurn(input: Input): Promise<void>;
  /** The submission whose answer was lost, if WeChat shows it. */
  findSubmission(input: Input, baseline: Baseline, pace: Pace): Promise<Finding | undefined>;
  /** Resolves with a verdict; fails with `no-answer` when the review becomes overdue. */
  awaitVerdict(input: Input, auditId: string | undefined, overdueInMs: number, pace: Pace): Promise<Finding>;
  /** Resolves when the category is in force (for a renewal: anew). */
  awaitPermission(input: Input, before: PermissionMark | undefined): Promise<void>;
  /** Asks WeChat to cancel an audit. A platform without such a call has no such step. */
  cancelAudit?(input: Input, auditId: string, pace: Pace): Promise<void>;
}
