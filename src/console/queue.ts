/** The lists of cases: which ones, in which order, with what a person needs to decide about each. */
import type { CaseRow, CaseView, QualificationClient } from '../client/index.ts';
import { NoWorkerError } from '../client/index.ts';
import type { Platform, Status } from '../contract/qualification.ts';
import type { Assignment, CaseAssignments } from '../store/case-assignments.ts';
import type { AccountNames } from './account-names.ts';
import { caseRunOf } from './case-address.ts';
import type { CategoryNames } from './category-names.ts';
import { readable } from './reader.ts';

export interface QueueFilter {
  status?: Status;
  /** An appid, or a part of a name. */
  appId?: string;
  /** In the id, the names of category and account, or the reason. */
  text?: string;
  /** A name; `-` for cases that nobody takes care of. */
  assignee?: string;
}

/** One line of a list. */
export interface QueueLine {
  row: CaseRow;
  /** Absent when no worker answered. */
  view?: CaseView;
  /** 酒类 > 白酒, where it is known. */
  category?: string;
  account?: string;
  reason?: string;
  assignment?: Assignment;
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
  /** The database did not say who takes care of what. */
  isAssigneeMissing: boolean;
  /** Accounts and assignees of the whole list, to choose from. */
  accounts: { appId: string; name?: string }[];
  assignees: string[];
}

export interface QueueDependencies {
  client: QualificationClient;
  names: CategoryNames;
  accountNames: AccountNames;
  assignments: CaseAssignments;
}

/** Visibility is read up to here, newest first; a queue that is longer is no list for a person. */
export const maxListed = 10_000;
export const maxListedClosed = 2_000;
export const maxSearched = 300;
export const linesPerPage = 25;
const viewsAtOnce = 8;
/** A file with more lines than this has in the others what Visibility knows alone. */
export const maxAskedForFile = 1_000;
/** Nobody looks at a file line by line while it is made: people with a page go first. */
const viewsAtOnceForFile = 4;

/** What waits for a person. */
export const waitingStatuses: readonly Status[] = ['needs_material', 'blocked'];

/** Which cases are wanted. */
export interface Wanted {
  statuses: readonly (Status | undefined)[];
  filter: QueueFilter;
  onlyOpen?: boolean;
  /** Aborted: nobody waits for it any more. */
  signal?: AbortSignal;
}

/** Cases in these statuses that still run, the oldest first, as Visibility and the database know them: no case is asked. */
export async function listLines(
  dependencies: QueueDependencies,
  { statuses, filter, onlyOpen = true, signal }: Wanted,
): Promise<Pick<QueuePage, 'lines' | 'isCut' | 'isAssigneeMissing' | 'accounts' | 'assignees'>> {
  const { client, names, accountNames, assignments } = dependencies;
  const isAppId = filter.appId !== undefined && /^wx[0-9A-Za-z]{6,30}$/.test(filter.appId);
  const limit = onlyOpen ? maxListed : maxListedClosed;
  const listed: CaseRow[] = [];
  let isCut = false;
  for (const status of statuses) {
    if (filter.status !== undefined && status !== undefined && status !== filter.status) continue;
    const chosen = filter.status ?? status;
    let read = 0;
    for await (const row of client.list({
      ...(chosen === undefined ? {} : { status: chosen }),
      ...(isAppId ? { appId: filter.appId ?? '' } : {}),
      limit,
    })) {
      signal?.throwIfAborted();
      read += 1;
      if (!onlyOpen || row.execution === 'running') listed.push(row);
    }
    isCut ||= read >= limit;
  }
  const direction = onlyOpen ? 1 : -1;
  listed.sort((a, b) => direction * (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
  names.lookFor(listed);
  accountNames.lookFor(new Set(listed.map(({ appId }) => appId)));
  // Without the database the cases are there all the same.
  const taken = await assignments.latest(listed.map(caseRunOf)).catch(() => undefined);
  const all = listed.map((row): QueueLine => lineOf(row, dependencies, taken?.get(caseRunOf(row))));
  return {
    lines: all.filter((line) => fits(line, filter, isAppId)),
    isCut,
    isAssigneeMissing: taken === undefined,
    accounts: [...new Map(all.map(({ row: { appId }, account }) => [appId, account]))].map(([appId, name]) => ({
      appId,
      ...(name === undefined ? {} : { name }),
    })),
    assignees: [...new Set(all.flatMap(({ assignment }) => assignment?.assignee ?? []))].sort(),
  };
}

/**
 * One page of them, each looked at; or all of them for a file, the first of them looked at.
 * @param isWanted of the lines that were looked at; without it no view is needed to choose.
 */
export async function queuePage(
  dependencies: QueueDependencies,
  wanted: Wanted & { page: number; isFile?: boolean },
  isWanted?: (view: CaseView) => boolean,
): Promise<QueuePage> {
  const { filter, isFile = false, signal } = wanted;
  const perPage = isFile ? maxListed : linesPerPage;
  const listed = await listLines(dependencies, wanted);
  const looking = createLooking(dependencies.client, {
    atOnce: isFile ? viewsAtOnceForFile : viewsAtOnce,
    most: isFile ? maxAskedForFile : Number.POSITIVE_INFINITY,
    signal,
  });
  let { lines } = listed;
  let isSearchCut = false;
  const text = filter.text?.trim().toLowerCase();
  if (isWanted !== undefined || (text !== undefined && text !== '')) {
    isSearchCut = !isFile && lines.length > maxSearched;
    lines = await looking.at(isFile ? lines : lines.slice(0, maxSearched));
    // A file keeps what nobody could be asked about, and says so; a page has a sentence for it.
    if (isWanted !== undefined) lines = lines.filter(({ view }) => (view === undefined ? isFile : isWanted(view)));
    if (text) lines = lines.filter((line) => holds(line, text));
  }
  const pages = Math.max(1, Math.ceil(lines.length / perPage));
  const page = Math.min(Math.max(1, wanted.page), pages);
  const shown = await looking.at(lines.slice((page - 1) * perPage, page * perPage));
  return {
    ...listed,
    lines: shown,
    page,
    pages,
    total: lines.length,
    isSearchCut,
    isWorkerMissing: looking.isWorkerMissing(),
  };
}

/** The reason that a person reads first: why it is blocked, or what WeChat's auditor wrote. */
export function reasonOf({ blocked, attempts, status }: CaseView): string | undefined {
  if (blocked !== undefined) return readable(blocked.reason);
  const reason = status === 'needs_material' ? attempts.at(-1)?.reason : undefined;
  return reason === undefined ? undefined : readable(reason);
}

function lineOf(
  row: CaseRow,
  { names, accountNames }: QueueDependencies,
  assignment: Assignment | undefined,
): QueueLine {
  const category = names.pathOf(row.platform, row.categoryId);
  const account = accountNames.nameOf(row.appId);
  return {
    row,
    ...(category === undefined ? {} : { category }),
    ...(account === undefined ? {} : { account }),
    ...(assignment === undefined ? {} : { assignment }),
  };
}

/** What needs no look at the case itself. */
function fits({ row, account, assignment }: QueueLine, filter: QueueFilter, isAppId: boolean): boolean {
  if (filter.assignee === '-' && assignment?.assignee !== undefined) return false;
  if (filter.assignee !== undefined && filter.assignee !== '-' && assignment?.assignee !== filter.assignee)
    return false;
  if (filter.appId === undefined || isAppId) return true;
  const wanted = filter.appId.toLowerCase();
  return [row.appId, account ?? ''].some((one) => one.toLowerCase().includes(wanted));
}

/** Where the row has moved on since it was indexed, the view is right. */
function withView(line: QueueLine, view: CaseView): QueueLine {
  const reason = reasonOf(view);
  return { ...line, view, ...(reason === undefined ? {} : { reason }) };
}

function holds({ row, category = '', account = '', reason = '' }: QueueLine, text: string): boolean {
  return [row.workflowId, category, account, reason].some((one) => one.toLowerCase().includes(text));
}

interface LookingLimits {
  atOnce: number;
  /** Lines after so many keep what is known without asking. */
  most: number;
  signal: AbortSignal | undefined;
}

/** Looks at cases, a few at a time; after one that no worker answered for, the others are not asked. */
function createLooking(client: QualificationClient, { atOnce, most, signal }: LookingLimits) {
  let isWorkerMissing = false;
  let asked = 0;

  async function look(line: QueueLine): Promise<QueueLine> {
    signal?.throwIfAborted();
    if (line.view !== undefined || isWorkerMissing || asked >= most) return line;
    asked += 1;
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
      await Promise.all(Array.from({ length: atOnce }, takeTurns));
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
    'account',
    'category',
    'categoryPath',
    'status',
    'attempt',
    'startedAt',
    'since',
    'reason',
    'errcode',
    'advice',
    'assignee',
    'asked',
  ];
  const rows = lines.map(({ row, view, category, account, reason, assignment }) => [
    row.workflowId,
    row.platform satisfies Platform,
    row.appId,
    account,
    row.categoryId,
    category,
    view?.status ?? row.status,
    row.attempt,
    row.startedAt,
    view?.since,
    reason,
    view?.blocked?.errcode,
    view?.blocked?.advice,
    assignment?.assignee,
    // Without it an empty reason would look like none.
    view === undefined ? 'no' : 'yes',
  ]);
  // With a byte order mark, or Excel reads Chinese in the machine's own code page.
  return `\ufeff${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
