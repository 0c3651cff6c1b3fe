/** One case as a page: why it stands, the material beside the reason, what can be done, what happened. */
import type { CaseStory } from '../client/case-story.ts';
import type { Action, CaseView } from '../contract/qualification.ts';
import { errcodeRow } from '../wechat/errcodes.ts';
import { caseUrl, seenOf } from './case-address.ts';
import { Findings } from './findings.tsx';
import { document, Notice, Time, Token } from './layout.tsx';
import { MendForm } from './mend-form.tsx';
import { placesOf } from './places.ts';
import { reasonOf } from './queue.ts';
import { Status } from './queue-page.tsx';
import { ago, type Reader, tell } from './reader.ts';
import { MaterialGroups } from './thumbnails.tsx';
import { History } from './timeline.tsx';
import { actionWords, type InBoth, type Word } from './words.ts';

export interface CaseShown {
  reader: Reader;
  view: CaseView;
  story: CaseStory;
  category?: string | undefined;
  temporalUrl: string;
  /** Names this rendering of the form, so that sending it twice is harmless. */
  key: string;
  /** Said once, above everything. */
  notice?: { kind: 'good' | 'bad'; text: InBoth | Word; detail?: string } | undefined;
}

export function caseDocument(shown: CaseShown): string {
  const { reader, view, category } = shown;
  return document({ reader, title: category ?? view.categoryId, children: <Case {...shown} /> });
}

const canMend = ({ view }: CaseShown): boolean => view.canDo.includes('resubmit');
const isOpen = ({ view }: CaseShown): boolean => view.waitingFor !== 'nothing';

/** A page with a form refreshes its head alone: what a person is filling in stays. */
export function Case(shown: CaseShown) {
  const { reader, view, story } = shown;
  const url = caseUrl(view.workflowId);
  const polled =
    isOpen(shown) && !canMend(shown)
      ? { 'hx-get': `${url}?part=case`, 'hx-trigger': 'every 3s', 'hx-swap': 'outerMorph' }
      : {};
  return (
    <div id="case" {...polled}>
      <Head {...shown} />
      {shown.notice !== undefined && (
        <Notice kind={shown.notice.kind}>
          <p>{tell(reader, shown.notice.text)}</p>
          {shown.notice.detail !== undefined && <p class="pre">{shown.notice.detail}</p>}
        </Notice>
      )}
      <div class="columns">
        <section class="why">
          <Reason {...shown} />
          {(view.findings?.length ?? 0) > 0 && (
            <>
              <h2>{tell(reader, 'findings')}</h2>
              <Findings reader={reader} findings={view.findings ?? []} />
            </>
          )}
          <Actions {...shown} />
        </section>
        <section class="material">
          <h2>{tell(reader, canMend(shown) ? 'mendHere' : 'material')}</h2>
          {canMend(shown) ? (
            <MendForm
              reader={reader}
              url={url}
              seen={seenOf(shown)}
              formKey={shown.key}
              groups={placesOf(story.input, view.material)}
            />
          ) : (
            <MaterialGroups reader={reader} groups={placesOf(story.input, view.material)} />
          )}
        </section>
      </div>
      <History reader={reader} view={view} story={story} />
      <p>
        <a href={shown.temporalUrl} rel="noreferrer">
          {tell(reader, 'temporal')}
        </a>
      </p>
    </div>
  );
}

/** The head alone is asked for by a page with a form; `seen` is what that form was made from. */
export function Head(shown: CaseShown & { seen?: string }) {
  const { reader, view, category, seen = seenOf(shown) } = shown;
  const polled =
    isOpen(shown) && (canMend(shown) || seen !== seenOf(shown))
      ? {
          'hx-get': `${caseUrl(view.workflowId)}?part=head&seen=${encodeURIComponent(seen)}`,
          'hx-trigger': 'every 5s',
          'hx-swap': 'outerMorph',
        }
      : {};
  return (
    <div id="head" {...polled}>
      <h1>
        {category ?? view.categoryId} {category !== undefined && <span class="quiet">{view.categoryId}</span>}
      </h1>
      <p class="facts">
        <Status reader={reader} status={view.status} />
        {view.overdue && <span class="chip overdue">{tell(reader, 'overdue')}</span>}
        <span>
          {tell(reader, 'account')} <strong>{view.appId}</strong>
        </span>
        <span>
          {tell(reader, 'since')} <Time at={view.since} /> ({ago(reader, view.since)})
        </span>
        {view.pending !== undefined && <span>{tell(reader, actionWords[view.pending])} …</span>}
      </p>
      {seen !== seenOf(shown) && (
        <Notice kind="bad">
          <p>
            {tell(reader, 'moved')} <a href={caseUrl(view.workflowId)}>{tell(reader, 'goOn')}</a>
          </p>
        </Notice>
      )}
    </div>
  );
}

function Reason({ reader, view }: CaseShown) {
  const reason = reasonOf(view);
  if (reason === undefined) return null;
  const { blocked } = view;
  const code = blocked?.errcode ?? /(?:^|\D)(-?\d{5,8})(?!\d)/.exec(reason)?.[1];
  const row = code === undefined ? undefined : errcodeRow(code);
  return (
    <>
      <h2>{tell(reader, blocked === undefined ? 'rejectedBecause' : 'blockedBecause')}</h2>
      <blockquote class="reason pre">{reason}</blockquote>
      {row !== undefined && (
        <p>
          {tell(reader, 'errcode')} <code>{row.code}</code>: {row.meaning[reader.language]}
        </p>
      )}
      {(row !== undefined || blocked !== undefined) && (
        <>
          <h3>{tell(reader, 'whatToDo')}</h3>
          <p class="pre">{row?.advice[reader.language] ?? blocked?.advice}</p>
        </>
      )}
    </>
  );
}

/** Paths of the actions; `resubmit` is the form beside it. */
export const actionPaths: Record<Exclude<Action, 'resubmit'>, string> = {
  readAuditNow: 'read-now',
  retry: 'retry',
  adopt: 'adopt',
  withdraw: 'withdraw',
};

function Actions(shown: CaseShown) {
  const { reader, view, key } = shown;
  const actions = view.canDo.filter((action): action is Exclude<Action, 'resubmit'> => action !== 'resubmit');
  if (actions.length === 0) return null;
  return (
    <>
      <h2>{tell(reader, 'actions')}</h2>
      <div class="actions">
        {(['retry', 'adopt', 'readAuditNow', 'withdraw'] as const)
          .filter((action) => actions.includes(action))
          .map((action) => (
            <form
              method={action === 'withdraw' ? 'get' : 'post'}
              action={`${caseUrl(view.workflowId)}/${actionPaths[action]}`}
            >
              {action !== 'withdraw' && (
                <>
                  <Token reader={reader} />
                  <input type="hidden" name="seen" value={seenOf(shown)} />
                  <input type="hidden" name="key" value={`${key}-${action}`} />
                </>
              )}
              <button type="submit" class={action === 'withdraw' ? 'danger' : ''}>
                {tell(reader, actionWords[action])}
              </button>
            </form>
          ))}
      </div>
    </>
  );
}

/** Before anything is taken back: which account, which category, what it costs. */
export function withdrawDocument(shown: CaseShown): string {
  const { reader, view, category, key } = shown;
  const isForeign = view.blocked?.reason.startsWith('foreign_audit') === true;
  return document({
    reader,
    title: tell(reader, 'withdrawTitle'),
    children: (
      <section class="narrow">
        <h1>{tell(reader, 'withdrawTitle')}</h1>
        <dl>
          <dt>{tell(reader, reader.isSandbox ? 'sandbox' : 'live')}</dt>
          <dd>{reader.isSandbox ? tell(reader, 'sandboxNote') : ''}</dd>
          <dt>{tell(reader, 'account')}</dt>
          <dd>
            <strong>{view.appId}</strong>
          </dd>
          <dt>{tell(reader, 'category')}</dt>
          <dd>
            <strong>{category ?? view.categoryId}</strong> {view.categoryId}
          </dd>
          <dt>{tell(reader, 'status')}</dt>
          <dd>
            <Status reader={reader} status={view.status} />
          </dd>
        </dl>
        <form method="post" action={`${caseUrl(view.workflowId)}/withdraw`}>
          <Token reader={reader} />
          <input type="hidden" name="seen" value={seenOf(shown)} />
          <input type="hidden" name="key" value={`${key}-withdraw`} />
          <p>
            <label>
              {tell(reader, 'note')} <input name="note" maxLength={1000} />
            </label>
          </p>
          {isForeign && (
            <p>
              <label>
                <input type="checkbox" name="force" value="yes" /> {tell(reader, 'withdrawForce')}
              </label>
            </p>
          )}
          <button type="submit" class="danger">
            {tell(reader, 'withdrawSure')}
          </button>{' '}
          <a href={caseUrl(view.workflowId)}>{tell(reader, 'goBack')}</a>
        </form>
      </section>
    ),
  });
}
