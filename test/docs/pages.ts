/** The pages that are written for people, and what can be read out of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Page {
  /** From the root of the repository. */
  name: string;
  text: string;
}

export const textOf = (name: string): string => readFileSync(join(root, name), 'utf8');

/** README in both languages, and everything under `docs/`. */
export function pages(): Page[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'README.zh-CN.md', ...docs.sort()].map((name) => ({ name, text: textOf(name) }));
}

/** The contents of the fenced blocks of one language. */
export function blocks({ text }: Page, language: string): string[] {
  return [...text.matchAll(/^ *```(\S*)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , content = '']) => content);
}

/** Every command line of this program: in the blocks for a shell, and in running text. */
export function commandLines(page: Page, program: string): string[] {
  const shell = blocks(page, 'sh').flatMap((block) => block.split('\n').flatMap((line) => line.split(' && ')));
  const inline = [...page.text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...shell, ...inline].map((line) => line.trim()).filter((line) => `${line} `.startsWith(`${program} `));
}

/** A command line's words, as a shell takes them apart; a comment is dropped. */
export function words(line: string): string[] {
  return [...line.matchAll(/#.*$|((?:'[^']*'|"[^"]*"|[^\s'"])+)/g)].flatMap(([, word]) =>
    word === undefined ? [] : [word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2')],
  );
}

/** The targets of links that lead to this repository. */
export const links = ({ text }: Page): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => (/^[a-z]+:/.test(target) ? [] : [target]));

/** The anchors that a page's headings have on GitHub. */
export const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );

/** The rows of the first table after a heading: their cells. */
export function table({ text }: Page, heading: string): string[][] {
  const [, after = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const [found = ''] = /^\|[\s\S]*?(?=^[^|]|^$)/m.exec(after) ?? [];
  return found
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .replace(/^\||\|$/g, '')
        .split('|')
        .map((cell) => cell.trim()),
    );
}
