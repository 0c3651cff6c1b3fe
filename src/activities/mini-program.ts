/** Activities of the Mini Program: one call each (at most one that writes), contract -> wire words. */
import { Context } from '@temporalio/activity';
import type { CaseCheck } from '../checking/case-check.ts';
import type {
  Account,
  CategorySetting,
  ReadSettingRequest,
  UploadedImage,
  UploadRequest,
  WriteCategoryRequest,
  WriteCategoryResult,
} from '../contract/activities.ts';
import { failureTypes, type MiniProgramCategoryState, type QuotaSeen } from '../contract/failures.ts';
import { validityEnd } from '../contract/material-path.ts';
import { miniProgramUploadLimits } from '../images/prepare.ts';
import { endpoints } from '../wechat/endpoints.ts';
import type { MiniProgramApi } from '../wechat/mini-program/api.ts';
import type { CategoryApplication, Certificate } from '../wechat/mini-program/category.ts';
import type { MiniProgramCategories } from '../wechat/mini-program/schema.ts';
import { miniProgramAuditState } from '../wechat/mini-program/verdict.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failure } from './failure.ts';
import { uploadImages } from './images.ts';
import {
  measuredHere,
  noteRead,
  noteWrite,
  refuseToSpendAnotherMonth,
  refuseWithoutQuota,
  withQuota,
} from './spending.ts';
import { lookTimeoutMs, sendTimeoutMs, writeOnce } from './write-once.ts';

export function createMiniProgramActivities(deps: ActivityDependencies, check: CaseCheck) {
  const programOf = ({ appId, via }: Account): MiniProgramApi =>
    deps.wechat.miniProgram({ appId, ...(via === undefined ? {} : { componentAppId: via.componentAppId }) });

  /** Reads what is set; what it shows of the quota completes the measurement of an earlier write. */
  const readCategories = async (account: Account, signal: AbortSignal): Promise<MiniProgramCategories> => {
    const startedAt = performance.now();
    const shown = await programOf(account).getCategory({ signal });
    await noteRead(deps.quota, { appId: account.appId, left: shown.quota, startedAt });
    return shown;
  };

  /** A category in the state that the write needs, or a failure that says in which it is. */
  const write = async (
    request: WriteCategoryRequest,
    expected: MiniProgramCategoryState,
    endpoint: string,
    send: (program: MiniProgramApi, application: CategoryApplication) => Promise<void>,
  ): Promise<WriteCategoryResult> => {
    const program = programOf(request.account);
    const operation = expected === 'rejected' ? 'modify' : 'add';
    let quota: QuotaSeen | undefined;
    refuseToSpendAnotherMonth(request);
    const { baseline } = await writeOnce({
      mode: deps.mode,
      turns: deps.turns,
      request,
      ...(request.before === undefined ? {} : { before: request.before }),
      look: async () => {
        const shown = await readCategories(request.account, AbortSignal.timeout(lookTimeoutMs));
        const setting = settingOf(shown, request);
        const { state, reason } = setting;
        quota = quotaOf(setting);
        return { state, ...(reason === undefined ? {} : { reason }) };
      },
      check: (seen) => {
        if (seen.state === expected) {
          if (operation === 'add') refuseWithoutQuota(quota ?? {});
          return;
        }
        const type = seen.state === 'in_review' ? failureTypes.alreadyLanded : failureTypes.categoryMoved;
        throw failure(type, {
          reason: `the category is ${seen.state.replace('_', ' ')}, and not through this submission`,
          advice: 'Look at it in the back office.',
          baseline: seen,
        });
      },
      send: async () => {
        await send(program, applicationOf(request));
        // Within the turn: the next submission's look is the read that measures this one.
        await noteWrite(deps.quota, { appId: request.account.appId, operation, before: quota?.quota });
      },
      endpoint,
    }).catch((error: unknown) => {
      throw withQuota(error, quota);
    });
    return { before: baseline, ...(quota === undefined ? {} : { quota }) };
  };

  return {
    /** Uploads one certificate's image (several become one) -> `media_id`, good for 3 days. @throws MaterialRefused, … */
    async uploadTemporaryImage(request: UploadRequest): Promise<UploadedImage> {
      return uploadImages(deps, request, miniProgramUploadLimits, async (file, signal) => {
        const { mediaId } = await programOf(request.account).uploadTemporaryMedia(file, { signal });
        return mediaId;
      });
    },

    /** Reads one category; with `until`, fails (BENIGN) while there is no verdict, or it is not in force. */
    async readCategorySetting(request: ReadSettingRequest): Promise<CategorySetting> {
      const { cancellationSignal: signal } = Context.current();
      const shown = await readCategories(request.account, signal);
      const setting = settingOf(shown, request);
      const { state, rawStatus } = setting;
      const advice = 'Nothing to do: it is read again.';
      if (request.until === 'in-force' && state !== 'approved')
        throw failure(failureTypes.notInForce, { reason: `the category is ${state.replace('_', ' ')}`, advice });
      const isOpen =
        (request.until === 'verdict' && state !== 'approved' && state !== 'rejected') ||
        (request.until === 'settled' && (state === 'in_review' || state === 'unknown'));
      if (isOpen)
        throw failure(failureTypes.stillInReview, { reason: `no verdict yet (${rawStatus ?? state})`, advice });
      // In every other state nothing is going to be submitted.
      if (request.check !== undefined && (state === 'absent' || state === 'rejected'))
        setting.findings = await check.beforeSubmission(
          { platform: 'mini-program', input: request.check },
          { principal: deps.principalOf?.(request.account), setting: shown, signal },
        );
      const measured = await measuredHere(deps.quota);
      return { ...setting, ...(measured === undefined ? {} : { measured }) };
    },

    /** The one write for a category that is not set (rule L4). @throws SubmitOutcomeUnknown, AlreadyLanded, CategoryMoved, … */
    addMiniProgramCategory: (request: WriteCategoryRequest): Promise<WriteCategoryResult> =>
      write(request, 'absent', endpoints['mini-program/add-category'].path, (program, application) =>
        program.addCategory(application, { timeoutMs: sendTimeoutMs }),
      ),

    /** The one write for a category that was rejected (rule L4). @throws SubmitOutcomeUnknown, AlreadyLanded, CategoryMoved, … */
    modifyCategory: (request: WriteCategoryRequest): Promise<WriteCategoryResult> =>
      write(request, 'rejected', endpoints['mini-program/modify-category'].path, (program, application) =>
        program.modifyCategory(application, { timeoutMs: sendTimeoutMs }),
      ),
  };
}

function settingOf(
  { categories, ...shown }: MiniProgramCategories,
  { first, second }: { first: string; second: string },
): CategorySetting {
  const category = categories.find((one) => one.first === first && one.second === second);
  const quota = quotaOf(shown);
  if (category === undefined) return { state: 'absent', ...quota };
  return {
    state: miniProgramAuditState(category.auditStatus, category.isExpired),
    rawStatus: category.auditStatus,
    ...(category.auditReason ? { reason: category.auditReason } : {}),
    ...quota,
  };
}

const quotaOf = ({ quota, limit, categoryLimit }: QuotaSeen): QuotaSeen => ({
  ...(quota === undefined ? {} : { quota }),
  ...(limit === undefined ? {} : { limit }),
  ...(categoryLimit === undefined ? {} : { categoryLimit }),
});

const applicationOf = ({ first, second, certificates }: WriteCategoryRequest): CategoryApplication => ({
  first,
  second,
  certificates: certificates.map(({ key, mediaId, validUntil }) => ({ key, mediaId, ...validityOf(validUntil) })),
});

/** Only what the person said: the newest page names neither field. */
function validityOf(validUntil: string | undefined): Pick<Certificate, 'expireTime' | 'isPermanent'> {
  if (validUntil === undefined) return {};
  if (validUntil === 'permanent') return { isPermanent: true };
  const end = validityEnd(validUntil);
  return end === undefined ? {} : { expireTime: Math.floor(end / 1000) };
}
