/** The commands that a page shows: one for each line of its blocks for a shell, with what the page says that they print. */
import type { Page } from './pages.ts';

export interface ShellCommand {
  /** As it stands on the page; a here-document and lines that end in a backslash belong to it. */
  text: string;
  /** The line of the page, from 1. */
  line: number;
  /** In a `console` block: the lines below the command. `…` stands for anything. */
  output: string[];
}

/** Every command of `sh`, `bash` and `console` blocks, in the order of the page. */
export function shellCommands({ text }: Page): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let language: string | undefined;
  let indent = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    const fence = /^( *)```(\S*)/.exec(whole);
    if (fence !== null) {
      language = language === undefined ? (fence[2] ?? '') : undefined;
      indent = fence[1]?.length ?? 0;
      if (language !== undefined) commands.push(...blockAfter(text, index, language, indent));
    }
  }
  return commands;
}

function blockAfter(text: string, fence: number, language: string, indent: number): ShellCommand[] {
  if (!['sh', 'bash', 'console'].includes(language)) return [];
  const lines = text.split('\n').slice(fence + 1);
  const body = lines
    .slice(
      0,
      lines.findIndex((line) => /^ *```/.test(line)),
    )
    .map((line) => line.slice(indent));
  const found: ShellCommand[] = [];
  let open: { ends: (line: string) => boolean } | undefined;
  for (const [index, line] of body.entries()) {
    const last = found.at(-1);
    if (open !== undefined && last !== undefined) {
      last.text += `\n${line}`;
      if (open.ends(line)) open = undefined;
      continue;
    }
    if (language === 'console' && !line.startsWith('$ ')) {
      last?.output.push(line);
      continue;
    }
    const command = line.replace(/^\$ /, '');
    if (/^\s*(#|$)/.test(command)) continue;
    found.push({ text: command, line: fence + 2 + index, output: [] });
    open = continuationOf(command);
  }
  return found;
}

function continuationOf(command: string): { ends: (line: string) => boolean } | undefined {
  const word = /<<-?'?(\w+)'?/.exec(command)?.[1];
  if (word !== undefined) return { ends: (line) => line === word };
  return command.endsWith('\\') ? { ends: (line) => !line.endsWith('\\') } : undefined;
}

/** Whether these lines stand in the output, in this order; gives the first that does not. */
export function missingLine(expected: readonly string[], output: string): string | undefined {
  let from = 0;
  const lines = output.split('\n').map((line) => line.trim());
  for (const wanted of expected.map((line) => line.trim()).filter((line) => line !== '' && line !== '…')) {
    const pattern = new RegExp(`^${wanted.split('…').map(escaped).join('.*')}$`, 'u');
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (at === -1) return wanted;
    from = at + 1;
  }
  return undefined;
}

const escaped = (text: string): string =>
  text
    .split(/\s+/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(String.raw`\s+`);
