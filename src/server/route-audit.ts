/** From an authentic audit push to its case: read WeChat's own state back, find the case, signal what was read. */
import type { AuditReport, Precheck } from '../contract/qualification.ts';
import { channelsShopWorkflowId, miniProgramWorkflowId } from '../contract/workflow-id.ts';
import { channelsAuditVerdict, miniProgramAuditState } from '../wechat/index.ts';
import type { ProductCategoryAudit, WxaCategoryAudit } from '../wechat/push/index.ts';
import type {
  AuditReader,
  CallbackAccount,
  CallbackLimits,
  CaseSignals,
  MiniProgramCategoryReading,
  ShopAuditReading,
} from './dependencies.ts';
import type { PushResult } from './metrics.ts';
import { type Problem, problemOf } from './problem.ts';
import { within } from './time-limit.ts';

/** How a push was routed. `workflowId` and `problem` are for the log; `problem` never holds a body, a token or a key. */
export interface Routed {
  result: PushResult;
  workflowId?: string;
  problem?: Problem;
}

export interface AuditRouter {
  shopAudit(account: CallbackAccount, event: ProductCategoryAudit): Promise<Routed>;
  miniProgramAudit(account: CallbackAccount, event: WxaCategoryAudit): Promise<Routed>;
}

export interface AuditRouterDependencies {
  wechat: AuditReader;
  cases: CaseSignals;
  limits: Pick<CallbackLimits, 'readBackMs' | 'answerMs'>;
  now?: () => Date;
}

/** The least time that a signal, and a search, get when a read-back has used up its own. */
const searchMs = 300;

/** WeChat waits for the answer to its push meanwhile. */
const precheckMs = 1_000;
/** What a signal gets at least. */
const signalMs = 1_000;

/** Bad parameter: what the flow calls answer for an audit id that this account does not have. */
const badParameter = '9401020';

/** A router that keeps nothing between pushes: one that comes twice is read and signalled twice, which is harmless. */
export function createAuditRouter(dependencies: AuditRouterDependencies): AuditRouter {
  const { wechat, cases, limits, now = () => new Date() } = dependencies;

  /** A push decides nothing (rule L7): `event` says which audit to read, and its status is only compared for the counter. */
  async function shopAudit(account: CallbackAccount, event: ProductCategoryAudit): Promise<Routed> {
    const deadline = performance.now() + limits.answerMs;
    const { auditId } = event;
    let flow: ShopAuditReading;
    try {
      flow = await readFlow(account, auditId);
    } catch (error) {
      return unreadableShopAudit(account, auditId, deadline, error);
    }
    const workflowId = channelsShopWorkflowId(account.appId, flow.catId);
    const verdict = channelsAuditVerdict(flow.status, 'flow');
    if (verdict === 'in_review') {
      // A push that is ahead of WeChat's own records is told apart: its case learns the verdict at its next read.
      const claimed = channelsAuditVerdict(event.status, 'event');
      return { result: claimed === 'in_review' ? 'in_review' : 'early', workflowId };
    }
    if (verdict === 'unknown') return deliver(workflowId, { kind: 'hint', auditId }, deadline);
    const report = { kind: 'read', auditId, verdict, rawStatus: flow.status, ...reasonOf(flow) } as const;
    const readAt = now().toISOString();
    const precheck = verdict === 'approved' ? await usability(account, flow.catId, deadline) : undefined;
    return deliver(workflowId, { ...report, readAt, ...(precheck === undefined ? {} : { precheck }) }, deadline);
  }

  /** In what is left of the time for an answer, less a signal's; `undefined`: it is not known, which holds nothing up. */
  async function usability(account: CallbackAccount, catId: string, deadline: number): Promise<Precheck | undefined> {
    const limitMs = Math.min(precheckMs, deadline - performance.now() - signalMs);
    if (limitMs <= 0) return undefined;
    try {
      return await within(limitMs, async (signal) =>
        wechat.channelsShop(account).categoryPrecheck?.(catId, { signal, timeoutMs: limitMs }),
      );
    } catch {
      return undefined;
    }
  }

  async function readFlow(account: CallbackAccount, auditId: string): Promise<ShopAuditReading> {
    const flow = await within(limits.readBackMs, (signal) =>
      wechat.channelsShop(account).getBizCatFlowDetail(auditId, { signal, timeoutMs: limits.readBackMs }),
    );
    // The answer names the case, so it must be about this audit and hold an id that a workflow id can be made of.
    if (flow.auditId !== auditId || !/^[1-9]\d*$/.test(flow.catId)) throw new MismatchedReading();
    return flow;
  }

  async function unreadableShopAudit(
    account: CallbackAccount,
    auditId: string,
    deadline: number,
    error: unknown,
  ): Promise<Routed> {
    const problem = problemOf(error);
    let workflowId: string | undefined;
    try {
      workflowId = await findCase(account.appId, auditId, deadline);
    } catch {
      return { result: 'unreadable', problem };
    }
    if (workflowId !== undefined) {
      return { ...(await deliver(workflowId, { kind: 'hint', auditId }, deadline)), problem };
    }
    // WeChat does not know this audit under this account: it is another shop's, or was never submitted by a case here.
    // Pushing it again could not change that, so it is acknowledged. The code is not documented to mean "not found"
    // ("bad parameter"), which is why an open case that waits for exactly this audit was looked for first.
    if (problem.errcode === badParameter) return { result: 'not_ours', problem };
    return { result: 'unreadable', problem };
  }

  async function findCase(appId: string, auditId: string, deadline: number): Promise<string | undefined> {
    const limitMs = Math.min(searchMs, deadline - performance.now());
    return within(limitMs, async () => cases.findByAudit?.(appId, auditId));
  }

  /** The push names the category, so the case is known whether or not the read-back succeeds (rule L8). */
  async function miniProgramAudit(account: CallbackAccount, event: WxaCategoryAudit): Promise<Routed> {
    const deadline = performance.now() + limits.answerMs;
    const { first, second } = event;
    const workflowId = miniProgramWorkflowId(account.appId, first, second);
    let category: MiniProgramCategoryReading | undefined;
    try {
      const { categories } = await within(limits.readBackMs, (signal) =>
        wechat.miniProgram(account).getCategory({ signal, timeoutMs: limits.readBackMs }),
      );
      category = categories.find((each) => each.first === first && each.second === second);
    } catch (error) {
      return { ...(await deliver(workflowId, { kind: 'hint' }, deadline)), problem: problemOf(error) };
    }
    const state = category && miniProgramAuditState(category.auditStatus, category.isExpired);
    if (state === 'in_review') return { result: 'early', workflowId };
    if (category === undefined || (state !== 'approved' && state !== 'rejected')) {
      // Deleted, lapsed, or a status nobody documented: no verdict, but the case should look for itself.
      return deliver(workflowId, { kind: 'hint' }, deadline);
    }
    const { auditStatus: rawStatus } = category;
    return deliver(
      workflowId,
      { kind: 'read', verdict: state, rawStatus, ...reasonOf(category), readAt: now().toISOString() },
      deadline,
    );
  }

  async function deliver(workflowId: string, report: AuditReport, deadline: number): Promise<Routed> {
    try {
      const answer = await within(deadline - performance.now(), () => cases.report(workflowId, report));
      if (answer === 'no-such-case') return { result: 'no_case', workflowId };
      return { result: report.kind === 'read' ? 'delivered' : 'hinted', workflowId };
    } catch (error) {
      return { result: 'undeliverable', workflowId, problem: problemOf(error) };
    }
  }

  return { shopAudit, miniProgramAudit };
}

/** WeChat's answer was about something else, or named no category. */
class MismatchedReading extends Error {
  override readonly name = 'MismatchedReading';
}

function reasonOf({ auditReason }: { auditReason?: string | undefined }): { reason?: string } {
  return auditReason ? { reason: auditReason } : {};
}
