/** The addresses of the lists: `/`, `/stuck`, `/all`, and `/cases.csv`. */
import type { FastifyInstance } from 'fastify';
import type { CaseView, Status } from '../contract/qualification.ts';
import type { Pages } from './console.ts';
import { csvOf, maxSearched, type QueueFilter, type QueuePage, queuePage, waitingStatuses } from './queue.ts';
import { queueDocument } from './queue-page.tsx';
import { statusWords } from './words.ts';

type List = 'waiting' | 'stuck' | 'all';

export function registerQueuePages(app: FastifyInstance, pages: Pages): void {
  const find = (list: List, filter: QueueFilter, page: number, perPage?: number): Promise<QueuePage> =>
    queuePage(
      pages,
      {
        statuses: list === 'waiting' ? waitingStatuses : list === 'stuck' ? ['in_review'] : [undefined],
        filter,
        page,
        ...(perPage === undefined ? {} : { perPage }),
        ...(list === 'all' ? { onlyOpen: false } : {}),
      },
      list === 'stuck' ? (view: CaseView) => view.overdue : undefined,
    );

  for (const [path, section] of [
    ['/', 'waiting'],
    ['/stuck', 'stuck'],
    ['/all', 'all'],
  ] as const)
    app.get(path, async (request, reply) => {
      const { filter, page } = asked(request.query);
      const found = await find(section, filter, page);
      return reply
        .type('text/html; charset=utf-8')
        .send(queueDocument({ reader: pages.readerOf(request), section, filter, found }));
    });

  app.get('/cases.csv', async (request, reply) => {
    const { list } = request.query as { list?: unknown };
    const section: List = list === 'stuck' || list === 'all' ? list : 'waiting';
    const { filter } = asked(request.query);
    const { lines } = await find(section, filter, 1, maxSearched);
    return reply
      .header('content-disposition', `attachment; filename="${section}.csv"`)
      .type('text/csv; charset=utf-8')
      .send(csvOf(lines));
  });
}

/** What a query asks for; what can't be is left out, so that a link of a colleague always shows something. */
function asked(query: unknown): { filter: QueueFilter; page: number } {
  const { status, appId, text, page } = query as Record<string, unknown>;
  const given = (value: unknown): string | undefined =>
    typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 200) : undefined;
  const [wantedStatus, wantedAppId, wantedText] = [given(status), given(appId), given(text)];
  return {
    filter: {
      ...(wantedStatus !== undefined && wantedStatus in statusWords ? { status: wantedStatus as Status } : {}),
      ...(wantedAppId === undefined ? {} : { appId: wantedAppId }),
      ...(wantedText === undefined ? {} : { text: wantedText }),
    },
    page: /^\d{1,4}$/.test(String(page)) ? Number(page) : 1,
  };
}
