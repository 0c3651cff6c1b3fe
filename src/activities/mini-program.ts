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
import { failureTypes, type MiniProgramCategoryState } from '../contract/failures.ts';
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
import { lookTimeoutMs, sendTimeoutMs, writeOnce } from './write-once.ts';

export function createMiniProgramActivities(deps: ActivityDependencies, check: CaseCheck) {
  const programOf = ({ appId, via }: Account): MiniProgramApi =>
    deps.wechat.miniProgram({ appId, ...(via === undefined ? {} : { componentAppId: via.componentAppId }) });

  /** A category in the state that the write needs, or a failure that says in which it is. */
  const write = async (
    request: WriteCategoryRequest,
    expected: MiniProgramCategoryState,
    endpoint: string,
    send: (program: MiniProgramApi, application: CategoryApplication) => Promise<void>,
  ): Promise<WriteCategoryResult> => {
    const program = programOf(request.account);
    const { baseline } = await writeOnce({
      mode: deps.mode,
      pace: request.pace,
      ...(request.before === undefined ? {} : { before: request.before }),
      look: async () => {
        const shown = await program.getCategory({ signal: AbortSignal.timeout(lookTimeoutMs) });
        const { state, reason } = settingOf(shown, request);
        return { state, ...(reason === undefined ? {} : { reason }) };
      },
      check: (seen) => {
        if (seen.state === expected) return;
        const type = seen.state === 'in_review' ? failureTypes.alreadyLanded : failureTypes.categoryMoved;
        throw failure(type, {
          reason: `the category is ${seen.state.replace('_', ' ')}, and not through this submission`,
          advice: 'Look at it in the back office.',
          baseline: seen,
        });
      },
      send: () => send(program, applicationOf(request)),
      endpoint,
    });
    return { before: baseline };
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
      const shown = await programOf(request.account).getCategory({ signal });
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
      return setting;
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
  { categories, quota }: MiniProgramCategories,
  { first, second }: { first: string; second: string },
): CategorySetting {
  const category = categories.find((one) => one.first === first && one.second === second);
  const shown = quota === undefined ? {} : { quota };
  if (category === undefined) return { state: 'absent', ...shown };
  return {
    state: miniProgramAuditState(category.auditStatus, category.isExpired),
    rawStatus: category.auditStatus,
    ...(category.auditReason ? { reason: category.auditReason } : {}),
    ...shown,
  };
}

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
