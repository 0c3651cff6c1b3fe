/** Before anything is sent: what the category's rules say about the input, and whether the case stops there. */
import { isCancellation, patched } from '@temporalio/workflow';
import { accountErrcodes, type CheckFinding } from '../contract/check.ts';
import type { CaseInput } from '../contract/qualification.ts';
import type { CaseRun } from './case-run.ts';
import { readProblem } from './failure-reading.ts';

/** A reason is read in lists and messages; the whole findings stand in the view. */
const toldErrors = 5;
const toldCharacters = 1_500;

/** Whether this attempt is compared with the rules at all. */
export function isToBeChecked<Input extends CaseInput>({ memory, state }: CaseRun<Input>): boolean {
  const { skipCheck, intent } = memory.input;
  // A case that only follows an audit submits nothing; after a rejection it is like any other.
  const onlyFollows = typeof intent === 'object' && state.attempts.length === 0;
  return skipCheck !== true && !memory.force && !onlyFollows;
}

/** Compares the input of this attempt with the rules, once. `false`: the case has moved elsewhere. */
export async function passCheck<Input extends CaseInput>(run: CaseRun<Input>): Promise<boolean> {
  const { memory, state } = run;
  if (!isToBeChecked(run)) return true;
  if (memory.check?.attempt !== state.attempt) {
    // Mostly the first look has checked already. Without this patch: cases whose first look was made before 0.2.0, when
    // nothing was checked. To be removed with 0.3.0.
    if (memory.check === undefined && !patched('checked-against-the-rules')) return true;
    memory.check = { attempt: state.attempt, findings: await whatTheRulesSay(run) };
  }
  const errors = memory.check.findings.filter(({ level }) => level === 'error');
  const [first] = errors;
  if (first === undefined) return true;
  if (errors.every(({ code }) => Object.hasOwn(accountErrcodes, code))) {
    // Whatever comes next looks anew.
    memory.check = { ...memory.check, attempt: 0 };
    const errcode = accountErrcodes[first.code];
    run.dispatch({
      type: 'blocked',
      blocked: {
        during: 'preflight',
        reason: `quota: ${first.zh} ${first.en}`,
        onlyByRetry: true,
        advice: `${first.advice.en} Then press retry. (${first.advice.zh}然后点「重试」(retry)。)`,
        ...(errcode === undefined ? {} : { errcode }),
      },
    });
  } else run.dispatch({ type: 'refused', reason: reasonOf(errors) });
  return false;
}

async function whatTheRulesSay<Input extends CaseInput>({ memory, steps }: CaseRun<Input>): Promise<CheckFinding[]> {
  try {
    return await steps.check(memory.input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { reason } = readProblem(error);
    return [
      {
        code: 'rules-unread',
        level: 'warning',
        path: '',
        zh: `未能读取类目规则，提交前未检查：${reason}。`,
        en: `The category's rules could not be read, so nothing was checked before the submission: ${reason}.`,
        advice: { zh: '无需处理，案件会继续。', en: 'Nothing to do: the case goes on.' },
      },
    ];
  }
}

/** Every error with its place, in both languages, as far as a reason has room. */
function reasonOf(errors: CheckFinding[]): string {
  const told = errors
    .slice(0, toldErrors)
    .map(({ path, zh, en }, n) => `(${n + 1}) ${path === '' ? '' : `${path}: `}${zh} ${en}`)
    .join(' ');
  const more = errors.length > toldErrors ? ` (+${errors.length - toldErrors})` : '';
  const count = `check: 提交前检查发现 ${errors.length} 个问题，未提交。Not submitted: the check against the category's rules found ${errors.length}.`;
  const text = `${count} ${told}${more}`;
  return text.length <= toldCharacters ? text : `${text.slice(0, toldCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
