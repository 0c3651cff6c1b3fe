/** A case as text for a terminal; with --json the same facts go out as they are. */
import type { Attempt, CaseView, QualificationResult } from '../client/index.ts';

/** The view on a few lines: where it stands, why, what was sent, what can be done now. */
export function viewText(view: CaseView): string {
  const flags = [view.overdue ? 'overdue' : '', view.pending === undefined ? '' : `${view.pending} under way`];
  const status = [view.status, ...flags.filter((flag) => flag !== '')].join(', ');
  const lines = [`${view.workflowId}  ${status}  (since ${view.since}, waiting for ${view.waitingFor})`];
  if (view.blocked !== undefined) {
    const { during, reason, errcode, advice } = view.blocked;
    lines.push(
      `  blocked during ${during}: ${reason}${errcode === undefined ? '' : ` (errcode ${errcode})`}`,
      `    ${advice}`,
    );
  }
  lines.push(...view.attempts.map((attempt) => `  ${attemptText(attempt)}`));
  for (const { path, sha256, bytes, note } of view.material) {
    const facts = [bytes === undefined ? '' : `${bytes} bytes`, sha256?.slice(0, 12) ?? '', note ?? ''];
    lines.push(`  ${[path, ...facts.filter((fact) => fact !== '')].join('  ')}`);
  }
  if (view.ignoredMessages > 0) lines.push(`  ${view.ignoredMessages} messages were malformed and ignored`);
  lines.push(`  can do: ${view.canDo.length === 0 ? 'nothing' : view.canDo.join(', ')}`);
  return lines.join('\n');
}

/** `attempt 2: audit 123, rejected (执照不清晰) at …` */
function attemptText(attempt: Attempt): string {
  const audit = attempt.auditId === undefined ? '' : ` audit ${attempt.auditId},`;
  const verdict = attempt.verdict ?? (attempt.submittedAt === undefined ? 'not submitted yet' : 'no verdict yet');
  const reason = attempt.reason === undefined ? '' : ` (${attempt.reason})`;
  const when = attempt.decidedAt ?? attempt.submittedAt;
  return `attempt ${attempt.number}:${audit} ${verdict}${reason}${when === undefined ? '' : ` at ${when}`}`;
}

/** One line about the end. */
export function resultText(workflowId: string, result: QualificationResult): string {
  const already = result.alreadyInForce ? ', already in force before' : '';
  const other = result.by === 'other' ? ', by somebody else' : '';
  const audit = result.auditId === undefined ? '' : `, audit ${result.auditId}`;
  const reason = result.reason === undefined ? '' : `: ${result.reason}`;
  return `${workflowId}  ${result.outcome}${already}${other}${audit}${reason}`;
}
