/** Imports as pages: the upload, the preview with every finding, and what became of each row. */
import type { PreviewRow } from '../importing/preview.ts';
import { inBothLanguages, type RowResult, startReasons } from '../importing/start-rows.ts';
import type { KeptImport } from '../store/imports.ts';
import { caseUrl } from './case-address.ts';
import { importWords, intentWords, outcomeWords, stageWords } from './import-words.ts';
import type { ImportProblem } from './import-work.ts';
import { consolePrefix, document, Notice, Time, Token } from './layout.tsx';
import { PageLinks } from './page-links.tsx';
import { type Reader, tell } from './reader.ts';

export const importsUrl = `${consolePrefix}/imports`;
export const importUrl = (id: string): string => `${importsUrl}/${id}`;

/** The upload form, and what was imported lately. */
export function importsDocument({ reader, found }: { reader: Reader; found: readonly KeptImport[] }): string {
  return document({
    reader,
    section: 'import',
    title: tell(reader, importWords.title),
    children: (
      <>
        <h1>{tell(reader, importWords.title)}</h1>
        <form class="narrow" id="import" method="post" action={importsUrl} encType="multipart/form-data">
          <Token reader={reader} />
          <p>{tell(reader, importWords.intro)}</p>
          <div class="place files" data-drop="">
            <label>
              {tell(reader, importWords.file)} <input type="file" name="csv" accept=".csv,text/csv" required />
            </label>
          </div>
          <div class="place files" data-drop="many">
            <label>
              {tell(reader, importWords.images)}{' '}
              <input type="file" name="image" multiple accept="image/jpeg,image/png,image/gif" />
            </label>
          </div>
          <p>
            <button type="submit" class="first">
              {tell(reader, importWords.upload)}
            </button>{' '}
            <a href={`${importsUrl}/example.csv`}>{tell(reader, importWords.example)}</a>
          </p>
        </form>
        <h2>{tell(reader, importWords.earlierImports)}</h2>
        {found.length === 0 ? (
          <div class="empty">
            <p>
              {tell(reader, importWords.none)} <code>npx wxq import cases.csv</code>
            </p>
          </div>
        ) : (
          <table>
            <tbody>
              {found.map((one) => (
                <tr>
                  <td>
                    <Time at={one.createdAt} />
                  </td>
                  <td>
                    <a href={importUrl(one.id)} data-open="">
                      {one.fileName}
                    </a>
                  </td>
                  <td>
                    {one.total} {tell(reader, importWords.rows)}
                  </td>
                  <td>{one.uploadedBy}</td>
                  <td>{tell(reader, stageWords[one.stage])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </>
    ),
  });
}

export interface ImportShown {
  reader: Reader;
  kept: KeptImport;
  /** The newest confirmed import of the same file. */
  earlier?: KeptImport | undefined;
  /** Once it was checked, and until it is begun. */
  rows?: readonly PreviewRow[] | undefined;
  /** Once it was begun; while it goes on only for who asks for them. */
  results?: readonly RowResult[] | undefined;
  onlyFindings: boolean;
  /** From 1. */
  page: number;
}

export const rowsPerPage = 200;

export function importDocument(shown: ImportShown): string {
  const { reader, kept } = shown;
  return document({ reader, section: 'import', title: kept.fileName, children: <Import {...shown} /> });
}

/** Somebody works at it now. */
export const isWorking = ({ stage, isAbandoned }: KeptImport): boolean =>
  !isAbandoned && (stage === 'checking' || stage === 'starting');

function Import(shown: ImportShown) {
  const { reader, kept, earlier, rows, results } = shown;
  return (
    <div id="import">
      <h1>{kept.fileName}</h1>
      <div class="facts">
        <span class={`chip stage-${kept.stage}`}>{tell(reader, stageWords[kept.stage])}</span>
        <span>
          <Time at={kept.createdAt} /> {kept.confirmedBy ?? kept.uploadedBy}
        </span>
        <a href={importsUrl}>{tell(reader, importWords.back)}</a>
      </div>
      {earlier !== undefined && kept.confirmedBy === undefined && (
        <Notice kind="plain">
          <p>
            {tell(reader, importWords.sameFile, {
              name: earlier.confirmedBy,
              when: `${earlier.createdAt.slice(0, 16).replace('T', ' ')} UTC`,
            })}
          </p>
        </Notice>
      )}
      {isWorking(kept) && (
        <div>
          <Progress {...shown} />
          <Act reader={reader} kept={kept} action="stop" />
          {kept.stage === 'starting' && results === undefined && (
            <p>
              <a href={`${importUrl(kept.id)}?page=1`}>{tell(reader, importWords.rowsSoFar)}</a>
            </p>
          )}
        </div>
      )}
      <Stopped {...shown} />
      {rows !== undefined && <Preview {...shown} rows={rows} />}
      {results !== undefined && <Results {...shown} results={results} />}
    </div>
  );
}

/** While somebody works at it, this alone is asked for again and again: two numbers, whatever the size of the file. */
export function Progress({ reader, kept }: Pick<ImportShown, 'reader' | 'kept'>) {
  return (
    <div id="progress" hx-get={`${importUrl(kept.id)}?part=progress`} hx-trigger="every 2s" hx-swap="outerMorph">
      <Notice kind="plain">
        <p>
          {tell(reader, kept.stage === 'checking' ? importWords.checking : importWords.starting)}: {kept.done} /{' '}
          {kept.total} <progress max={kept.total} value={kept.done} />
        </p>
      </Notice>
    </div>
  );
}

/** Why nobody works at it, and what leads on. */
function Stopped({ reader, kept }: ImportShown) {
  if (!kept.isAbandoned && kept.stage !== 'stopped') return null;
  const problem = kept.problem === undefined ? undefined : (JSON.parse(kept.problem) as ImportProblem);
  return (
    <Notice kind="bad">
      <p>{problem === undefined ? tell(reader, importWords.abandoned) : tell(reader, problem)}</p>
      {problem !== undefined && <p>{tell(reader, problem.advice)}</p>}
      <Act reader={reader} kept={kept} action={kept.confirmedBy === undefined ? 'check' : 'start'} />
    </Notice>
  );
}

function Act({ reader, kept, action }: { reader: Reader; kept: KeptImport; action: 'check' | 'start' | 'stop' }) {
  if (!reader.mayAct) return null;
  const word = { check: importWords.again, start: importWords.goOn, stop: importWords.stop }[action];
  return (
    <form method="post" action={`${importUrl(kept.id)}/${action}`}>
      <Token reader={reader} />
      <button type="submit">{tell(reader, word)}</button>
    </form>
  );
}

function Preview(shown: ImportShown & { rows: readonly PreviewRow[] }) {
  const { reader, kept, rows, onlyFindings, page } = shown;
  const ready = rows.filter(({ isReady }) => isReady);
  const warned = ready.filter(({ findings }) => findings.some(({ level }) => level === 'warning'));
  const accounts = new Set(ready.map(({ appId }) => appId));
  const wanted = onlyFindings ? rows.filter(({ findings }) => findings.some(({ level }) => level !== 'note')) : rows;
  return (
    <>
      <section>
        <p>
          <strong>{ready.length}</strong> {tell(reader, importWords.ready)}
          {warned.length > 0 && ` (${warned.length} ${tell(reader, importWords.warnings)})`},{' '}
          <strong>{rows.length - ready.length}</strong> {tell(reader, importWords.refused)}
        </p>
        {kept.stage === 'checked' && reader.mayAct && (
          <div class="actions">
            {ready.length > 0 && (
              <form method="post" action={`${importUrl(kept.id)}/start`}>
                <Token reader={reader} />
                <button type="submit" class="first">
                  {tell(reader, importWords.start, { n: ready.length, accounts: accounts.size })} ·{' '}
                  {tell(reader, reader.isSandbox ? 'sandbox' : 'live')}
                </button>
              </form>
            )}
            <Act reader={reader} kept={kept} action="check" />
          </div>
        )}
        {ready.length === 0 && <p>{tell(reader, importWords.nothingReady)}</p>}
      </section>
      <p>
        <a href={`${importUrl(kept.id)}${onlyFindings ? '' : '?only=findings'}`}>
          {tell(reader, onlyFindings ? importWords.allRows : importWords.onlyFindings)}
        </a>
      </p>
      <table class="import">
        <thead>
          <tr>
            <th>{tell(reader, importWords.row)}</th>
            <th>{tell(reader, 'account')}</th>
            <th>{tell(reader, 'category')}</th>
            <th>{tell(reader, importWords.intent)}</th>
            <th>{tell(reader, 'externalId')}</th>
            <th>{tell(reader, importWords.findings)}</th>
          </tr>
        </thead>
        <tbody>
          {wanted.slice((page - 1) * rowsPerPage, page * rowsPerPage).map((row) => (
            <PreviewLine reader={reader} row={row} />
          ))}
        </tbody>
      </table>
      <Pages {...shown} of={wanted.length} />
    </>
  );
}

function PreviewLine({ reader, row }: { reader: Reader; row: PreviewRow }) {
  const { appId, category, categoryPath, intent, externalId = '', findings, isReady } = row;
  return (
    <tr class={isReady ? '' : 'refused'}>
      <td class="number">{row.row}</td>
      <td>{appId}</td>
      <td>
        {categoryPath ?? category}
        {categoryPath !== undefined && <span class="quiet"> {row.workflowId?.split('/').at(-1)}</span>}
      </td>
      <td>{tell(reader, intentWords[intent])}</td>
      <td>{externalId}</td>
      <td>
        {findings.length === 0 ? (
          <span class="good">✓</span>
        ) : (
          <ul class="findings">
            {findings.map((finding) => (
              <li class={finding.level}>
                {finding.column !== '' && !finding[reader.language].startsWith(finding.column) && (
                  <code>{finding.column}</code>
                )}{' '}
                {finding[reader.language]}
                {finding.level !== 'note' && finding.advice[reader.language] !== '' && (
                  <div class="quiet">{finding.advice[reader.language]}</div>
                )}
              </li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}

function Results(shown: ImportShown & { results: readonly RowResult[] }) {
  const { reader, kept, results, page } = shown;
  const counts = Object.entries(outcomeWords)
    .map(([outcome, word]) => [word, results.filter((one) => one.outcome === outcome).length] as const)
    .filter(([, count]) => count > 0);
  return (
    <>
      <section>
        <p>
          {counts.map(([word, count], index) => (
            <>
              {index > 0 && ', '}
              <strong>{count}</strong> {tell(reader, word)}
            </>
          ))}
        </p>
        <p>
          <a class="button" href={`${importUrl(kept.id)}/results.csv`}>
            {tell(reader, importWords.results)}
          </a>
        </p>
      </section>
      <table class="import">
        <thead>
          <tr>
            <th>{tell(reader, importWords.row)}</th>
            <th>{tell(reader, 'account')}</th>
            <th>{tell(reader, 'thisCase')}</th>
            <th>{tell(reader, 'externalId')}</th>
            <th>{tell(reader, importWords.outcome)}</th>
            <th>{tell(reader, 'reason')}</th>
          </tr>
        </thead>
        <tbody>
          {results.slice((page - 1) * rowsPerPage, page * rowsPerPage).map((one) => (
            <tr>
              <td class="number">{one.row}</td>
              <td>{one.appId}</td>
              <td>
                {one.workflowId === undefined || one.outcome === 'refused' ? (
                  one.category
                ) : (
                  <a href={caseUrl(one.workflowId)}>{one.workflowId.split('/').at(-1)}</a>
                )}
              </td>
              <td>{one.externalId}</td>
              <td>{tell(reader, outcomeWords[one.outcome])}</td>
              <td class="pre">{reasonOf(reader, one.reason)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Pages {...shown} of={results.length} />
    </>
  );
}

function reasonOf(reader: Reader, reason: string | undefined): string | undefined {
  return Object.values(startReasons).find((one) => inBothLanguages(one) === reason)?.[reader.language] ?? reason;
}

function Pages({ reader, kept, page, onlyFindings, of }: ImportShown & { of: number }) {
  const at = (n: number): string => `${importUrl(kept.id)}?page=${n}${onlyFindings ? '&only=findings' : ''}`;
  return <PageLinks reader={reader} page={page} pages={Math.ceil(of / rowsPerPage)} at={at} />;
}
