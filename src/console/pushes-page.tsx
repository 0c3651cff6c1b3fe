/** What WeChat pushed lately, and one of ours delivered to its case once more. */
import type { FastifyInstance } from 'fastify';
import type { LoggedPush } from '../store/push-log.ts';
import { caseUrl } from './case-address.ts';
import type { Pages } from './console.ts';
import { consolePrefix, document, Notice, Time, Token } from './layout.tsx';
import { type Reader, tell } from './reader.ts';
import type { InBoth } from './words.ts';

/** The log of received pushes, as it is used here. */
export interface PushDesk {
  list(filter: { appId?: string; before?: string; limit?: number }): Promise<LoggedPush[]>;
  /** Takes a logged event of ours as if it had just been pushed; `undefined`: there is nothing to deliver. */
  deliverAgain(id: string): Promise<{ result: string } | undefined>;
}

const perPage = 50;

/** `GET /pushes`, `POST /pushes/{id}/deliver` */
export function registerPushPages(app: FastifyInstance, pages: Pages): void {
  const { pushes } = pages;

  app.get('/pushes', async (request, reply) => {
    const { appId, before, said } = request.query as Record<string, unknown>;
    const filter = {
      ...(typeof appId === 'string' && appId.trim() !== '' ? { appId: appId.trim() } : {}),
      ...(typeof before === 'string' ? { before } : {}),
    };
    const found = await pushes.list({ ...filter, limit: perPage });
    const reader = pages.readerOf(request);
    const result = typeof said === 'string' && /^[\w-]{1,40}$/.test(said) ? said : undefined;
    return reply.type('text/html; charset=utf-8').send(pushesDocument({ reader, found, filter, result }));
  });

  app.post('/pushes/:id/deliver', async (request, reply) => {
    const { token } = (request.body ?? {}) as Record<string, unknown>;
    pages.requireOurs(request, token);
    const { id } = request.params as { id: string };
    const taken = await pushes.deliverAgain(id);
    return reply.redirect(`${consolePrefix}/pushes?said=${taken?.result ?? 'nothing'}`, 303);
  });
}

interface PushesShown {
  reader: Reader;
  found: readonly LoggedPush[];
  filter: { appId?: string; before?: string };
  /** How the last delivery ended. */
  result: string | undefined;
}

const failed: readonly string[] = ['unreadable', 'undeliverable', 'malformed', 'nothing'];
const resultWords: Record<string, InBoth> = {
  delivered: { zh: '已送达流程', en: 'delivered to its case' },
  hinted: { zh: '已提示流程去查询', en: 'its case was told to look' },
  no_case: { zh: '没有对应的流程', en: 'no case waits for it' },
  in_review: { zh: '微信仍在审核', en: 'WeChat still reviews' },
  early: { zh: '早于提交结果，已保留', en: 'came before the answer of the submission' },
  not_ours: { zh: '不是我们提交的审核单', en: 'not an audit of ours' },
  other_event: { zh: '其他事件', en: 'another event' },
  stored: { zh: '已保存', en: 'stored' },
  old_event: { zh: '过时的事件', en: 'outdated' },
  unreadable: { zh: '无法读回结果', en: 'could not be read back' },
  undeliverable: { zh: '无法送达', en: 'could not be delivered' },
  malformed: { zh: '无法解读', en: 'malformed' },
  nothing: { zh: '没有可投递的内容', en: 'there is nothing to deliver' },
};
const sourceWords: Record<string, InBoth> = {
  wechat: { zh: '微信', en: 'WeChat' },
  gateway: { zh: '自有网关', en: 'own gateway' },
  again: { zh: '人工重投', en: 'by hand' },
};

function pushesDocument({ reader, found, filter, result }: PushesShown): string {
  const last = found.at(-1);
  return document({
    reader,
    section: 'pushes',
    title: tell(reader, 'pushes'),
    children: (
      <>
        <h1>{tell(reader, 'pushes')}</h1>
        {result !== undefined && (
          <Notice kind={failed.includes(result) ? 'bad' : 'good'}>
            <p>
              {tell(reader, failed.includes(result) ? 'notDelivered' : 'delivered')} (
              {wordOf(reader, resultWords, result)})
            </p>
          </Notice>
        )}
        <form class="filter" method="get" action={`${consolePrefix}/pushes`}>
          <input
            name="appId"
            value={filter.appId}
            placeholder={tell(reader, 'appId')}
            aria-label={tell(reader, 'appId')}
          />
          <button type="submit">{tell(reader, 'filter')}</button>
          <a href={`${consolePrefix}/pushes`}>{tell(reader, 'clear')}</a>
        </form>
        {found.length === 0 ? (
          <div class="empty">
            <p>{tell(reader, 'noPushes')}</p>
            <p>
              {tell(reader, 'noPushesNext')} <code>npx wxq doctor</code>
            </p>
          </div>
        ) : (
          <table class="pushes">
            <thead>
              <tr>
                {(['when', 'event', 'account', 'source', 'result', 'thisCase'] as const).map((word) => (
                  <th>{tell(reader, word)}</th>
                ))}
                <th />
              </tr>
            </thead>
            <tbody>
              {found.map((push) => (
                <Line reader={reader} push={push} />
              ))}
            </tbody>
          </table>
        )}
        {last !== undefined && found.length === perPage && (
          <p class="pages">
            <a rel="next" href={`${consolePrefix}/pushes?${new URLSearchParams({ ...filter, before: last.id })}`}>
              {tell(reader, 'older')}
            </a>
          </p>
        )}
      </>
    ),
  });
}

function Line({ reader, push }: { reader: Reader; push: LoggedPush }) {
  return (
    <tr class={push.isOurs ? '' : 'quiet'}>
      <td>
        <Time at={new Date(push.at).toISOString()} />
      </td>
      <td>
        <code>{push.event}</code>
      </td>
      <td>{push.appId}</td>
      <td>{wordOf(reader, sourceWords, push.source)}</td>
      <td>{wordOf(reader, resultWords, push.result)}</td>
      <td>{push.workflowId !== undefined && <a href={caseUrl(push.workflowId)}>{push.workflowId}</a>}</td>
      <td>
        {reader.mayAct && push.canDeliver && (
          <form method="post" action={`${consolePrefix}/pushes/${push.id}/deliver`}>
            <Token reader={reader} />
            <button type="submit">{tell(reader, 'deliverAgain')}</button>
          </form>
        )}
      </td>
    </tr>
  );
}

function wordOf(reader: Reader, known: Record<string, InBoth>, name: string): string {
  const word = Object.hasOwn(known, name) ? known[name] : undefined;
  return word === undefined ? name : tell(reader, word);
}
