/** What a backend was told about a case, below the case's own page: each event, and what became of it at each receiver. */
import type { CaseNotification } from '../client/index.ts';
import type { Delivery, Notification } from '../contract/notification.ts';
import { caseUrl } from './case-address.ts';
import { document, Time, Token } from './layout.tsx';
import { type Reader, tell } from './reader.ts';
import type { InBoth } from './words.ts';

const say = (zh: string, en: string): InBoth => ({ zh, en });

const toldWords = {
  title: say('通知了谁', 'What your backend was told'),
  unread: say(
    '现在读不到通知记录（没有 worker 应答，或 Temporal 无法连接）。流程不受影响。',
    'It cannot be read now: no worker answers, or Temporal is away. The case is not affected.',
  ),
  receivers: say('接收方', 'Receivers'),
  nobody: say('没有接收方要收这类事件', 'nobody is told of this kind'),
  again: say('再次通知', 'Tell again'),
} as const;

const eventWords: Record<Notification['type'], InBoth> = {
  'case.submitted': say('已提交微信', 'submitted to WeChat'),
  'case.rejected': say('被驳回', 'rejected'),
  'case.needs_material': say('需要材料', 'needs material'),
  'case.blocked': say('受阻', 'blocked'),
  'case.reminder': say('补正期限将到', 'the time for a correction ends soon'),
  'case.overdue': say('审核超时', 'the review is overdue'),
  'case.approved': say('已通过', 'approved'),
  'case.withdrawn': say('已撤回', 'withdrawn'),
  'case.expired': say('已过期', 'expired'),
  'category.lapsed': say('类目已失效', 'the category has lapsed'),
  'license.expiring': say('证照将到期', 'a licence ends soon'),
};

const deliveryWords: Record<Delivery['outcome'], InBoth> = {
  delivered: say('已送达', 'delivered'),
  under_way: say('仍在重试', 'still being tried'),
  gone: say('接收方已撤下，不再发送', 'the receiver is gone, not sent any more'),
  given_up: say('已放弃', 'given up'),
};

/** Oldest first; `undefined`: nobody could say. */
export type ToldEvents = readonly CaseNotification[] | undefined;

const toldUrl = (workflowId: string): string => `${caseUrl(workflowId)}/told`;

/** Stands in the case's page and fetches the rest by itself: the case is shown whether or not this can be read. */
export function ToldLater({ reader, workflowId }: { reader: Reader; workflowId: string }) {
  return (
    <div id="told" hx-get={toldUrl(workflowId)} hx-trigger="load, every 15s" hx-swap="innerMorph">
      <noscript>
        <a href={toldUrl(workflowId)}>{tell(reader, toldWords.title)}</a>
      </noscript>
    </div>
  );
}

interface Shown {
  reader: Reader;
  workflowId: string;
  events: ToldEvents;
}

/** Nothing where nobody was to be told anything. */
export function Told({ reader, workflowId, events }: Shown) {
  if (events?.length === 0) return null;
  return (
    <section>
      <h2>{tell(reader, toldWords.title)}</h2>
      {events === undefined ? (
        <p class="quiet">{tell(reader, toldWords.unread)}</p>
      ) : (
        <table class="told">
          <thead>
            <tr>
              <th>{tell(reader, 'event')}</th>
              <th>{tell(reader, 'when')}</th>
              <th>{tell(reader, toldWords.receivers)}</th>
              {reader.mayAct && <th />}
            </tr>
          </thead>
          <tbody>
            {events.map(({ notification: { id, type, timestamp }, deliveries }) => (
              <tr>
                <td>
                  {tell(reader, eventWords[type] ?? say(type, type))} <code class="quiet">{type}</code>
                </td>
                <td>
                  <Time at={timestamp} />
                </td>
                <td>
                  {deliveries.length === 0 && <span class="quiet">{tell(reader, toldWords.nobody)}</span>}
                  {deliveries.map((delivery) => (
                    <DeliveryLine reader={reader} delivery={delivery} />
                  ))}
                </td>
                {reader.mayAct && (
                  <td>
                    <form method="post" action={`${toldUrl(workflowId)}/again`}>
                      <Token reader={reader} />
                      <button type="submit" name="event" value={id}>
                        {tell(reader, toldWords.again)}
                      </button>
                    </form>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function DeliveryLine({ reader, delivery }: { reader: Reader; delivery: Delivery }) {
  const { target, outcome, deliveredAt, httpStatus, reason } = delivery;
  return (
    <div>
      <code>{target}</code>{' '}
      <span class={outcome === 'delivered' ? 'good' : ''}>
        {tell(reader, deliveryWords[outcome] ?? say(outcome, outcome))}
      </span>{' '}
      {deliveredAt !== undefined && <Time at={deliveredAt} />}
      {reason !== undefined && (
        <span class="quiet">
          {httpStatus} {reason}
        </span>
      )}
    </div>
  );
}

/** The same as a page of its own, for a browser without a script. */
export function toldDocument(shown: Shown): string {
  const { reader, workflowId } = shown;
  const children = (
    <>
      <Told {...shown} />
      <p>
        <a href={caseUrl(workflowId)}>{tell(reader, 'goBack')}</a>
      </p>
    </>
  );
  return document({ reader, title: tell(reader, toldWords.title), children });
}
