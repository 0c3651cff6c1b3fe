/** What an import would do, row by row: the case that each row makes, and everything that speaks against starting it. */
import {
  type ChannelsShopInput,
  type Checked,
  CheckFailedError,
  inputDigest,
  type MiniProgramInput,
  type Platform,
  RulesUnavailableError,
  workflowIdOfMiniProgramCase,
  workflowIdOfShopCase,
} from '../client/index.ts';
import type { InBoth } from '../contract/check.ts';
import type { Image } from '../contract/qualification.ts';
import { eachBounded } from './bounded.ts';
import { caseOfRow, columnOfMember, subjectOfRow } from './case-of-row.ts';
import { categoryByNames } from './category-of-row.ts';
import type { ImportTable, TableRow } from './import-file.ts';
import { type RowFinding, rowFinding } from './row-finding.ts';

/** One row, looked at. Without an error among `findings` it can be started. */
export interface PreviewRow {
  /** As the spreadsheet counts: the header is row 1. */
  row: number;
  platform?: Platform;
  appId: string;
  /** As it is written in the file. */
  category: string;
  /** By names, root first, where they are known. */
  categoryPath?: string;
  intent: 'new' | 'renew' | 'adopt';
  externalId?: string;
  /** Set when a case can be made of the row, whatever the live rules say of it. */
  input?: ChannelsShopInput | MiniProgramInput;
  workflowId?: string;
  /** Names the content of the row: the same row has the same one, wherever it stands. */
  digest?: string;
  findings: RowFinding[];
  isReady: boolean;
}

/** What a preview may ask; everything is optional, and what is absent is not looked at. */
export interface PreviewAround {
  /** id -> path of names (root first, ` > ` between) of the categories that an account is shown. May reject. */
  categoryPaths?(account: {
    platform: Platform;
    appId: string;
    componentAppId?: string;
  }): Promise<ReadonlyMap<string, string>>;
  /** What stands for an image as it is written: its source, or why there is none. */
  image?(written: string): Promise<{ source: string } | InBoth>;
  /** The live rules: `client.check`. Not asked for rows that only follow an audit. */
  check?(input: ChannelsShopInput | MiniProgramInput): Promise<Checked>;
  /** How many rows are looked at at once. */
  atOnce?: number;
  onRow?(done: number, of: number): void;
  signal?: AbortSignal;
}

/**
 * Looks at every row, in the order of the file. Starts nothing.
 * Rejects with what `check` rejects with when that is not about the row (no worker, Temporal away), and when it was stopped.
 */
export async function previewImport(table: ImportTable, around: PreviewAround = {}): Promise<PreviewRow[]> {
  const { atOnce = 8, signal } = around;
  const namesOf = createNames(around.categoryPaths);
  const rows: PreviewRow[] = [];
  await eachBounded(
    table.rows,
    atOnce,
    async (row) => void rows.push(await localPreview(table, row, namesOf, around)),
    signal,
  );
  rows.sort((a, b) => a.row - b.row);
  markRepeated(rows);
  let done = 0;
  await eachBounded(
    rows,
    atOnce,
    async (row) => {
      if (around.check !== undefined) await checkLive(table, row, around.check);
      done += 1;
      around.onRow?.(done, rows.length);
    },
    signal,
  );
  signal?.throwIfAborted();
  for (const row of rows) row.isReady = row.input !== undefined && !hasError(row);
  return rows;
}

type Names = (subject: {
  platform: Platform;
  appId: string;
  componentAppId?: string;
}) => Promise<ReadonlyMap<string, string> | undefined>;

/** Each account is asked once. `undefined`: its trees cannot be read. */
function createNames(read: PreviewAround['categoryPaths']): Names {
  const asked = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();
  return ({ platform, appId, componentAppId }) => {
    const key = JSON.stringify([platform, appId, componentAppId]);
    const account = { platform, appId, ...(componentAppId === undefined ? {} : { componentAppId }) };
    const answer = asked.get(key) ?? Promise.resolve(read?.(account)).catch(() => undefined);
    asked.set(key, answer);
    return answer;
  };
}

async function localPreview(
  table: ImportTable,
  row: TableRow,
  namesOf: Names,
  { image }: PreviewAround,
): Promise<PreviewRow> {
  const { platform, category, findings, ...account } = subjectOfRow(table, row);
  const preview: PreviewRow = {
    row: row.number,
    appId: account.appId,
    category: row.cells.get('category') ?? '',
    intent: 'new',
    findings,
    isReady: false,
    ...(platform === undefined ? {} : { platform }),
    ...(row.cells.has('externalId') ? { externalId: row.cells.get('externalId') ?? '' } : {}),
  };
  if (platform === undefined || category === undefined || hasError(preview)) return preview;
  const paths = await namesOf({ platform, ...account });
  let id =
    category.kind === 'leaf'
      ? category.leaf
      : category.kind === 'pair'
        ? `${category.first}-${category.second}`
        : undefined;
  if (category.kind === 'names') {
    const found = paths === undefined ? { finding: namesUnreadable } : categoryByNames(category.names, paths);
    if ('finding' in found) {
      findings.push(found.finding);
      return preview;
    }
    id = found.id;
  }
  const path = paths?.get(id ?? '');
  if (path !== undefined) preview.categoryPath = path;
  const [first = '', second = ''] = (id ?? '').split('-');
  const made = caseOfRow(
    table,
    row,
    platform === 'mini-program' ? { platform, first, second } : { platform, leaf: first },
  );
  findings.push(...made.findings);
  if (made.input === undefined) return preview;
  const input = image === undefined ? made.input : await withImages(table, made.input, image, findings);
  return {
    ...preview,
    intent: typeof input.intent === 'object' ? 'adopt' : (input.intent ?? 'new'),
    input,
    workflowId: 'first' in input ? workflowIdOfMiniProgramCase(input) : workflowIdOfShopCase(input),
    digest: inputDigest(input),
  };
}

const namesUnreadable = rowFinding(
  'category-names',
  'category',
  { zh: '无法读取该账号的类目名称。', en: "The account's category names cannot be read." },
  { advice: { zh: '请改填类目 id，或检查账号设置。', en: 'Write the id of the category, or look at the account.' } },
);

/** The input with every image as `image` knows it. */
async function withImages<Input extends ChannelsShopInput | MiniProgramInput>(
  { columns }: ImportTable,
  input: Input,
  image: NonNullable<PreviewAround['image']>,
  findings: RowFinding[],
): Promise<Input> {
  const next = structuredClone(input);
  for (const { path, images } of imageLists(next))
    for (const [at, written] of images.entries()) {
      if (typeof written !== 'string') continue;
      const answer = await image(written);
      if ('source' in answer) images[at] = answer.source;
      else findings.push(rowFinding('image', columnOfMember(columns, next, `${path}[${at}]`), answer));
    }
  return next;
}

function imageLists(input: ChannelsShopInput | MiniProgramInput): { path: string; images: Image[] }[] {
  if ('first' in input)
    return input.certificates.map(({ images }, at) => ({ path: `certificates[${at}].images`, images }));
  return Object.entries(input.material).flatMap(([name, value]) => {
    if (name === 'licenses' && input.material.form === 'licenses')
      return input.material.licenses.map(({ images }, at) => ({ path: `material.licenses[${at}].images`, images }));
    return Array.isArray(value) ? [{ path: `material.${name}`, images: value as Image[] }] : [];
  });
}

/** One case at a time runs for an account and category: a second row for the same would never be started. */
function markRepeated(rows: readonly PreviewRow[]): void {
  const firstOf = new Map<string, number>();
  for (const { workflowId, row, findings } of rows) {
    if (workflowId === undefined) continue;
    const first = firstOf.get(workflowId);
    if (first === undefined) firstOf.set(workflowId, row);
    else
      findings.push(
        rowFinding('repeated', 'category', {
          zh: `与第 ${first} 行是同一账号的同一类目。`,
          en: `Row ${first} is for the same account and category.`,
        }),
      );
  }
}

async function checkLive(
  table: ImportTable,
  row: PreviewRow,
  check: NonNullable<PreviewAround['check']>,
): Promise<void> {
  const { input, findings } = row;
  if (input === undefined || hasError(row) || row.intent === 'adopt' || input.skipCheck === true) return;
  try {
    for (const finding of (await check(input)).findings)
      findings.push({ ...finding, column: columnOfMember(table.columns, input, finding.path) });
  } catch (error) {
    if (!(error instanceof RulesUnavailableError || error instanceof CheckFailedError)) throw error;
    findings.push(
      rowFinding(
        'not-checked',
        '',
        {
          zh: `无法按类目规则检查：${error.message}`,
          en: `It could not be checked against the category's rules: ${error.message}`,
        },
        { advice: { zh: error.advice, en: error.advice } },
      ),
    );
  }
}

const hasError = ({ findings }: PreviewRow): boolean => findings.some(({ level }) => level === 'error');
