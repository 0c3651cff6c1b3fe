/** `wxq template APPID CATEGORY`: writes a case with everything that the category asks for, to be filled in. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Argument, InvalidArgumentError } from '@commander-js/extra-typings';
import { miniProgramTemplate, shopTemplate } from '../../rules/template.ts';
import type { Accounts } from '../../store/accounts.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';

/** The case goes to standard output or a new file, what to know about it to standard error. */
export const templateCommand = (cli: Cli) =>
  newCommand(
    'template',
    'write a case to fill in, by what its category asks for',
    'wxq template wx5a2d8f1c3b7e9046 6201 --out case.json',
  )
    .argument('<appId>', 'the shop or the Mini Program')
    .addArgument(new Argument('<category>', "a shop's leaf, or FIRST-SECOND of a Mini Program").argParser(category))
    .option(
      '--via <componentAppId>',
      'the third-party platform that calls for it; default: the only one of the accounts',
    )
    .option('--out <file>', 'write it there; a file that exists is left alone')
    .option('--offline', 'use the rules that were kept at the last check, and ask nobody')
    .action(async (appId, { first, second }, { via, out: target, offline, json }) => {
      await act(cli, { json }, async (out) => {
        const { withCategoryRules } = await import('../lint/wechat-reading.ts');
        out.progress(`reading the rules of ${appId} …`);
        const { input, notes } = await withCategoryRules(
          { context: cli.context, out, offline: offline === true },
          async (rules, accounts) => {
            const componentAppId = via ?? platformOf(accounts, appId);
            const account = { appId, ...(componentAppId === undefined ? {} : { via: { componentAppId } }) };
            const caller = { appId, ...account.via };
            const template =
              second === undefined
                ? shopTemplate(account, first, (await rules.shop(caller, first)).rules)
                : miniProgramTemplate(account, { first, second }, (await rules.miniProgram(caller)).rules);
            if (template !== undefined) return template;
            throw new UsageError(
              `${appId} has no category ${second === undefined ? first : `${first}-${second}`}.`,
              "A shop's category is its leaf id; a Mini Program's the two ids FIRST-SECOND.",
            );
          },
        );
        for (const { zh, en } of notes) out.note(`${zh}\n  ${en}`);
        const text = JSON.stringify(input, undefined, 2);
        if (target !== undefined) await write(resolve(cli.context.cwd, target), text);
        const facts = target === undefined ? { input, notes } : { file: target, input, notes };
        out.result(facts, target === undefined ? text : `${target} written: fill it in, then wxq lint ${target}`);
        return exitStatus.done;
      });
    });

function category(text: string): { first: string; second?: string } {
  const [, first, second] = /^([1-9]\d{0,19})(?:-([1-9]\d{0,19}))?$/.exec(text) ?? [];
  if (first === undefined) throw new InvalidArgumentError('It must be a leaf id, or FIRST-SECOND.');
  return { first, ...(second === undefined ? {} : { second }) };
}

/** An account with an entry of its own calls for itself. */
function platformOf(accounts: Accounts | undefined, appId: string): string | undefined {
  if (accounts === undefined || accounts.shop(appId) !== undefined) return undefined;
  const [only, ...others] = accounts.platforms;
  return others.length > 0 ? undefined : only?.componentAppId;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new UsageError(
      isThere ? `${file} is there already.` : `${file} cannot be written.`,
      'Name another file with --out.',
      { cause: error },
    );
  }
}
