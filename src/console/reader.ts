/** Who looks at a page and how: language, name, and what the installation is. */
import { type InBoth, type Language, type Word, words } from './words.ts';

/** Everything that every page needs to know. */
export interface Reader {
  language: Language;
  /** The signed-in name, or the one that the person gave on this machine. */
  name: string;
  /** Nobody signs in: the name can be changed on the page. */
  canRename: boolean;
  /** Everybody, unless `WXQ_CONSOLE_OPERATORS` names those who do more than look. */
  mayAct: boolean;
  isSandbox: boolean;
  /** Goes back with every form; see `sign-in.ts`. */
  token: string;
  /** This page, for the language switch. */
  url: string;
  now: Date;
}

/** A word in the reader's language; `{n}` and the like are filled in. */
export function tell(
  reader: Pick<Reader, 'language'>,
  word: Word | InBoth,
  values: Record<string, unknown> = {},
): string {
  const text = (typeof word === 'string' ? words[word] : word)[reader.language];
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Percent-encoded names as they read: a reason that names a place of the material is for people. */
export function readable(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      const decoded = decodeURIComponent(encoded);
      // A slash or a blank would look like another path.
      return /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(decoded) && !decoded.includes('/') ? decoded : encoded;
    } catch {
      return encoded;
    }
  });
}

/** How long ago, in the coarsest unit that says something. */
export function ago(reader: Reader, since: string): string {
  const minutes = Math.max(0, Math.floor((reader.now.getTime() - Date.parse(since)) / 60_000));
  if (minutes < 60) return `${minutes} ${tell(reader, 'minutes')}`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${tell(reader, 'hours')}`;
  return `${Math.floor(minutes / 1440)} ${tell(reader, 'days')}`;
}

/** Languages of a browser, best first: `zh-CN,zh;q=0.9,en;q=0.8`. */
export function preferredLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((part) => {
      const [tag = '', ...options] = part.trim().toLowerCase().split(';');
      const weight = options.map((option) => /^\s*q=([\d.]+)/.exec(option)?.[1]).find((found) => found !== undefined);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => weight > 0 && /^(zh|en)(-|$)/.test(tag))
    .sort((a, b) => b.weight - a.weight);
  return wanted[0]?.tag.startsWith('zh') ? 'zh' : 'en';
}
