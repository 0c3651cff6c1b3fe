/** The frame of every page: which installation this is, where to go, who is here. */
import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Reader, tell } from './reader.ts';
import type { InBoth, Word } from './words.ts';

/** Where the console lives on the private port. */
export const consolePrefix = '/console';

export type Section = 'waiting' | 'stuck' | 'all' | 'pushes' | 'new' | 'import' | 'none';

export interface Frame {
  reader: Reader;
  title: string;
  section?: Section;
  children: ComponentChildren;
}

const sections: readonly [Section, string, Word][] = [
  ['waiting', `${consolePrefix}/`, 'waiting'],
  ['stuck', `${consolePrefix}/stuck`, 'stuck'],
  ['all', `${consolePrefix}/all`, 'all'],
  ['pushes', `${consolePrefix}/pushes`, 'pushes'],
  ['new', `${consolePrefix}/new`, 'newCase'],
  ['import', `${consolePrefix}/imports`, 'import'],
];

/** One whole document. */
export function document(frame: Frame): string {
  return `<!doctype html>${renderToString(<Document {...frame} />)}`;
}

function Document({ reader, title, section = 'none', children }: Frame) {
  const place = reader.isSandbox ? 'sandbox' : 'live';
  return (
    <html lang={reader.language === 'zh' ? 'zh-CN' : 'en'}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false}' />
        <title>{`${title} · ${tell(reader, place)}`}</title>
        <link rel="icon" href={`${consolePrefix}/assets/icon.svg`} />
        <link rel="stylesheet" href={`${consolePrefix}/assets/style.css`} />
        <script defer src={`${consolePrefix}/assets/htmx.js`} />
        <script defer src={`${consolePrefix}/assets/console.js`} />
      </head>
      <body class={place}>
        <header>
          <span class="place">
            <strong>{tell(reader, place)}</strong>
            {reader.isSandbox && <span class="quiet"> {tell(reader, 'sandboxNote')}</span>}
          </span>
          <nav>
            {sections
              .filter(([name]) => reader.mayAct || (name !== 'new' && name !== 'import'))
              .map(([name, href, word]) => (
                <a href={href} aria-current={name === section ? 'page' : undefined}>
                  {tell(reader, word)}
                </a>
              ))}
          </nav>
          <Person reader={reader} />
        </header>
        <main>{children}</main>
      </body>
    </html>
  );
}

function Person({ reader }: { reader: Reader }) {
  const other = reader.language === 'zh' ? 'en' : 'zh';
  return (
    <form class="person" method="post" action={`${consolePrefix}/settings`}>
      <Token reader={reader} />
      <input type="hidden" name="back" value={reader.url} />
      {reader.canRename ? (
        <>
          <label>
            {tell(reader, 'yourName')} <input name="name" value={reader.name} size={8} maxLength={60} />
          </label>
          <button type="submit">{tell(reader, 'keep')}</button>
        </>
      ) : (
        <span title={tell(reader, 'signedInAs')}>{reader.name}</span>
      )}
      <button type="submit" name="language" value={other} lang={other === 'zh' ? 'zh-CN' : 'en'}>
        {tell(reader, 'language')}
      </button>
    </form>
  );
}

/** What proves that a form is ours. */
export const Token = ({ reader }: { reader: Reader }) => <input type="hidden" name="token" value={reader.token} />;

/** A moment: in the viewer's zone once the script has run, UTC until then and on hover. */
export function Time({ at }: { at: string }) {
  const utc = `${at.slice(0, 16).replace('T', ' ')} UTC`;
  return (
    <time dateTime={at} title={utc}>
      {utc}
    </time>
  );
}

/** A sentence with a colour: what went well or wrong, and what leads out. */
export function Notice(props: { kind: 'good' | 'bad' | 'plain'; children: ComponentChildren }) {
  return (
    <div class={`notice ${props.kind}`} role={props.kind === 'bad' ? 'alert' : 'status'}>
      {props.children}
    </div>
  );
}

/** A page that says why nothing else is shown, and where to go. */
export function messagePage(
  reader: Reader,
  message: { title: string; detail?: string; advice?: string; next?: { href: string; text: InBoth | Word } },
): string {
  const { title, detail, advice, next } = message;
  return document({
    reader,
    title,
    children: (
      <section class="narrow">
        <h1>{title}</h1>
        {detail !== undefined && <p class="pre">{detail}</p>}
        {advice !== undefined && <p class="pre">{advice}</p>}
        {next !== undefined && (
          <p>
            <a class="button" href={next.href}>
              {tell(reader, next.text)}
            </a>
          </p>
        )}
      </section>
    ),
  });
}
