/** The lists of cases as pages: waiting for you, stuck, all. */

import type { CaseRow } from '../client/index.ts';
import type { CaseView } from '../contract/qualification.ts';
import { caseRunOf, caseUrl, seenOf } from './case-address.ts';
import { consolePrefix, document, Notice, type Section, Time, Token } from './layout.tsx';
import { PageLinks } from './page-links.tsx';
import { maxListed, maxListedClosed, maxSearched, type QueueFilter, type QueueLine, type QueuePage } from './queue.ts';
import { ago, type Reader, tell } from './reader.ts';
import { actionWords, statusWords, type Word } from './words.ts';

export interface QueueShown {
  reader: Reader;
  section: Extract<Section, 'waiting' | 'stuck' | 'all'>;
  filter: QueueFilter;
  found: QueuePage;
  /** Workflows that ended without a result. */
  broken?: readonly CaseRow[];
  /** What was done a moment ago. */
  notice?: { kind: 'good' | 'bad'; text: Word } | undefined;
}

const paths = { waiting: `${consolePrefix}/`, stuck: `${consolePrefix}/stuck`, all: `${consolePrefix}/all` };

export function queueDocument(shown: QueueShown): string {
  const { reader, section, found, notice } = shown;
  return document({
    reader,
    section,
    title: tell(reader, section),
    children: (
      <>
        <h1>
          {tell(reader, section)} <span class="count">{found.total}</span>
        </h1>
        {notice !== undefined && (
          <Notice kind={notice.kind}>
            <p>{tell(reader, notice.text)}</p>
          </Notice>
        )}
        <Filter {...shown} />
        {found.isAssigneeMissing && (
          <Notice kind="bad">
            <p>{tell(reader, 'assigneesMissing')}</p>
          </Notice>
        )}
        {found.isWorkerMissing && (
          <Notice kind="bad">
            <p>
              {tell(reader, 'noWorker')} {tell(reader, 'noWorkerNext')} <code>npx wxq worker</code>
            </p>
          </Notice>
        )}
        {found.lines.length === 0 ? <Empty {...shown} /> : <Table {...shown} />}
        {found.isCut && (
          <p class="quiet">{tell(reader, 'limited', { n: section === 'all' ? maxListedClosed : maxListed })}</p>
        )}
        {found.isSearchCut && <p class="quiet">{tell(reader, 'searchLimited', { n: maxSearched })}</p>}
        <Pages {...shown} />
        {(shown.broken ?? []).length > 0 && <Broken {...shown} />}
        {found.lines.length > 1 && <p class="quiet keys">{tell(reader, 'keys')}</p>}
      </>
    ),
  });
}

function Filter({ reader, section, filter, found }: QueueShown) {
  const statuses =
    section === 'waiting'
      ? (['needs_material', 'blocked'] as const)
      : section === 'all'
        ? (Object.keys(statusWords) as (keyof typeof statusWords)[])
        : [];
  return (
    <form class="filter" method="get" action={paths[section]}>
      {statuses.length > 0 && (
        <select name="status" aria-label={tell(reader, 'status')}>
          <option value="">{tell(reader, 'anyStatus')}</option>
          {statuses.map((status) => (
            <option value={status} selected={filter.status === status}>
              {tell(reader, statusWords[status])}
            </option>
          ))}
        </select>
      )}
      <input
        name="appId"
        value={filter.appId}
        list="accounts"
        placeholder={tell(reader, 'accountOrName')}
        aria-label={tell(reader, 'account')}
      />
      <datalist id="accounts">
        {found.accounts.slice(0, maxOffered).map(({ appId, name }) => (
          <option value={appId}>{name}</option>
        ))}
      </datalist>
      <Assignees reader={reader} filter={filter} found={found} />
      <input name="text" value={filter.text} placeholder={tell(reader, 'text')} aria-label={tell(reader, 'text')} />
      <button type="submit">{tell(reader, 'filter')}</button>
      <a href={paths[section]}>{tell(reader, 'clear')}</a>
      <a class="push" href={`${consolePrefix}/cases.csv${query({ ...filter, list: section })}`}>
        {tell(reader, 'exportCsv')}
      </a>
    </form>
  );
}

/** More are no list to choose from; they can be typed. */
const maxOffered = 500;

function Assignees({ reader, filter, found }: Pick<QueueShown, 'reader' | 'filter' | 'found'>) {
  const others = found.assignees.filter((name) => name !== reader.name);
  const chosen = filter.assignee;
  if (chosen !== undefined && chosen !== '-' && chosen !== reader.name && !others.includes(chosen)) others.push(chosen);
  return (
    <select name="assignee" aria-label={tell(reader, 'assignee')}>
      <option value="">{tell(reader, 'anyAssignee')}</option>
      <option value={reader.name} selected={chosen === reader.name}>
        {tell(reader, 'mine')} ({reader.name})
      </option>
      <option value="-" selected={chosen === '-'}>
        {tell(reader, 'nobodys')}
      </option>
      {others.map((name) => (
        <option value={name} selected={chosen === name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Empty({ reader, section, filter }: QueueShown) {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const sentence: Word = isFiltered ? 'nothingFits' : section === 'stuck' ? 'nothingStuck' : 'nothingWaits';
  return (
    <div class="empty">
      <p>{tell(reader, sentence)}</p>
      {isFiltered ? (
        <p>
          <a href={paths[section]}>{tell(reader, 'clear')}</a>
        </p>
      ) : (
        <p>
          {tell(reader, 'emptyNext')} <code>npx wxq submit examples/channels-shop.json</code>
        </p>
      )}
    </div>
  );
}

function Table({ reader, found, section }: QueueShown) {
  const columns: readonly Word[] = [
    'account',
    'category',
    'status',
    section === 'stuck' ? 'actions' : 'reason',
    'attempt',
    section === 'all' ? 'startedOn' : 'openFor',
    'assignee',
  ];
  return (
    <table class="queue">
      <thead>
        <tr>
          {columns.map((word) => (
            <th>{tell(reader, word)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {found.lines.map((line) => (
          <Line reader={reader} line={line} section={section} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ reader, line, section }: { reader: Reader; line: QueueLine; section: QueueShown['section'] }) {
  const { row, view, category, account, reason } = line;
  const status = view?.status ?? row.status;
  const href = caseUrl(row.workflowId);
  const since = view?.since ?? row.startedAt;
  return (
    <tr>
      <td>
        {account !== undefined && (
          <>
            {account}
            <br />
          </>
        )}
        <span class={account === undefined ? '' : 'quiet'}>{row.appId}</span>
      </td>
      <td>
        <a href={href} data-open="">
          {category ?? row.categoryId}
        </a>
        {category !== undefined && <span class="quiet"> {row.categoryId}</span>}
      </td>
      <td>
        <Status reader={reader} status={status} />
        {view?.overdue && <span class="chip overdue">{tell(reader, 'overdue')}</span>}
      </td>
      <td class="reason pre">
        {section === 'stuck' && view !== undefined ? <WayOut reader={reader} view={view} /> : reason}
      </td>
      <td class="number">{row.attempt}</td>
      <td>
        {section === 'all' ? <Time at={row.startedAt} /> : <Age reader={reader} since={row.startedAt} />}
        {section !== 'all' && ago(reader, since) !== ago(reader, row.startedAt) && (
          <div class="quiet">
            {tell(reader, statusWords[status])} <Age reader={reader} since={since} />
          </div>
        )}
      </td>
      <td>
        <Assignee reader={reader} line={line} section={section} />
      </td>
    </tr>
  );
}

function Broken({ reader, broken = [] }: QueueShown) {
  return (
    <>
      <h2>{tell(reader, 'broken')}</h2>
      <p>{tell(reader, 'brokenNext')}</p>
      <ul>
        {broken.map(({ workflowId, execution, closedAt, startedAt }) => (
          <li>
            <a href={caseUrl(workflowId)}>{workflowId}</a> {execution} <Time at={closedAt ?? startedAt} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Who takes care of it; one that nobody has is taken from here. */
function Assignee({ reader, line, section }: { reader: Reader; line: QueueLine; section: QueueShown['section'] }) {
  const { row, assignment } = line;
  if (assignment?.assignee !== undefined) return <>{assignment.assignee}</>;
  if (!reader.mayAct || section === 'all' || row.execution !== 'running') return null;
  return (
    <form method="post" action={`${caseUrl(row.workflowId)}/assign`}>
      <Token reader={reader} />
      <input type="hidden" name="run" value={caseRunOf(row)} />
      <input type="hidden" name="seen" value={assignment?.number ?? 0} />
      <input type="hidden" name="back" value={section} />
      <button type="submit" name="to" value="me">
        {tell(reader, 'take')}
      </button>
    </form>
  );
}

/** What leads out of a review that takes too long: WeChat is asked now, or the case is given up. */
function WayOut({ reader, view }: { reader: Reader; view: CaseView }) {
  const url = caseUrl(view.workflowId);
  return (
    <span class="actions">
      {reader.mayAct && view.canDo.includes('readAuditNow') && (
        <form method="post" action={`${url}/read-now`}>
          <Token reader={reader} />
          <input type="hidden" name="seen" value={seenOf({ view })} />
          <button type="submit">{tell(reader, actionWords.readAuditNow)}</button>
        </form>
      )}
      {reader.mayAct && view.canDo.includes('withdraw') && (
        <a class="button" href={`${url}/withdraw`}>
          {tell(reader, actionWords.withdraw)}
        </a>
      )}
    </span>
  );
}

/** How long, with the moment itself on hover. */
function Age({ reader, since }: { reader: Reader; since: string }) {
  return (
    <time dateTime={since} title={`${since.slice(0, 16).replace('T', ' ')} UTC`} data-age="">
      {ago(reader, since)}
    </time>
  );
}

export function Status({ reader, status }: { reader: Reader; status: keyof typeof statusWords }) {
  return <span class={`chip ${status}`}>{tell(reader, statusWords[status])}</span>;
}

function Pages({ reader, section, filter, found: { page, pages } }: QueueShown) {
  return (
    <PageLinks
      reader={reader}
      page={page}
      pages={pages}
      at={(n) => `${paths[section]}${query({ ...filter, page: n })}`}
    />
  );
}

function query(values: Record<string, string | number | undefined>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}
