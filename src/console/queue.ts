/** The lists of cases: which ones, in which order, with what a person needs to decide about each. */
import type { CaseRow, CaseView, QualificationClient } from '../client/index.ts';
import { NoWorkerError } from '../client/index.ts';
import type { Platform, Status } from '../contract/qualification.ts';
import type { CategoryNames } from './category-names.ts';

export interface QueueFilter {
  status?: Status;
  appId?: string;
  /** In the id, the category's name or the reason. */
  text?: string;
}

/** One line of a list. */
export interface QueueLine {
  row: CaseRow;
  /** Absent when no worker answered. */
  view?: CaseView;
  /** 酒类 > 白酒, where it is known. */
  category?: string;
  reason?: string;
}

export interface QueuePage {
  lines: QueueLine[];
  /** From 1. */
  page: number;
  pages: number;
  total: number;
  /** There are more than were looked at. */
  isCut: boolean;
  /** The text was looked for in the reasons of the first so many only. */
  isSearchCut: boolean;
  /** Nobody answered: reasons are missing. */
  isWorkerMissing: boolean;
}

export interface QueueDependencies {
  client: QualificationClient;
  names: CategoryNames;
}

/** Visibility is read up to here; a queue that is longer is no list for a person. */
export const maxListed = 2_000;
export const maxSearched = 300;
export const linesPerPage = 25;
const viewsAtOnce = 8;

/** What waits for a person. */
export const waitingStatuses: readonly Status[] = ['needs_material', 'blocked'];

/**
 * Cases in these statuses that still run, the oldest first.
 * @param isWanted of the lines that were looked at; without it no view is needed to choose.
 */
export async function queuePage(
  { client, names }: QueueDependencies,
  wanted: {
    statuses: readonly (Status | undefined)[];
    filter: QueueFilter;
    page: number;
    perPage?: number;
    onlyOpen?: boolean;
  },
  isWanted?: (view: CaseView) => boolean,
): Promise<QueuePage> {
  const { filter, perPage = linesPerPage } = wanted;
  const listed: CaseRow[] = [];
  let isCut = false;
  for (const status of wanted.statuses) {
    if (filter.status !== undefined && status !== undefined && status !== filter.status) continue;
    const chosen = filter.status ?? status;
    for await (const row of client.list({
      ...(chosen === undefined ? {} : { status: chosen }),
      ...(filter.appId === undefined ? {} : { appId: filter.appId }),
      limit: maxListed,
    })) {
      if (wanted.onlyOpen !== false && row.execution !== 'running') continue;
      listed.push(row);
    }
    isCut ||= listed.length >= maxListed;
  }
  const direction = wanted.onlyOpen === false ? -1 : 1;
  listed.sort((a, b) => direction * (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
  names.lookFor(listed);
  const looking = createLooking(client);
  let lines = listed.map((row): QueueLine => lineOf(row, names));
  let isSearchCut = false;
  const text = filter.text?.trim().toLowerCase();
  if (isWanted !== undefined || (text !== undefined && text !== '')) {
    isSearchCut = lines.length > maxSearched;
    lines = await looking.at(lines.slice(0, maxSearched));
    if (isWanted !== undefined) lines = lines.filter(({ view }) => view !== undefined && isWanted(view));
    if (text) lines = lines.filter((line) => holds(line, text));
  }
  const pages = Math.max(1, Math.ceil(lines.length / perPage));
  const page = Math.min(Math.max(1, wanted.page), pages);
  const shown = await looking.at(lines.slice((page - 1) * perPage, page * perPage));
  return {
    lines: shown,
    page,
    pages,
    total: lines.length,
    isCut,
    isSearchCut,
    isWorkerMissing: looking.isWorkerMissing(),
  };
}

/** The reason that a person reads first: why it is blocked, or what WeChat's auditor wrote. */
export function reasonOf({ blocked, attempts, status }: CaseView): string | undefined {
  if (blocked !== undefined) return blocked.reason;
  return status === 'needs_material' ? attempts.at(-1)?.reason : undefined;
}

function lineOf(row: CaseRow, names: CategoryNames): QueueLine {
  const category = names.pathOf(row.platform, row.categoryId);
  return { row, ...(category === undefined ? {} : { category }) };
}

/** Where the row has moved on since it was indexed, the view is right. */
function withView(line: QueueLine, view: CaseView): QueueLine {
  const reason = reasonOf(view);
  return { ...line, view, ...(reason === undefined ? {} : { reason }) };
}

function holds({ row, category = '', reason = '' }: QueueLine, text: string): boolean {
  return [row.workflowId, category, reason].some((one) => one.toLowerCase().includes(text));
}

/** Looks at cases, a few at a time; after one that no worker answered for, the others are not asked. */
function createLooking(client: QualificationClient) {
  let isWorkerMissing = false;

  async function look(line: QueueLine): Promise<QueueLine> {
    if (line.view !== undefined || isWorkerMissing) return line;
    try {
      return withView(line, await client.get(line.row.workflowId).view());
    } catch (error) {
      if (error instanceof NoWorkerError) isWorkerMissing = true;
      // One case that can't be looked at must not hide the others; its own page says why.
      return line;
    }
  }

  return {
    isWorkerMissing: () => isWorkerMissing,
    async at(lines: readonly QueueLine[]): Promise<QueueLine[]> {
      const looked: QueueLine[] = [...lines];
      let next = 0;
      const takeTurns = async (): Promise<void> => {
        while (next < looked.length) {
          const index = next;
          next += 1;
          const line = looked[index];
          if (line !== undefined) looked[index] = await look(line);
        }
      };
      await Promise.all(Array.from({ length: viewsAtOnce }, takeTurns));
      return looked;
    },
  };
}

/** A spreadsheet must not take a text for a formula: such a cell begins with an apostrophe. */
export function csvOf(lines: readonly QueueLine[]): string {
  const cell = (value: string | number | undefined): string => {
    const text = String(value ?? '');
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const header = [
    'case',
    'platform',
    'appid',
    'category',
    'categoryPath',
    'status',
    'attempt',
    'startedAt',
    'since',
    'reason',
    'errcode',
    'advice',
  ];
  const rows = lines.map(({ row, view, category, reason }) => [
    row.workflowId,
    row.platform satisfies Platform,
    row.appId,
    row.categoryId,
    category,
    view?.status ?? row.status,
    row.attempt,
    row.startedAt,
    view?.since,
    reason,
    view?.blocked?.errcode,
    view?.blocked?.advice,
  ]);
  // With a byte order mark, or Excel reads Chinese in the machine's own code page.
  return `\ufeff${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
