/** `wxq resubmit ID`: corrected material for a case that needs it. */
import { resolve } from 'node:path';
import { type CaseHandle, InvalidCaseError, type Resubmission } from '../../client/index.ts';
import { missingFiles } from '../case-file.ts';
import { actOnCases, type Cli, collect, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { acceptedText } from './accepted-text.ts';

/** Paths as `wxq show` prints them. */
export const resubmitCommand = (cli: Cli) =>
  newCommand(
    'resubmit',
    'send corrected material',
    'wxq resubmit channels-shop/wx5a2d8f1c3b7e9046/6201 --image licenses/1/2/images/0=examples/images/business-licence-sharp.jpg --note "sharper scan"',
  )
    .argument('<id>', 'workflow id of the case')
    .option(
      '--image <path=file>',
      'replace an image (repeatable); the path may be left out if the case has one image',
      collect,
    )
    .option('--set <path=value>', 'set a text; a value that starts with [ is a JSON list (repeatable)', collect)
    .option('--remove <path>', 'remove a place; removals come before settings (repeatable)', collect)
    .option('--note <text>', 'why, for whoever reads the case later')
    .option('--by <name>', 'who asks for it')
    .option('--force', 'send although nothing changed, or a paper is no longer valid')
    .option('--update-id <id>', 'repeating the command with the same id is harmless')
    .action(async (id, options) => {
      await actOnCases(cli, options, async (client, out) => {
        const handle = client.get(id);
        const set = { ...(await images(handle, options.image ?? [], cli.context.cwd)), ...texts(options.set ?? []) };
        const resubmission: Resubmission = {
          ...(Object.keys(set).length === 0 ? {} : { set }),
          ...(options.remove === undefined ? {} : { remove: options.remove }),
          ...(options.note === undefined ? {} : { note: options.note }),
          ...(options.by === undefined ? {} : { by: options.by }),
          ...(options.force === undefined ? {} : { force: true }),
        };
        const accepted = await handle.resubmit(
          resubmission,
          options.updateId === undefined ? {} : { updateId: options.updateId },
        );
        out.result(accepted, acceptedText(id, accepted));
        return exitStatus.done;
      });
    });

async function images(handle: CaseHandle, given: string[], cwd: string): Promise<Record<string, string>> {
  const placed: { path: string; source: string }[] = [];
  for (const text of given) {
    const { path, value } = pair(text);
    placed.push({ path: path ?? (await onlyImage(handle)), source: value });
  }
  const findings = await missingFiles(placed, cwd);
  if (findings.length > 0) throw new InvalidCaseError(findings);
  return Object.fromEntries(placed.map(({ path, source }) => [path, isPlain(source) ? resolve(cwd, source) : source]));
}

/** A path on this machine, and no address. */
export const isPlain = (source: string): boolean => !/^[a-z][a-z0-9+.-]+:/i.test(source);

async function onlyImage(handle: CaseHandle): Promise<string> {
  const { material } = await handle.view();
  const [only, ...more] = material;
  if (only !== undefined && more.length === 0) return only.path;
  const paths = material.map((item) => item.path).join(', ') || 'none';
  throw new UsageError(
    `--image needs a path: the case has ${material.length} images (${paths}).`,
    'Write --image PATH=FILE.',
  );
}

/** `--set` options; a value that starts with [ is a JSON list. */
export function texts(given: string[]): Record<string, string | string[]> {
  return Object.fromEntries(
    given.map((text) => {
      const { path, value } = pair(text);
      if (path === undefined) throw new UsageError(`--set ${text} has no "=": it reads PATH=VALUE.`);
      return [path, value.startsWith('[') ? listOf(value) : value];
    }),
  );
}

function listOf(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  } catch {
    // Told below, together with lists of something else.
  }
  throw new UsageError(`${text} is not a JSON list of texts, such as ["10000083"].`);
}

/** Split at the first `=`: in a path it is written %3D. */
export function pair(text: string): { path?: string; value: string } {
  const at = text.indexOf('=');
  const isPath = at > 0 && !text.slice(0, at).includes('?') && !/^[a-z]+:\/\//i.test(text);
  return isPath ? { path: text.slice(0, at), value: text.slice(at + 1) } : { value: text };
}
