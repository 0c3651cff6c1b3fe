/** Activities of the Channels Shop: one call each (at most one that writes), contract -> wire words. */
import { Context } from '@temporalio/activity';
import type { CaseCheck } from '../checking/case-check.ts';
import { type KeptRules, rulesKeptMs } from '../checking/kept-rules.ts';
import type {
  Account,
  AddCategoryRequest,
  AddCategoryResult,
  AuditReading,
  CancelAuditRequest,
  CategoryPermission,
  FindAuditRequest,
  ReadAuditRequest,
  ReadPermissionRequest,
  UploadedImage,
  UploadRequest,
} from '../contract/activities.ts';
import { failureTypes } from '../contract/failures.ts';
import type { Verdict } from '../contract/qualification.ts';
import { channelsShopUploadLimits } from '../images/prepare.ts';
import { findShopCategory } from '../rules/shop-tree.ts';
import type { WeChatAccount } from '../wechat/access-token.ts';
import type { ChannelsShopApi } from '../wechat/channels-shop/api.ts';
import type { CategoryInfo } from '../wechat/channels-shop/category.ts';
import type { CategoryFlow } from '../wechat/channels-shop/schema.ts';
import { channelsAuditVerdict } from '../wechat/channels-shop/verdict.ts';
import { endpoints } from '../wechat/endpoints.ts';
import { WeChatError } from '../wechat/errors.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failure, refuseToWriteWhenObserving } from './failure.ts';
import { uploadImages } from './images.ts';
import { lookTimeoutMs, sendTimeoutMs, writeOnce } from './write-once.ts';

/** `getbizcatflowlist` documents no maximum and no order, so pages are read until nothing new comes. */
const flowsPerPage = 50;
const maxFlowPages = 40;
/** A page shorter than this is the last one: WeChat may cap pages without saying so, but hardly below that. */
const smallestPageCap = 10;

export function createChannelsShopActivities(
  deps: ActivityDependencies,
  { rules, check }: { rules: KeptRules; check: CaseCheck },
) {
  const callerOf = ({ appId, via }: Account) => ({
    appId,
    ...(via === undefined ? {} : { componentAppId: via.componentAppId }),
  });
  const shopOf = (account: Account): ChannelsShopApi => deps.wechat.channelsShop(callerOf(account));

  return {
    /** Uploads one image -> `file_id`. @throws MaterialRefused, NeedsPerson, WeChatUnavailable, RateLimited */
    async uploadQualificationImage(request: UploadRequest): Promise<UploadedImage> {
      return uploadImages(deps, request, channelsShopUploadLimits, async (file, signal) => {
        const { fileId } = await shopOf(request.account).uploadQualification(file, { signal });
        return fileId;
      });
    },

    /** The one write (rule L4). @throws SubmitOutcomeUnknown, SubmitNotSent, AlreadyLanded, UploadStale, MaterialRefused, … */
    async addCategory(request: AddCategoryRequest): Promise<AddCategoryResult> {
      const shop = shopOf(request.account);
      const look = async () => {
        const flows = await flowsOfLeaf(shop, request.leaf, AbortSignal.timeout(lookTimeoutMs));
        return { auditIds: [...new Set([...request.knownAuditIds, ...flows.map(({ auditId }) => auditId)])] };
      };
      const { answer, baseline } = await writeOnce({
        mode: deps.mode,
        turns: deps.turns,
        request,
        ...(request.baseline === undefined ? {} : { before: { auditIds: request.baseline } }),
        look,
        send: () => shop.addCategory(categoryInfoOf(request), { timeoutMs: sendTimeoutMs }),
        endpoint: endpoints['channels-shop/add-category'].path,
        openAudit: async () => {
          const flows = await flowsOfLeaf(shop, request.leaf, AbortSignal.timeout(lookTimeoutMs));
          return flows.find((flow) => verdictOf(flow) === undefined)?.auditId;
        },
      });
      return { auditId: answer.auditId, baseline: baseline.auditIds };
    },

    /** Reads an audit until it is decided. @throws StillInReview (BENIGN) while it is not, whatever its status */
    async readCategoryAudit({ account, leaf, auditId }: ReadAuditRequest): Promise<AuditReading> {
      const flow = await readFlow(shopOf(account), auditId);
      if (flow.catId !== leaf)
        throw failure(failureTypes.materialRefused, {
          reason: `audit ${auditId} is of category ${flow.catId}, not of ${leaf}`,
          advice: 'Follow an audit of this category, or resubmit to apply anew.',
        });
      const reading = readingOf(flow);
      if (reading.verdict === undefined) throw stillInReview(flow.status);
      return withPrecheck(shopOf(account), leaf, reading, Context.current().cancellationSignal);
    },

    /** Looks for a submission whose answer was lost: an audit of this leaf that was not there before. */
    async findCategoryAudit({ account, leaf, baseline }: FindAuditRequest): Promise<AuditReading | undefined> {
      const flows = await flowsOfLeaf(shopOf(account), leaf, Context.current().cancellationSignal);
      // The first one after ours was sent is ours; a later one can only have come after ours was decided.
      const [ours] = flows
        .filter(({ auditId }) => !baseline.includes(auditId))
        .sort((a, b) => (a.createTime ?? 0) - (b.createTime ?? 0));
      if (ours === undefined) return undefined;
      return withPrecheck(shopOf(account), leaf, readingOf(ours), Context.current().cancellationSignal);
    },

    /** Reads whether the category is in force; with `until`, fails with NotInForce (BENIGN) while it is not. */
    async readCategoryPermission(request: ReadPermissionRequest): Promise<CategoryPermission> {
      const { cancellationSignal: signal } = Context.current();
      const shop = shopOf(request.account);
      const [permission, flows] = await Promise.all([
        readPermission(shop, request.leaf, signal),
        request.audits ? flowsOfLeaf(shop, request.leaf, signal) : undefined,
      ]);
      const except = request.until?.inForceOtherThan;
      const isSame =
        permission.mark?.effectiveTime === except?.effectiveTime &&
        permission.mark?.qualificationId === except?.qualificationId;
      if (request.until !== undefined && (!permission.inForce || (except !== undefined && isSame)))
        throw failure(failureTypes.notInForce, {
          reason: permission.ineffectiveReason || 'the category is not in force',
          advice: 'Nothing to do: it is looked at again.',
        });
      if (flows !== undefined) permission.audits = flows.map(readingOf);
      if (request.path) permission.catsV2 = await pathOf(rules, callerOf(request.account), request.leaf);
      // The same category may still be meant to be renewed; otherwise nothing is going to be submitted.
      if (request.check !== undefined && (!permission.inForce || request.check.intent === 'renew'))
        permission.findings = await check.beforeSubmission(
          { platform: 'channels-shop', input: request.check },
          { principal: deps.principalOf?.(request.account), signal },
        );
      return permission;
    },

    /** Asks WeChat to cancel an audit. @throws MaterialRefused (10020006) when there is nothing to cancel any more */
    async cancelCategoryAudit({ account, auditId }: CancelAuditRequest): Promise<void> {
      refuseToWriteWhenObserving(deps.mode);
      await shopOf(account).cancelCategoryAudit(auditId, { signal: Context.current().cancellationSignal });
    },
  };
}

/** Short, so that the verdict is not held up by it: the activity has 15 s, of which the read before may take 10. */
const precheckTimeoutMs = 2_000;

/**
 * An approval with what WeChat says about using it. Whatever goes wrong (permission set 129 is missing, no answer in
 * time) means that it is not known; the verdict is never held up or lost for it.
 */
async function withPrecheck(
  shop: ChannelsShopApi,
  leaf: string,
  reading: AuditReading,
  signal: AbortSignal,
): Promise<AuditReading> {
  if (reading.verdict !== 'approved') return reading;
  const precheck = await shop.categoryPrecheck(leaf, { signal, timeoutMs: precheckTimeoutMs }).catch(() => undefined);
  return precheck === undefined ? reading : { ...reading, precheck };
}

async function readFlow(shop: ChannelsShopApi, auditId: string): Promise<CategoryFlow> {
  try {
    return await shop.getBizCatFlowDetail(auditId, { signal: Context.current().cancellationSignal });
  } catch (error) {
    // What is answered for an audit that is not there (yet) is undocumented; 9401020 is this call's only own code.
    if (error instanceof WeChatError && error.errcode === '9401020') throw stillInReview('not shown yet');
    throw error;
  }
}

async function readPermission(shop: ChannelsShopApi, leaf: string, signal: AbortSignal): Promise<CategoryPermission> {
  try {
    const relation = await shop.getCategoryRelationDetail(leaf, { signal });
    const inForce = relation.status === '1';
    return {
      inForce,
      ...(inForce
        ? { mark: { qualificationId: relation.quaId ?? '0', effectiveTime: String(relation.effectiveTime ?? 0) } }
        : {}),
      ...(relation.uneffectiveReason ? { ineffectiveReason: relation.uneffectiveReason } : {}),
    };
  } catch (error) {
    // The answer for a category that was never held is undocumented.
    if (error instanceof WeChatError && error.errcode === '9401020') return { inForce: false };
    throw error;
  }
}

/** All audits of a leaf, newest first by WeChat's own clock. Filters of the list leak, so none is used. */
async function flowsOfLeaf(shop: ChannelsShopApi, leaf: string, signal: AbortSignal): Promise<CategoryFlow[]> {
  const byId = new Map<string, CategoryFlow>();
  for (let page = 0, offset = 0; page < maxFlowPages; page += 1) {
    const flows = await shop.getBizCatFlowList({ offset, limit: flowsPerPage }, { signal });
    const known = byId.size;
    for (const flow of flows) byId.set(flow.auditId, flow);
    offset += flows.length;
    if (byId.size === known || flows.length < smallestPageCap) break;
  }
  return [...byId.values()]
    .filter(({ catId }) => catId === leaf)
    .sort((a, b) => (b.createTime ?? 0) - (a.createTime ?? 0));
}

/** A leaf that was added a moment ago is in none of the trees that were read before. */
const pathFromTreesAtMostMs = 30_000;

/** The leaf's path in the new tree, root first. */
async function pathOf(rules: KeptRules, account: WeChatAccount, leaf: string): Promise<string[]> {
  for (const maxAgeMs of [rulesKeptMs, pathFromTreesAtMostMs]) {
    const { value } = await rules.shopTrees(account, { maxAgeMs, anew: true });
    const path = findShopCategory(value, leaf)?.newPath ?? [];
    if (path.length > 0) return path;
  }
  throw failure(failureTypes.materialRefused, {
    reason: `category ${leaf} is not in this shop's category tree`,
    advice: 'Look the leaf up in the back office or by category/all, or give the whole path as catsV2.',
  });
}

function verdictOf(flow: CategoryFlow): Verdict | undefined {
  const verdict = channelsAuditVerdict(flow.status, 'flow');
  return verdict === 'in_review' || verdict === 'unknown' ? undefined : verdict;
}

function readingOf(flow: CategoryFlow): AuditReading {
  const verdict = verdictOf(flow);
  return {
    auditId: flow.auditId,
    rawStatus: flow.status,
    ...(verdict === undefined ? {} : { verdict }),
    ...(flow.auditReason ? { reason: flow.auditReason } : {}),
  };
}

const stillInReview = (rawStatus: string) =>
  failure(failureTypes.stillInReview, {
    reason: rawStatus === '1' ? 'still in review' : `no verdict yet (status ${rawStatus})`,
    advice: 'Nothing to do: it is read again.',
  });

function categoryInfoOf(request: AddCategoryRequest): CategoryInfo {
  const { category, brandIds, licenses, certificate, accessMaterial, jingyingpingtai, zhanghaomingcheng } = request;
  return {
    ...category,
    isNewApplyCat: licenses !== undefined,
    ...(licenses === undefined
      ? {}
      : {
          licenseGroups: licenses.map(({ groupId, licenseId, fileIds, fields }) => ({
            licenseGroupId: groupId,
            licenseId,
            fileIds,
            fields,
          })),
        }),
    ...(certificate === undefined ? {} : { certificate }),
    ...accessMaterial,
    ...(jingyingpingtai === undefined ? {} : { jingyingpingtai }),
    ...(zhanghaomingcheng === undefined ? {} : { zhanghaomingcheng }),
    ...(brandIds === undefined ? {} : { brandIds }),
  };
}
