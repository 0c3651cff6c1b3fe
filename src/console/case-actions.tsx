/** What can be asked of a case besides mending it: its buttons, and the page before a withdrawal. */
import type { Action } from '../contract/qualification.ts';
import { caseUrl, seenOf } from './case-address.ts';
import type { CaseShown } from './case-page.tsx';
import { document, Token } from './layout.tsx';
import { Status } from './queue-page.tsx';
import { tell } from './reader.ts';
import { actionWords } from './words.ts';

/** Paths of the actions; `resubmit` is the form beside it. */
export const actionPaths: Record<Exclude<Action, 'resubmit'>, string> = {
  readAuditNow: 'read-now',
  retry: 'retry',
  adopt: 'adopt',
  withdraw: 'withdraw',
};

/** Those that the case takes now; nothing for who may only look. */
export function Actions(shown: CaseShown) {
  const { reader, view, key } = shown;
  const actions = (['retry', 'adopt', 'readAuditNow', 'withdraw'] as const).filter((action) =>
    view.canDo.includes(action),
  );
  if (actions.length === 0 || !reader.mayAct) return null;
  return (
    <>
      <h2>{tell(reader, 'actions')}</h2>
      <div class="actions">
        {actions.map((action) => (
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
            {action === 'adopt' && view.platform === 'channels-shop' && (
              <input
                name="auditId"
                inputMode="numeric"
                pattern="\s*[1-9][0-9]{0,19}\s*"
                size={26}
                placeholder={tell(reader, 'followAudit')}
                title={tell(reader, 'followAudit')}
                aria-label={tell(reader, 'followAudit')}
              />
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
