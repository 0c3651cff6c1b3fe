/** The Mini Program case: `addcategory` or `modifycategory` under the one lifecycle. There is no audit id and no withdrawing. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Account, CategorySetting, WriteCategoryRequest } from '../contract/activities.ts';
import { type Baseline, failureTypes, type MiniProgramCategoryState, type QuotaSeen } from '../contract/failures.ts';
import { joinPath, patchMiniProgram } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { QualificationResult, Verdict } from '../contract/qualification.ts';
import type { CarriedCase } from './case-run.ts';
import { type ActivityProblem, blockedBy, readProblem, submissionOutcome } from './failure-reading.ts';
import { firstLook, lookAtRules } from './first-look.ts';
import { checkMiniProgramStart } from './guards.ts';
import { runLifecycle } from './lifecycle.ts';
import {
  awaitingTurn,
  awaitingVerdict,
  mediaGoesStaleAfterMs,
  reading,
  submitting,
  uploading,
  watchingPermission,
} from './policies.ts';
import type { Finding, Looking, PlatformSteps, Preflight, Submission, SubmissionFacts } from './steps.ts';

/**
 * Carries one Mini Program category from images to verdict. Workflow id: `mini-program/{appId}/{first}-{second}`.
 * The second argument is only for continue-as-new.
 */
export async function miniProgramQualification(
  input: MiniProgramInput,
  carried?: CarriedCase<MiniProgramInput>,
): Promise<QualificationResult> {
  checkMiniProgramStart(input);
  return runLifecycle(input, miniProgramSteps, carried);
}

const accountOf = ({ appId, via }: MiniProgramInput): Account => ({ appId, ...(via === undefined ? {} : { via }) });
const categoryOf = (input: MiniProgramInput) => ({
  account: accountOf(input),
  first: input.first,
  second: input.second,
});

const expiredReason =
  'expired: the qualification of this category has expired. WeChat has no call that renews it (53307): delete the category in the back office, then resubmit.';

const miniProgramSteps: PlatformSteps<MiniProgramInput> = {
  platform: 'mini-program',
  categoryId: ({ first, second }) => `${first}-${second}`,
  patch: patchMiniProgram,

  slots: ({ certificates }) =>
    certificates.map(({ key, images }) => ({
      path: joinPath('certificates', key),
      images: images.map((image, n) => ({ path: joinPath('certificates', key, 'images', n), image })),
    })),

  async preflight(input, looking): Promise<Preflight> {
    const setting = await firstSetting(input, looking);
    return { ...standingOf(setting), ...(setting.notify === undefined ? {} : { notify: setting.notify }) };
  },

  async check(input) {
    const { findings } = await lookAtRules('what do the rules say?', ({ readCategorySetting }) =>
      readCategorySetting({ ...categoryOf(input), check: input }),
    );
    return findings ?? [];
  },

  upload: (input, slotPath, request, pace) =>
    proxyActivities<Activities>(uploading(pace, decodeURIComponent(slotPath))).uploadTemporaryImage({
      account: accountOf(input),
      ...request,
    }),

  isUploadStale: (ageMs) => ageMs > mediaGoesStaleAfterMs,

  async submit(input, facts): Promise<Submission> {
    const expected = expectedState(facts);
    const first = await write(input, facts, expected);
    // A person was faster, or the category has gone: the same material goes out by the other call, once.
    return typeof first === 'string' ? settle(await write(input, facts, first)) : first;
  },

  async awaitTurn(input) {
    await proxyActivities<Activities>(awaitingTurn).awaitSubmissionTurn({
      account: accountOf(input),
      ...(input.priority === undefined ? {} : { priority: input.priority }),
    });
  },

  async findSubmission(input, baseline, pace): Promise<Finding | undefined> {
    const { readCategorySetting } = proxyActivities<Activities>(reading(pace, 'did the lost submission land?'));
    const setting = await readCategorySetting(categoryOf(input));
    const before = 'state' in baseline ? baseline : { state: 'absent' as const };
    if (setting.state === before.state && setting.reason === before.reason) return undefined;
    if (setting.state === 'absent' || setting.state === 'unknown' || setting.state === 'expired') return undefined;
    return findingOf(setting);
  },

  async awaitVerdict(input, _auditId, overdueInMs, pace): Promise<Finding> {
    const { readCategorySetting } = proxyActivities<Activities>(awaitingVerdict(pace, overdueInMs, 'audit'));
    return findingOf(await readCategorySetting({ ...categoryOf(input), until: 'verdict' }));
  },

  async awaitPermission(input) {
    const { readCategorySetting } = proxyActivities<Activities>(watchingPermission('mended by hand?'));
    await readCategorySetting({ ...categoryOf(input), until: 'in-force' });
  },
};

const firstSetting = (input: MiniProgramInput, { pace, isOpenAlready, checks }: Looking): Promise<CategorySetting> =>
  firstLook(pace, 'does the category exist already?', ({ readCategorySetting }) =>
    readCategorySetting({
      ...categoryOf(input),
      ...(isOpenAlready ? { until: 'settled' } : {}),
      ...(checks ? { check: input } : {}),
    }),
  );

/** What the first look says about a category that was never read before. */
function standingOf(setting: CategorySetting): Omit<Preflight, 'notify'> {
  const baseline = stateOf(setting);
  const findings = setting.findings === undefined ? {} : { findings: setting.findings };
  switch (setting.state) {
    case 'approved':
      return { standing: 'in_force', baseline };
    case 'in_review':
      return { standing: 'in_review', baseline, lastAudit: { open: true } };
    case 'rejected':
      return {
        standing: 'rejected',
        baseline,
        reason: setting.reason ?? 'rejected',
        lastAudit: { open: false },
        ...findings,
      };
    case 'expired':
      return { standing: 'refused', reason: expiredReason, baseline };
    case 'unknown':
      return { standing: 'unknown', reason: `unknown audit_status ${setting.rawStatus ?? ''}`, baseline };
    case 'absent':
      return { standing: 'free', baseline, ...findings };
  }
}

const stateOf = ({ state, reason }: CategorySetting): { state: MiniProgramCategoryState; reason?: string } => ({
  state,
  ...(reason === undefined ? {} : { reason }),
});

function findingOf(setting: CategorySetting): Finding {
  const verdicts: Partial<Record<MiniProgramCategoryState, Verdict>> = { approved: 'approved', rejected: 'rejected' };
  const verdict = verdicts[setting.state];
  return {
    ...(verdict === undefined ? {} : { verdict }),
    ...(verdict === 'rejected' && setting.reason ? { reason: setting.reason } : {}),
    ...quotaAfterOf(setting),
  };
}

/** The first read after the write, whoever made it; where nobody kept it, this one. */
function quotaAfterOf({ measured, quota }: CategorySetting): Pick<Finding, 'quotaAfter'> {
  if (measured !== undefined) return { quotaAfter: measured };
  return quota === undefined ? {} : { quotaAfter: { after: quota } };
}

/** After an audit the category is there, rejected; before one, it is as preflight saw it. */
function expectedState({ preflight, attempts, baseline }: SubmissionFacts): MiniProgramCategoryState {
  if (baseline !== undefined && 'state' in baseline) return baseline.state;
  if (attempts.some((attempt) => attempt.source === 'audit')) return 'rejected';
  return 'state' in preflight.baseline ? preflight.baseline.state : 'absent';
}

/** One write. A string says that the category is in another state than expected, so that the other call is the right one. */
async function write(
  input: MiniProgramInput,
  facts: SubmissionFacts,
  expected: MiniProgramCategoryState,
): Promise<Submission | 'rejected' | 'absent'> {
  const options = submitting(facts.pace, `submission ${facts.number}`);
  const { addMiniProgramCategory, modifyCategory } = proxyActivities<Activities>(options);
  const request: WriteCategoryRequest = {
    ...categoryOf(input),
    certificates: input.certificates.map(({ key, validUntil }) => ({
      key,
      mediaId: facts.refOf(joinPath('certificates', key)),
      ...(validUntil === undefined ? {} : { validUntil }),
    })),
    ...(facts.baseline !== undefined && 'state' in facts.baseline ? { before: facts.baseline } : {}),
    pace: facts.pace,
    ...(input.priority === undefined ? {} : { priority: input.priority }),
    askedAtMs: facts.askedAtMs,
  };
  const operation = expected === 'rejected' ? 'modify' : 'add';
  try {
    const { quota } = await (expected === 'rejected' ? modifyCategory(request) : addMiniProgramCategory(request));
    return { outcome: 'submitted', ...spendingOf(operation, quota) };
  } catch (error) {
    const problem = readProblem(error);
    const outcome = outcomeOf(problem, facts.baseline);
    return typeof outcome === 'string' ? outcome : { ...outcome, ...spendingOf(operation, problem.quota) };
  }
}

const spendingOf = (operation: 'add' | 'modify', quota: QuotaSeen | undefined) =>
  quota === undefined ? {} : { spending: { operation, ...quota } };

function outcomeOf(problem: ActivityProblem, lostBefore: Baseline | undefined): Submission | 'rejected' | 'absent' {
  return problem.type === failureTypes.categoryMoved ? moved(problem, lostBefore) : submissionOutcome(problem);
}

/** The category is not as expected: somebody else was there, or, where an answer was lost, that submission of ours. */
function moved(problem: ActivityProblem, lostBefore: Baseline | undefined): Submission | 'rejected' | 'absent' {
  const state = problem.baseline !== undefined && 'state' in problem.baseline ? problem.baseline.state : 'unknown';
  // A submission never makes a category vanish: then somebody has deleted it, and it is to be added anew.
  if (lostBefore !== undefined && state !== 'absent')
    return { outcome: 'landed_before', problem: blockedBy('submit', problem) };
  switch (state) {
    case 'rejected':
    case 'absent':
      return state;
    case 'approved':
      return { outcome: 'in_force' };
    case 'expired':
      return { outcome: 'refused', reason: expiredReason };
    case 'in_review':
    case 'unknown':
      return { outcome: 'blocked', problem: blockedBy('submit', problem) };
  }
}

/** A second change of state in one submission is no longer ours to follow: the case waits and tries again slowly. */
const settle = (result: Submission | 'rejected' | 'absent'): Submission =>
  typeof result !== 'string'
    ? result
    : {
        outcome: 'blocked',
        problem: {
          during: 'submit',
          reason: 'somebody else is changing this category at the same time',
          advice: 'Settle it in the back office, then press retry.',
        },
      };
