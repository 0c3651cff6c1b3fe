/** A case as text for a terminal; with --json the same facts go out as they are. */
import type { Attempt, CaseView, QualificationResult } from '../client/index.ts';
import { type CategoryPaths, categoryPathsOf } from './category-paths.ts';
import type { CliContext } from './context.ts';
import { type Colours, coloursOf, paintedStatus } from './text/colours.ts';
import { type LocalTime, localTimeOf } from './text/local-time.ts';

/** How a case is told to whoever reads it. */
export interface Telling {
  local: LocalTime;
  pathOf: CategoryPaths;
  colours: Colours;
}

/** Looks the categories' names up, as far as they are known here. */
export async function tellingOf(
  { env, stdout }: Pick<CliContext, 'env' | 'stdout'>,
  cases: readonly Pick<CaseView, 'platform' | 'appId' | 'categoryId'>[],
): Promise<Telling> {
  return { local: localTimeOf(env), pathOf: await categoryPathsOf(env, cases), colours: coloursOf(stdout, env) };
}

/** `needs_material, overdue, withdraw under way` */
export function standingText({ status, overdue, pending }: Pick<CaseView, 'status' | 'overdue' | 'pending'>): string {
  const flags = [overdue ? 'overdue' : '', pending === undefined ? '' : `${pending} under way`];
  return [status, ...flags.filter((flag) => flag !== '')].join(', ');
}

/** The view on a few lines: where it stands, why, what was sent, what can be done now. */
export function viewText(view: CaseView, { local, pathOf, colours }: Telling): string {
  const status = standingText(view);
  const path = pathOf(view);
  const since = `since ${local.of(view.since)} ${local.zone}`;
  const lines = [
    `${view.workflowId}  ${paintedStatus(colours, status)(status)}  (${since}, waiting for ${view.waitingFor})`,
  ];
  if (path !== undefined) lines.push(`  category: ${path}`);
  if (view.blocked !== undefined) {
    const { during, reason, errcode, advice } = view.blocked;
    lines.push(
      `  blocked during ${during}: ${reason}${errcode === undefined ? '' : ` (errcode ${errcode})`}`,
      `    ${advice}`,
    );
  }
  for (const { level, code, path, zh, en } of view.findings ?? [])
    lines.push(`  ${level} ${code}${path === '' ? '' : `  ${path}`}`, `    ${zh} ${en}`);
  lines.push(...view.attempts.map((attempt) => `  ${attemptText(attempt, local)}`));
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
function attemptText({ number, auditId, verdict, reason, decidedAt, submittedAt }: Attempt, local: LocalTime): string {
  const audit = auditId === undefined ? '' : ` audit ${auditId},`;
  const why = reason === undefined ? '' : ` (${reason})`;
  if (verdict !== undefined)
    return `attempt ${number}:${audit} ${verdict}${why}${decidedAt === undefined ? '' : ` at ${local.of(decidedAt)}`}`;
  // An audit without a time of ours was submitted by somebody else and is only followed.
  const ofOthers = auditId === undefined ? 'not submitted yet' : 'followed, not submitted through this case';
  return `attempt ${number}:${audit} ${submittedAt === undefined ? ofOthers : `submitted at ${local.of(submittedAt)}`}${why}`;
}

/** Chinese keys as they read; `resubmit --image` takes them so. What would mean something else there stays encoded. */
export function readable(path: string): string {
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
