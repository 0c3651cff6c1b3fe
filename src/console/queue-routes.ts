/** The addresses of the lists: `/`, `/stuck`, `/all`, and `/cases.csv`. */
import type { FastifyInstance } from 'fastify';
import type { CaseRow } from '../client/index.ts';
import type { CaseView, Status } from '../contract/qualification.ts';
import { createDecodingGate } from '../images/decoding-gate.ts';
import { caseUrl } from './case-address.ts';
import type { Pages } from './console.ts';
import { consolePrefix, messagePage } from './layout.tsx';
import { csvOf, listLines, type QueueFilter, type QueuePage, queuePage, waitingStatuses } from './queue.ts';
import { queueDocument } from './queue-page.tsx';
import { tell } from './reader.ts';
import { statusWords, type Word } from './words.ts';

type List = 'waiting' | 'stuck' | 'all';

export function registerQueuePages(app: FastifyInstance, pages: Pages): void {
  const find = (
    list: List,
    filter: QueueFilter,
    page: number,
    file: { isFile?: true; signal?: AbortSignal } = {},
  ): Promise<QueuePage> =>
    queuePage(
      pages,
      {
        statuses:
          list === 'waiting'
            ? waitingStatuses
            : list === 'stuck'
              ? ['in_review', 'preparing', 'submitting']
              : [undefined],
        filter,
        page,
        ...file,
        ...(list === 'all' ? { onlyOpen: false } : {}),
      },
      list === 'stuck' ? (view: CaseView) => isStuck(view, (pages.now ?? (() => new Date()))()) : undefined,
    );

  for (const [path, section] of [
    ['/', 'waiting'],
    ['/stuck', 'stuck'],
    ['/all', 'all'],
  ] as const)
    app.get(path, async (request, reply) => {
      const { filter, page } = asked(request.query);
      const found = await find(section, filter, page);
      const notice = noticeOf(request.query);
      const broken = section === 'stuck' ? await brokenCases(pages) : [];
      return reply
        .type('text/html; charset=utf-8')
        .send(queueDocument({ reader: pages.readerOf(request), section, filter, found, notice, broken }));
    });

  // From a case to the one before or after it among those that wait, oldest first; past the end comes the list.
  app.get('/next', async (request, reply) => {
    const { from, step } = request.query as { from?: unknown; step?: unknown };
    const { lines } = await listLines(pages, { statuses: waitingStatuses, filter: {} });
    const ids = lines.map(({ row }) => row.workflowId);
    const at = ids.indexOf(typeof from === 'string' ? from : '');
    // A case that was mended meanwhile waits no more: the oldest one is next.
    const next = step === '-1' ? ids[at - 1] : ids[at + 1];
    return reply.redirect(next === undefined ? `${consolePrefix}/` : caseUrl(next), 303);
  });

  // A file asks many cases, and workers have their cases to attend to: one at a time, as long as its browser waits.
  const inTurn = createDecodingGate(1);
  app.get('/cases.csv', async (request, reply) => {
    const { list } = request.query as { list?: unknown };
    const section: List = list === 'stuck' || list === 'all' ? list : 'waiting';
    const { filter } = asked(request.query);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const late = AbortSignal.timeout(pages.fileWaitMs ?? fileWaitMs);
    try {
      const { lines } = await inTurn(
        () => find(section, filter, 1, { isFile: true, signal: gone.signal }),
        AbortSignal.any([gone.signal, late]),
      );
      return await reply
        .header('content-disposition', `attachment; filename="${section}.csv"`)
        .type('text/csv; charset=utf-8')
        .send(csvOf(lines));
    } catch (error) {
      // Nobody reads this answer.
      if (gone.signal.aborted) return reply.code(clientClosedRequest).send();
      if (error !== late.reason) throw error;
      const reader = pages.readerOf(request);
      const next = { href: `${consolePrefix}/`, text: 'goBack' } as const;
      return reply
        .code(503)
        .header('retry-after', '30')
        .type('text/html; charset=utf-8')
        .send(messagePage(reader, { title: tell(reader, 'fileBusy'), advice: tell(reader, 'fileBusyAdvice'), next }));
    }
  });
}

/** Whoever asks for a file while another one is made waits so long. */
const fileWaitMs = 20_000;
/** As proxies call it. */
const clientClosedRequest = 499;

/** On its way to WeChat for longer than uploads and turns take, or in a review that is overdue. */
const onItsWayForMs = 30 * 60_000;
const isStuck = ({ overdue, status, since }: CaseView, now: Date): boolean =>
  overdue || (status !== 'in_review' && now.getTime() - Date.parse(since) > onItsWayForMs);

const maxBroken = 50;

/** Workflows that ended without a result: a bug, which only the log and the history tell more about. */
async function brokenCases({ client }: Pages): Promise<CaseRow[]> {
  const found: CaseRow[] = [];
  for (const execution of ['failed', 'timed_out'] as const)
    for await (const row of client.list({ execution, limit: maxBroken })) found.push(row);
  return found;
}

/** What an assignment came to; said on the page that it was sent from. */
export function noticeOf(query: unknown): { kind: 'good' | 'bad'; text: Word } | undefined {
  const { said } = query as { said?: unknown };
  if (said === 'taken' || said === 'givenBack') return { kind: 'good', text: said };
  return said === 'takenByOther' ? { kind: 'bad', text: said } : undefined;
}

/** What a query asks for; what can't be is left out, so that a link of a colleague always shows something. */
function asked(query: unknown): { filter: QueueFilter; page: number } {
  const { status, appId, text, assignee, page } = query as Record<string, unknown>;
  const given = (value: unknown): string | undefined =>
    typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : undefined;
  const [wantedStatus, wantedAppId, wantedText] = [given(status), given(appId), given(text)];
  const wantedAssignee = given(assignee);
  return {
    filter: {
      ...(wantedStatus !== undefined && wantedStatus in statusWords ? { status: wantedStatus as Status } : {}),
      ...(wantedAppId === undefined ? {} : { appId: wantedAppId }),
      ...(wantedText === undefined ? {} : { text: wantedText }),
      ...(wantedAssignee === undefined ? {} : { assignee: wantedAssignee }),
    },
    page: /^\d{1,4}$/.test(String(page)) ? Number(page) : 1,
  };
}
