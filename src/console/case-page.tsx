/** One case as a page: why it stands, the material beside the reason, what can be done, what happened. */
import type { CaseStory } from '../client/case-story.ts';
import type { CaseView } from '../contract/qualification.ts';
import type { Assignment } from '../store/case-assignments.ts';
import { errcodeRow } from '../wechat/errcodes.ts';
import { Actions } from './case-actions.tsx';
import { caseRunOf, caseUrl, seenOf } from './case-address.ts';
import { Findings } from './findings.tsx';
import { consolePrefix, document, Notice, Time, Token } from './layout.tsx';
import { MendForm } from './mend-form.tsx';
import { ownReason } from './own-reasons.ts';
import { placesOf } from './places.ts';
import { reasonOf } from './queue.ts';
import { Status } from './queue-page.tsx';
import { ago, type Reader, tell } from './reader.ts';
import { MaterialGroups } from './thumbnails.tsx';
import { History } from './timeline.tsx';
import { ToldLater } from './told-page.tsx';
import { actionWords, type InBoth, type Word } from './words.ts';

export interface CaseShown {
  reader: Reader;
  view: CaseView;
  story: CaseStory;
  category?: string | undefined;
  /** What the category's rules call its licences and fields, by path; absent while they are not known. */
  papers?: ReadonlyMap<string, string> | undefined;
  account?: string | undefined;
  /** Who took care of it, step by step; `undefined` when that cannot be read now. */
  assignments: readonly Assignment[] | undefined;
  temporalUrl: string;
  /** Names this rendering of the form, so that sending it twice is harmless. */
  key: string;
  /** Said once, above everything. */
  notice?: { kind: 'good' | 'bad'; text: InBoth | Word; detail?: string } | undefined;
}

export function caseDocument(shown: CaseShown): string {
  const { reader, view, category } = shown;
  const children = (
    <>
      <Case {...shown} />
      <ToldLater reader={reader} workflowId={view.workflowId} />
    </>
  );
  return document({ reader, title: category ?? view.categoryId, children });
}

const canMend = ({ view, reader }: CaseShown): boolean => reader.mayAct && view.canDo.includes('resubmit');
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
      <Neighbours reader={reader} view={view} />
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
              groups={placesOf(story.input, view.material, shown.papers)}
            />
          ) : (
            <MaterialGroups reader={reader} groups={placesOf(story.input, view.material, shown.papers)} />
          )}
        </section>
      </div>
      <History reader={reader} view={view} story={story} assignments={shown.assignments ?? []} />
      <p>
        <a href={shown.temporalUrl} rel="noreferrer">
          {tell(reader, 'temporal')}
        </a>
      </p>
    </div>
  );
}

/** From case to case without the list; `p` and `n` on the keyboard. */
function Neighbours({ reader, view }: Pick<CaseShown, 'reader' | 'view'>) {
  const at = (step: string): string => `${consolePrefix}/next?${new URLSearchParams({ from: view.workflowId, step })}`;
  return (
    <p class="neighbours">
      <a href={at('-1')} rel="prev" title="p">
        ‹ {tell(reader, 'previousCase')}
      </a>
      <a href={`${consolePrefix}/`}>{tell(reader, 'waiting')}</a>
      <a href={at('1')} rel="next" title="n">
        {tell(reader, 'nextCase')} ›
      </a>
    </p>
  );
}

/** Who takes care of it, and how that is changed; two people at once are told apart by the step that they saw. */
function Assignee(shown: CaseShown) {
  const { reader, view, story, assignments } = shown;
  if (assignments === undefined) return <span class="quiet">{tell(reader, 'assigneesMissing')}</span>;
  const last = assignments.at(-1);
  const now = last?.assignee;
  const isMine = now === reader.name;
  const offer: Word | undefined = !isOpen(shown)
    ? undefined
    : now === undefined
      ? 'take'
      : isMine
        ? 'giveBack'
        : 'takeOver';
  return (
    <span class="assignee">
      {tell(reader, 'assignee')} <strong>{now ?? '—'}</strong>
      {reader.mayAct && offer !== undefined && (
        <form method="post" action={`${caseUrl(view.workflowId)}/assign`}>
          <Token reader={reader} />
          <input type="hidden" name="run" value={caseRunOf(story)} />
          <input type="hidden" name="seen" value={last?.number ?? 0} />
          <button type="submit" name="to" value={isMine ? 'nobody' : 'me'}>
            {tell(reader, offer)}
          </button>
        </form>
      )}
    </span>
  );
}

/** The head alone is asked for by a page with a form; `seen` is what that form was made from. */
export function Head(shown: CaseShown & { seen?: string }) {
  const { reader, view, category, account, seen = seenOf(shown) } = shown;
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
      <div class="facts">
        <Status reader={reader} status={view.status} />
        {view.overdue && <span class="chip overdue">{tell(reader, 'overdue')}</span>}
        <span>
          {tell(reader, 'account')}{' '}
          {account !== undefined && (
            <>
              <strong>{account}</strong>{' '}
            </>
          )}
          <code>{view.appId}</code>
        </span>
        <span>
          {tell(reader, 'since')} <Time at={view.since} /> ({ago(reader, view.since)})
        </span>
        {view.pending !== undefined && <span>{tell(reader, actionWords[view.pending])} …</span>}
        <Assignee {...shown} />
      </div>
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
  const isRefused = view.attempts.at(-1)?.verdict === 'refused';
  const code = blocked?.errcode ?? /(?:^|\D)(-?\d{5,8})(?!\d)/.exec(reason)?.[1];
  const row = code === undefined ? undefined : errcodeRow(code);
  const own = row === undefined ? ownReason(reason) : undefined;
  const advice = (row ?? own)?.advice[reader.language] ?? blocked?.advice;
  return (
    <>
      <h2>
        {tell(reader, blocked !== undefined ? 'blockedBecause' : isRefused ? 'refusedBecause' : 'rejectedBecause')}
      </h2>
      <blockquote class="reason pre">{reason}</blockquote>
      {row !== undefined && (
        <p>
          {tell(reader, 'errcode')} <code>{row.code}</code>: {row.meaning[reader.language]}
        </p>
      )}
      {own !== undefined && <p>{own.meaning[reader.language]}</p>}
      {advice !== undefined && (
        <>
          <h3>{tell(reader, 'whatToDo')}</h3>
          <p class="pre">{advice}</p>
        </>
      )}
    </>
  );
}
