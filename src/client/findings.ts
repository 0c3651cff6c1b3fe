/** Turns schema issues into sentences, in English and Chinese, that name the member they are about. */

/** One thing that is wrong with an input, found before anything was started. */
export interface Finding {
  /** Where: `material.licenses[0].groupId`; empty for the input as a whole. */
  path: string;
  /** One English sentence that names the path. */
  message: string;
  en?: string;
  zh?: string;
}

/** What is read of a zod issue; its messages are either zod's own or made by `both`. */
export interface SchemaIssue {
  code?: string | undefined;
  path: readonly PropertyKey[];
  message: string;
  input?: unknown;
  expected?: string;
  keys?: readonly string[];
  values?: readonly unknown[];
  options?: readonly unknown[];
  errors?: readonly (readonly SchemaIssue[])[];
  minimum?: number | bigint;
  maximum?: number | bigint;
  origin?: string;
}

const separator = '\u0000';

/** A message in both languages; each half completes a sentence that begins with the path. */
export const both = (en: string, zh: string): string => en + separator + zh;

/** The halves of a message that `both` made. */
export function inBoth(message: string): { en: string; zh: string } {
  const [en = '', zh = en] = message.split(separator);
  return { en, zh };
}

/** Issues of one input, in the order in which the schema met them. */
export function findingsOf(issues: readonly SchemaIssue[], base: readonly PropertyKey[] = []): Finding[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return (issue.keys ?? []).map((key) =>
        finding([...path, key], both('is not a member that this input has', '不是该输入的字段')),
      );
    if (issue.code === 'invalid_union') return unionFindings(issue, path);
    return [finding(path, issue.message.includes(separator) ? issue.message : sentence(issue))];
  });
}

/** A finding at a path, from a message made by `both`. */
export function finding(path: readonly PropertyKey[], message: string): Finding {
  const written = writtenPath(path);
  const { en, zh } = inBoth(message);
  const inEnglish = `${written || 'The input'} ${en}.`;
  return { path: written, message: inEnglish, en: inEnglish, zh: `${written || '输入'} ${zh}。` };
}

/** `['material', 'licenses', 0]` -> `material.licenses[0]` */
function writtenPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[\w$]+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function sentence(issue: SchemaIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return both('is missing', '缺失');
      return both(`must be ${article(issue.expected ?? 'value')}`, `类型必须是 ${issue.expected ?? '?'}`);
    case 'invalid_value':
      return oneOf(issue.values ?? []);
    case 'too_small':
      return issue.origin === 'array'
        ? both(`needs at least ${issue.minimum} entry`, `至少需要 ${issue.minimum} 项`)
        : both('must not be empty', '不能为空');
    case 'too_big':
      return issue.origin === 'array'
        ? both(`takes at most ${issue.maximum} entries`, `最多 ${issue.maximum} 项`)
        : both(`must be at most ${issue.maximum} characters long`, `最长 ${issue.maximum} 个字符`);
    default:
      return both(issue.message, issue.message);
  }
}

const oneOf = (values: readonly unknown[]): string =>
  both(`must be one of ${values.map(String).join(', ')}`, `必须是 ${values.map(String).join('、')} 之一`);

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** A union is explained by the alternative that was most probably meant: a person can act on one sentence, not on three. */
function unionFindings(issue: SchemaIssue, path: readonly PropertyKey[]): Finding[] {
  const alternatives = issue.errors ?? [];
  if (alternatives.length === 0) return [finding([...path], oneOf(issue.options ?? []))];
  const [best] = [...alternatives].sort((a, b) => distance(a) - distance(b));
  return findingsOf(best ?? [], path);
}

/** How far an alternative is from what was given: another type altogether, then unknown members, then everything else. */
const distance = (issues: readonly SchemaIssue[]): number =>
  issues.reduce((sum, issue) => {
    if ((issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.path.length === 0) return sum + 100;
    return sum + (issue.code === 'unrecognized_keys' ? 3 : 1);
  }, 0);
