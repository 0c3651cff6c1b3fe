/** The life of an audit: submitted, read, decided by rule or by a person, and what a verdict changes. */
import type { KnownAccount } from './accounts.ts';
import { drawn, verdictBy } from './auditor.ts';
import type { PushSender } from './push-sender.ts';
import type { AuditRecord, PermissionRecord, SubmittedForm, Verdict, VerdictRule } from './state.ts';
import { seconds, type World } from './world.ts';

/** A push about a verdict that was given inside a call leaves a moment after the call's answer. */
const pushAfterAnswerMs = 30;
const pushFirstWaitMs = 1500;

export interface Submission {
  account: KnownAccount;
  categoryId: string;
  material: number;
  form?: SubmittedForm;
  origin: AuditRecord['origin'];
  /** What the category does when no rule says otherwise. */
  isApprovedAtOnce: boolean;
  /** When the papers run out; `null`: never, or not said. */
  papersEndAt?: number | null;
}

export interface Audits {
  /** A new form of a shop, or a new or repeated setting of a Mini Program. Decided before it returns where a rule says at once. */
  submit(submission: Submission): Promise<AuditRecord>;
  /** The verdict: permission, push and all. */
  decide(audit: AuditRecord, verdict: Verdict, reason: string, pushAfterMs?: number): void;
  /** Somebody looked at an open audit; with `afterReads` that is what ripens it. What was shown still was "in review". */
  countRead(audit: AuditRecord): void;
  /** Decides whatever the clock has made ripe. */
  decideDue(): void;
  nextDueAt(): number | undefined;
}

export function createAudits(world: World, pushes: PushSender): Audits {
  function decide(audit: AuditRecord, verdict: Verdict, reason: string, pushAfterMs = 0): void {
    const now = world.now();
    audit.status = verdict;
    audit.reason = reason;
    audit.decidedAt = now;
    audit.updatedAt = now;
    delete audit.plan;
    if (verdict === 'approved' && audit.platform === 'channels-shop') inForce(world, audit);
    if (verdict === 'approved') delete audit.isExpired;
    pushes.announce(audit, pushAfterMs);
    world.emit({ kind: 'audit', id: audit.id, appId: audit.appId, categoryId: audit.categoryId, status: verdict });
    world.changed();
  }

  return {
    decide,
    async submit(submission) {
      const audit = recorded(world, submission);
      const rule = ruleFor(world, submission);
      if (rule === undefined || rule.when === 'by-hand') return audit;
      const plan = verdictBy(rule, audit);
      if (rule.when === 'at-once') {
        decide(audit, plan.verdict, plan.reason, rule.pushFirst === true ? 0 : pushAfterAnswerMs);
        if (rule.pushFirst === true) {
          pushes.sendDue();
          await pushes.tried(audit.id, pushFirstWaitMs);
        }
      } else if ('afterReads' in rule.when) {
        audit.plan = { ...plan, reads: rule.when.afterReads };
      } else if ('afterSeconds' in rule.when) {
        audit.plan = { ...plan, dueAt: world.now() + rule.when.afterSeconds * 1000 };
      } else {
        const [from, to] = rule.when.betweenSeconds;
        const seconds = from + (to - from) * drawn(audit, 'when');
        audit.plan = { ...plan, dueAt: world.now() + Math.round(seconds * 1000) };
      }
      world.changed();
      return audit;
    },
    countRead(audit) {
      const { plan } = audit;
      if (audit.status !== 'open' || plan?.reads === undefined) return;
      plan.reads -= 1;
      if (plan.reads <= 0) decide(audit, plan.verdict, plan.reason, pushAfterAnswerMs);
      world.changed();
    },
    decideDue() {
      for (const audit of planned(world)) {
        const { plan } = audit;
        if (plan?.dueAt !== undefined && plan.dueAt <= world.now()) decide(audit, plan.verdict, plan.reason);
      }
    },
    nextDueAt() {
      const moments = planned(world).flatMap(({ plan }) => (plan?.dueAt === undefined ? [] : [plan.dueAt]));
      return moments.length === 0 ? undefined : Math.min(...moments);
    },
  };
}

/** The audits of an account, newest first. */
export function auditsOf(world: World, appId: string): AuditRecord[] {
  return Object.values(world.state.audits)
    .filter((audit) => audit.appId === appId)
    .reverse();
}

export function findAudit(world: World, id: string): AuditRecord | undefined {
  return Object.hasOwn(world.state.audits, id) ? world.state.audits[id] : undefined;
}

/** A Mini Program has one setting per category, named by it. */
export function miniAuditId(appId: string, categoryId: string): string {
  return `${appId}:${categoryId}`;
}

export function permissionKey(appId: string, categoryId: string): string {
  return `${appId}:${categoryId}`;
}

export function findPermission(world: World, appId: string, categoryId: string): PermissionRecord | undefined {
  const key = permissionKey(appId, categoryId);
  return Object.hasOwn(world.state.permissions, key) ? world.state.permissions[key] : undefined;
}

/** The permission that an approval gives: another `qua_id` and `effective_time` each time. */
function inForce(world: World, audit: AuditRecord): void {
  world.state.permissions[permissionKey(audit.appId, audit.categoryId)] = {
    appId: audit.appId,
    categoryId: audit.categoryId,
    isInForce: true,
    reason: '',
    effectiveTime: seconds(world),
    uneffectiveTime: 0,
    quaId: audit.quaId,
    auditId: audit.id,
    ...(audit.papersEndAt === undefined ? {} : { lapsesAt: audit.papersEndAt }),
  };
}

/** The earliest of the moments that are known. */
export function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function recorded(world: World, submission: Submission): AuditRecord {
  const { account, categoryId, material, form, origin, papersEndAt = null } = submission;
  const now = world.now();
  const isShop = account.platform === 'channels-shop';
  const id = isShop ? world.state.nextAuditId : miniAuditId(account.appId, categoryId);
  const before = isShop ? undefined : findAudit(world, id);
  const audit: AuditRecord = {
    id,
    platform: account.platform,
    appId: account.appId,
    categoryId,
    status: 'open',
    reason: '',
    origin,
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    decidedAt: null,
    material,
    submissions: (before?.submissions ?? 0) + 1,
    quaId: isShop ? world.state.nextQuaId : '0',
    ...(form === undefined ? {} : { form }),
    ...(papersEndAt === null ? {} : { papersEndAt }),
  };
  if (isShop) {
    // Two apart, so that each one is odd: beyond 2^53 an odd number does not survive a bare JSON.parse.
    world.state.nextAuditId = String(BigInt(world.state.nextAuditId) + 2n);
    world.state.nextQuaId = String(BigInt(world.state.nextQuaId) + 1n);
  }
  world.state.audits[id] = audit;
  world.emit({ kind: 'audit', id, appId: account.appId, categoryId, status: 'open' });
  world.changed();
  return audit;
}

function ruleFor(world: World, { account, categoryId, isApprovedAtOnce, origin }: Submission): VerdictRule | undefined {
  // What a person applies for in the back office is decided by the person who asked for it.
  if (origin === 'back-office') return undefined;
  const builtIn: VerdictRule[] = isApprovedAtOnce ? [{ categoryId, when: 'at-once', verdict: 'approved' }] : [];
  const specificity = (rule: VerdictRule): number =>
    (rule.categoryId === undefined ? 0 : 2) + (rule.appId === undefined ? 0 : 1);
  return [...builtIn, ...world.state.verdictRules]
    .filter((rule) => rule.appId === undefined || rule.appId === account.appId)
    .filter((rule) => rule.categoryId === undefined || rule.categoryId === categoryId)
    .sort((a, b) => specificity(a) - specificity(b))
    .at(-1);
}

function planned(world: World): AuditRecord[] {
  return Object.values(world.state.audits).filter((audit) => audit.plan !== undefined);
}
