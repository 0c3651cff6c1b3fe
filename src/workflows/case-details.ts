/** What an engineer on call reads at the top of the workflow's page in Web UI: current details, in Markdown. */
import type { Attempt, Status } from '../contract/qualification.ts';
import { type CaseState, isForeignAudit, possibleActions } from './case-state.ts';

const sentences: Record<Status, string> = {
  preparing: 'Images are being fetched and uploaded.',
  submitting: 'The submission is under way; its answer is awaited.',
  in_review: 'WeChat is reviewing. The push decides, or a read that repeats by itself (20 s to 6 h). Nothing to do.',
  needs_material: 'A person must correct the material: send the Update `resubmit`.',
  blocked: 'A person or time must mend the account. It is tried again slowly by itself (5 min to 1 h).',
  approved: 'The category is in force.',
  withdrawn: 'Given up.',
  expired: 'The deadline for corrections has passed.',
};

const onlyByRetry =
  'Nothing is sent by itself: it would spend quota that nobody asked to spend. Send the Update `retry` to send it again.';

/** State -> Markdown. Derived whenever it is asked for; it costs no history event. */
export function describeCase(state: CaseState): string {
  const { status, overdue, since, pending, blocked, attempts, turn, quota } = state;
  const sentence = blocked?.onlyByRetry === true ? onlyByRetry : sentences[status];
  const lines = [`### ${status}${overdue ? ' (overdue)' : ''}`, '', `${sentence} Since ${since}.`];
  if (turn !== undefined)
    lines.push('', `**Waits its turn** since ${turn.since}: ${turn.ahead} submissions of this account were before it.`);
  if (pending !== undefined) lines.push('', `**Being carried out:** ${pending}`);
  if (blocked !== undefined) {
    const code = blocked.errcode === undefined ? '' : ` (errcode ${blocked.errcode})`;
    lines.push(
      '',
      `**Blocked during ${blocked.during}**${code}: ${oneLine(blocked.reason)}`,
      '',
      `**What leads out:** ${oneLine(blocked.advice)}`,
    );
    if (isForeignAudit(state) && blocked.openAuditId !== undefined)
      lines.push('', `The open audit that is not ours: \`${blocked.openAuditId}\``);
  }
  if (attempts.length > 0)
    lines.push('', '| # | audit | submitted | verdict | reason |', '|---|---|---|---|---|', ...attempts.map(rowOf));
  const last = quota?.at(-1);
  if (last !== undefined)
    lines.push('', `**Additions left:** ${last.before ?? '?'} before the last write, ${last.after ?? '?'} after it`);
  const actions = possibleActions(state);
  if (actions.length > 0)
    lines.push('', `**What can be done now:** ${actions.map((action) => `\`${action}\``).join(', ')}`);
  return lines.join('\n');
}

const rowOf = ({ number, auditId = '', submittedAt = '', verdict = '', reason = '' }: Attempt): string =>
  `| ${number} | ${auditId} | ${submittedAt} | ${verdict} | ${cell(reason)} |`;

/** A reason is free text from an auditor: it must not break the table. */
const cell = (text: string): string => oneLine(text).replaceAll(/[\\|]/g, '\\$&');

/** Free text must not begin a heading or a list. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
