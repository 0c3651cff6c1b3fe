/** What an import looks up on this machine: the file itself, the images it names, the names of categories. */
import { access, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { listedPaths, treePaths } from '../../console/category-paths.ts';
import { writtenCategory } from '../../importing/category-of-row.ts';
import { ImportFileError, type ImportTable, readTable } from '../../importing/import-file.ts';
import type { PreviewAround } from '../../importing/preview.ts';
import { ConfigError } from '../../runtime/config.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-status.ts';
import type { Output } from '../output.ts';

/** @throws UsageError, in both languages where a person who made the file reads it. */
export async function readImportFile(path: string, name: string): Promise<ImportTable> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : error}.`, undefined, {
      cause: error,
    });
  }
  try {
    return readTable(bytes);
  } catch (error) {
    if (!(error instanceof ImportFileError)) throw error;
    const sentences = error.problems.map(({ zh, en }) => `${zh}\n  ${en}`);
    throw new UsageError(`${name}: ${sentences.join('\n  ')}`, `${error.advice.zh}\n  ${error.advice.en}`, {
      cause: error,
    });
  }
}

/** Relative paths are meant for this machine, and start at the file's own folder; everything else is the worker's to fetch. */
export const imagesBeside =
  (folder: string): NonNullable<PreviewAround['image']> =>
  async (written) => {
    if (/^([a-z][a-z0-9+.-]+:|\/|\\|[a-z]:)/i.test(written)) return { source: written };
    const file = resolve(folder, written);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    return isThere
      ? { source: written }
      : { zh: `图片文件不存在：${written}（${file}）。`, en: `There is no image ${written} (${file}).` };
  };

/**
 * Runs `work` with the names of categories: WeChat's own where the file has names and the accounts are known here, else those
 * that were kept at an earlier check.
 */
export async function withCategoryPaths<Result>(
  {
    context,
    out,
    table,
  }: { context: Pick<CliContext, 'env' | 'stderr'>; out: Pick<Output, 'warn'>; table: ImportTable },
  work: (paths: NonNullable<PreviewAround['categoryPaths']>) => Promise<Result>,
): Promise<Result> {
  // Loaded here: most imports name categories by their ids.
  const { withCategoryRules } = await import('../lint/wechat-reading.ts');
  let isBegun = false;
  const withPaths = (offline: boolean): Promise<Result> =>
    withCategoryRules({ context, out, offline }, (rules) => {
      isBegun = true;
      return work(async ({ platform, appId, componentAppId }) => {
        const account = { appId, ...(componentAppId === undefined ? {} : { componentAppId }) };
        if (platform === 'mini-program') return listedPaths((await rules.miniProgram(account)).rules.categories);
        const { cats, catsV2 } = (await rules.shop(account, '0')).rules;
        return new Map([...treePaths(cats), ...treePaths(catsV2)]);
      });
    });
  const hasNames = table.rows.some(({ cells }) => writtenCategory(cells.get('category') ?? '0').kind === 'names');
  if (!hasNames) return await withPaths(true);
  try {
    return await withPaths(false);
  } catch (error) {
    if (isBegun || !(error instanceof ConfigError)) throw error;
    return await withPaths(true);
  }
}
