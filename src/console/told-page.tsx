/** What a backend was told about a case, below the case's own page: each event, and what became of it at each receiver. */
import type { Told } from '../client/index.ts';
import type { Delivery, Notification } from '../contract/notification.ts';
import { caseUrl } from './case-address.ts';
import { document, Time, Token } from './layout.tsx';
import { type Reader, tell } from './reader.ts';
import { type InBoth, say } from './words.ts';

/** The newest so many; each is a question to a worker. */
export const maxShown = 50;

const toldWords = {
  title: say('通知了谁', 'What your backend was told'),
  unread: say(
    '几秒内没有读到通知记录（worker 未运行或繁忙，或 Temporal 无法连接）。流程不受影响。',
    'Nothing could be read within seconds: no worker answers, all are busy, or Temporal is away. The case is not affected.',
  ),
  cut: say(
    `未全部读完：以下是最近的通知，还有更多（最多显示 ${maxShown} 条）。`,
    `And more: not all were read. These are the newest (at most ${maxShown} are shown).`,
  ),
  olderGone: say('更早的通知已不再保留。', 'Older ones are no longer kept.'),
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

const toldUrl = (workflowId: string): string => `${caseUrl(workflowId)}/told`;

/** Takes the place of the element that it stands on. */
const polled = (workflowId: string, trigger: string) => ({
  'hx-get': toldUrl(workflowId),
  'hx-trigger': trigger,
  'hx-swap': 'outerMorph',
});

/** Stands in the case's page and fetches the rest by itself: the case is shown whether or not this can be read. */
export function ToldLater({ reader, workflowId }: { reader: Reader; workflowId: string }) {
  return (
    <div id="told" {...polled(workflowId, 'load, every 15s')}>
      <noscript>
        <a href={toldUrl(workflowId)}>{tell(reader, toldWords.title)}</a>
      </noscript>
    </div>
  );
}

interface Shown {
  reader: Reader;
  workflowId: string;
  /** `undefined`: nobody could say. */
  told: Told | undefined;
}

/** Takes its place; asks again only while something can still change by itself. */
export function ToldPart(shown: Shown) {
  const { workflowId, told } = shown;
  return (
    <div id="told" {...(told?.isSettled ? {} : polled(workflowId, 'every 15s'))}>
      <ToldTable {...shown} />
    </div>
  );
}

/** Nothing where nobody was to be told anything. */
function ToldTable({ reader, workflowId, told }: Shown) {
  const isEmpty = told?.notifications.length === 0;
  if (isEmpty && !told.isCut) return null;
  return (
    <section>
      <h2>{tell(reader, toldWords.title)}</h2>
      {!isEmpty && told?.isCut && <p class="quiet">{tell(reader, toldWords.cut)}</p>}
      {told?.olderGone && <p class="quiet">{tell(reader, toldWords.olderGone)}</p>}
      {told === undefined || isEmpty ? (
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
            {told.notifications.map(({ notification: { id, type, timestamp }, deliveries }) => (
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
      <ToldTable {...shown} />
      <p>
        <a href={caseUrl(workflowId)}>{tell(reader, 'goBack')}</a>
      </p>
    </>
  );
  return document({ reader, title: tell(reader, toldWords.title), children });
}
