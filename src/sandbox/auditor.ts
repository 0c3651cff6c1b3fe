/** How an auditor who is imitated makes up his mind: the same for the same submission, so that a run can be repeated. */
import { createHash } from 'node:crypto';
import type { AuditRecord, Verdict, VerdictRule } from './state.ts';

/** Sentences of the kind that auditors write. */
const reasons = [
  '资质图片不清晰，请重新上传清晰、完整的图片',
  '资质主体与账号主体不一致，请提供与账号主体一致的资质，或补充授权书',
  '资质已过有效期，请提供有效期内的资质',
  '营业执照经营范围不包含所申请类目，请更新后提交',
  '图片缺少公章，请上传加盖公章的资质',
] as const;

/** A number of [0, 1) that belongs to this submission; `purpose` keeps several apart. */
export function drawn({ id, submissions }: AuditRecord, purpose: string): number {
  const digest = createHash('sha256').update(`${id} ${submissions} ${purpose}`).digest();
  return digest.readUInt32BE() / 2 ** 32;
}

/** The verdict of a rule on a submission, with its reason. */
export function verdictBy(rule: VerdictRule, audit: AuditRecord): { verdict: Verdict; reason: string } {
  const { verdict = 'approved', reason = '', rejectOneIn } = rule;
  if (rejectOneIn === undefined || drawn(audit, 'verdict') * rejectOneIn >= 1) return { verdict, reason };
  const words = reasons[Math.floor(drawn(audit, 'reason') * reasons.length)] ?? reasons[0];
  return { verdict: 'rejected', reason: reason === '' ? words : reason };
}
