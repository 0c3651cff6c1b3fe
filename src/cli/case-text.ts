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
  for (const { level, code, path, zh, en } of view.findings ?? [])
    lines.push(`  ${level} ${code}${path === '' ? '' : `  ${path}`}`, `    ${zh} ${en}`);
  lines.push(...view.attempts.map((attempt) => `  ${attemptText(attempt)}`));
  for (const { path, sha256, bytes, note } of view.material) {
    const facts = [bytes === undefined ? '' : `${bytes} bytes`, sha256?.slice(0, 12) ?? '', note ?? ''];
    lines.push(`  ${[readable(path), ...facts.filter((fact) => fact !== '')].join('  ')}`);
  }
  if (view.precheck !== undefined) lines.push(`  ${precheckText(view.precheck)}`);
  if (view.ignoredMessages > 0) lines.push(`  ${view.ignoredMessages} messages were malformed and ignored`);
  lines.push(`  can do: ${view.canDo.length === 0 ? 'nothing' : view.canDo.join(', ')}`);
  return lines.join('\n');
}

/** `attempt 2: audit 123, rejected (执照不清晰) at …` */
function attemptText({ number, auditId, verdict, reason, decidedAt, submittedAt }: Attempt): string {
  const audit = auditId === undefined ? '' : ` audit ${auditId},`;
  const why = reason === undefined ? '' : ` (${reason})`;
  if (verdict !== undefined)
    return `attempt ${number}:${audit} ${verdict}${why}${decidedAt === undefined ? '' : ` at ${decidedAt}`}`;
  // An audit without a time of ours was submitted by somebody else and is only followed.
  const ofOthers = auditId === undefined ? 'not submitted yet' : 'followed, not submitted through this case';
  return `attempt ${number}:${audit} ${submittedAt === undefined ? ofOthers : `submitted at ${submittedAt}`}${why}`;
}

/** Chinese keys as they read; `resubmit --image` takes them so. What would mean something else there stays encoded. */
function readable(path: string): string {
  const segments = path.split('/').map((segment) => {
    const plain = decodeURIComponent(segment);
    return /[/%=\s]/.test(plain) ? segment : plain;
  });
  return segments.join('/');
}

/** One line about the end. */
export function resultText(workflowId: string, result: QualificationResult): string {
  const already = result.alreadyInForce ? ', already in force before' : '';
  const other = result.by === 'other' ? ', by somebody else' : '';
  const audit = result.auditId === undefined ? '' : `, audit ${result.auditId}`;
  const reason = result.reason === undefined ? '' : `: ${result.reason}`;
  const usable = result.precheck === undefined ? '' : `\n  ${precheckText(result.precheck)}`;
  return `${workflowId}  ${result.outcome}${already}${other}${audit}${reason}${usable}`;
}

const precheckText = ({ allPass, failReasons }: NonNullable<CaseView['precheck']>): string =>
  allPass
    ? 'the shop may publish in it now'
    : `the shop may not publish in it yet: ${failReasons.join('; ') || 'no reason given'}`;
