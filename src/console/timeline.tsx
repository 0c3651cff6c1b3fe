/** What happened to a case: its attempts with what changed between them, and everything in the order of time. */
import type { CaseMessage, CaseStory } from '../client/case-story.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import type { Attempt, CaseView } from '../contract/qualification.ts';
import type { Assignment } from '../store/case-assignments.ts';
import { Time } from './layout.tsx';
import { type Reader, readable, tell } from './reader.ts';
import { originalUrl, thumbnailUrl } from './thumbnails.tsx';
import { actionWords, type InBoth } from './words.ts';

interface Moment {
  at: string;
  who?: string | undefined;
  what: string;
  detail?: string | undefined;
}

export function History({
  reader,
  view,
  story,
  assignments,
}: {
  reader: Reader;
  view: CaseView;
  story: CaseStory;
  assignments: readonly Assignment[];
}) {
  return (
    <div class="columns">
      <section>
        <h2>{tell(reader, 'attempts')}</h2>
        <ol class="attempts">
          {view.attempts.map((attempt) => (
            <AttemptLine reader={reader} attempt={attempt} before={correctionBefore(story, view.attempts, attempt)} />
          ))}
        </ol>
      </section>
      <section>
        <h2>{tell(reader, 'history')}</h2>
        <ol class="timeline">
          {momentsOf(reader, view, story, assignments).map(({ at, who, what, detail }) => (
            <li>
              <Time at={at} /> <span>{what}</span>
              {who !== undefined && (
                <span>
                  {' '}
                  {tell(reader, 'by')} <strong>{who}</strong>
                </span>
              )}
              {detail !== undefined && <div class="quiet pre">{detail}</div>}
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function AttemptLine({
  reader,
  attempt,
  before,
}: {
  reader: Reader;
  attempt: Attempt;
  before: CaseMessage | undefined;
}) {
  const { auditId, verdict, reason, submittedAt, decidedAt } = attempt;
  return (
    <li value={attempt.number}>
      {before !== undefined && (
        <div class="quiet">
          {tell(reader, 'changed')}
          {before.by !== undefined && ` (${tell(reader, 'by')} ${before.by})`}: {changesOf(before).length === 0 && '—'}
          <Changes before={before} />
          {before.note !== undefined && <div class="pre">{before.note}</div>}
        </div>
      )}
      <p>
        {submittedAt !== undefined && <Time at={submittedAt} />}{' '}
        {auditId !== undefined && (
          <span>
            {tell(reader, 'auditId')} <code>{auditId}</code>
          </span>
        )}{' '}
        {verdict !== undefined && (
          <strong>{tell(reader, verdictWords[verdict] ?? { zh: verdict, en: verdict })}</strong>
        )}{' '}
        {decidedAt !== undefined && <Time at={decidedAt} />}
      </p>
      {reason !== undefined && <blockquote class="pre">{readable(reason)}</blockquote>}
    </li>
  );
}

/** Each place with what was put there: a new image as a picture, a text as it reads. */
function Changes({ before: { set = {}, remove = [] } }: { before: CaseMessage }) {
  return (
    <ul class="changes">
      {Object.entries(set).map(([path, value]) => {
        const source = typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : value.source;
        const sha256 = typeof value === 'object' && 'sha256' in value ? value.sha256 : sha256OfMaterialSource(source);
        return (
          <li>
            <code>{readable(path)}</code>{' '}
            {sha256 === undefined ? (
              <span>→ {source}</span>
            ) : (
              <a href={originalUrl(sha256)}>
                <img src={thumbnailUrl(sha256)} alt={readable(path)} width={60} height={60} loading="lazy" />
              </a>
            )}
          </li>
        );
      })}
      {remove.map((path) => (
        <li>
          <code>− {readable(path)}</code>
        </li>
      ))}
    </ul>
  );
}

const verdictWords: Record<string, InBoth> = {
  approved: { zh: '通过', en: 'approved' },
  rejected: { zh: '驳回', en: 'rejected' },
  cancelled: { zh: '已撤销', en: 'cancelled' },
  refused: { zh: '未进入审核', en: 'refused before an audit' },
};

/** The correction that led to an attempt: the last one before it, after the attempt that came before. */
function correctionBefore(story: CaseStory, attempts: readonly Attempt[], attempt: Attempt): CaseMessage | undefined {
  const index = attempts.indexOf(attempt);
  const from = attempts[index - 1]?.decidedAt;
  if (from === undefined) return undefined;
  const to = attempt.submittedAt ?? attempt.decidedAt ?? '9';
  return story.messages.findLast(({ action, at }) => action === 'resubmit' && at >= from && at <= to);
}

const changesOf = ({ set = {}, remove = [] }: CaseMessage): string[] => [
  ...Object.keys(set).map(readable),
  ...remove.map((path) => `− ${readable(path)}`),
];

function momentsOf(
  reader: Reader,
  view: CaseView,
  { startedAt, startInput, messages }: CaseStory,
  assignments: readonly Assignment[],
): Moment[] {
  const uploads = new Map<string, number>();
  for (const { uploadedAt } of view.material)
    if (uploadedAt !== undefined) uploads.set(uploadedAt, (uploads.get(uploadedAt) ?? 0) + 1);
  const moments: Moment[] = [
    { at: startedAt, what: tell(reader, 'started'), who: startInput.requestedBy },
    ...[...uploads].map(([at, images]) => ({
      at,
      what: `${tell(reader, 'uploaded')}${images > 1 ? ` × ${images}` : ''}`,
    })),
    ...assignments.map(({ givenAt, givenBy, assignee }) => ({
      at: givenAt,
      what: assignee === undefined ? tell(reader, 'unassigned') : `${tell(reader, 'assigned')} ${assignee}`,
      who: givenBy,
    })),
    ...messages.map((message) => ({
      at: message.at,
      what: tell(reader, actionWords[message.action]).replace('…', ''),
      who: message.by,
      detail: [changesOf(message).join(', '), message.note].filter(Boolean).join('\n') || undefined,
    })),
    ...view.attempts.flatMap(({ submittedAt, decidedAt, verdict, reason, auditId, source }) => [
      ...(submittedAt === undefined
        ? []
        : [{ at: submittedAt, what: `${tell(reader, 'submitted')}${auditId === undefined ? '' : ` (${auditId})`}` }]),
      ...(decidedAt === undefined
        ? []
        : [
            {
              at: decidedAt,
              what: `${tell(reader, source === 'refused' ? 'refusedBefore' : 'decided')}: ${tell(reader, verdictWords[verdict ?? ''] ?? { zh: verdict ?? '', en: verdict ?? '' })}`,
              detail: reason === undefined ? undefined : readable(reason),
            },
          ]),
    ]),
  ];
  return moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
