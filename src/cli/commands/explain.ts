/** `wxq explain CODE`: what an error code of WeChat's means, what the program does about it and what a person presses. */
import { act, type Cli, newCommand } from '../command.ts';
import { type Explanation, errorCourses, explainErrcode } from '../error-course.ts';
import { exitStatus, UsageError } from '../exit-status.ts';

/** Asks nobody: the table is part of the program. Exit status 1 for a code that is not in it. */
export const explainCommand = (cli: Cli) =>
  newCommand('explain', "explain one of WeChat's error codes", 'wxq explain 10020064')
    .argument('<code>', 'errcode, as in the view of a case')
    .option('--endpoint <path>', 'the call that answered it; a few codes mean something else at one call')
    .action(async (code, options) => {
      await act(cli, options, async (out) => {
        if (!/^-?\d{1,15}$/.test(code))
          throw new UsageError(`${code} is no errcode.`, 'An errcode is a number, as in `blocked.errcode` of a view.');
        const explanation = explainErrcode(code, options.endpoint);
        if (code === '0')
          throw new UsageError('0 is no error: WeChat took the call.', 'Look at what the case waits for: wxq show ID.');
        out.result(explanation, textOf(explanation));
        if (!explanation.isKnown)
          out.warn(`no page describes ${code}, so what stands above holds for every unknown code (exit status 1)`);
        return explanation.isKnown ? exitStatus.done : exitStatus.findings;
      });
    });

function textOf({ code, kind, meaning, advice, endpoints, program, elsewhere }: Explanation): string {
  const { name } = errorCourses[kind];
  const both = (title: string, { zh, en }: { zh: string; en: string }) => [title, `  ${en}`, `  ${zh}`];
  return [
    `${code}  ${name.en} (${name.zh})${endpoints === undefined ? '' : `, at ${endpoints.join(', ')}`}`,
    ...both('Meaning', meaning),
    ...both('What to do', advice),
    ...both('What the program does at a read or an upload', program.reading),
    ...both('What the program does at the submission', program.submitting),
    ...elsewhere.map((row) => {
      const where = row.endpoints === undefined ? 'Everywhere else' : `At ${row.endpoints.join(', ')}`;
      return `${where}: ${errorCourses[row.kind].name.en}: ${row.meaning.en} (${row.meaning.zh})`;
    }),
  ].join('\n');
}
