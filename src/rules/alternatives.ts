/** Which of a Mini Program category's alternatives is meant, what of it is missing, and keys that are nearly right. */
import type { Certificate } from '../contract/mini-program.ts';
import { error, type LintFinding, quoted, say, warning } from './finding.ts';

/**
 * Compares the certificates with the alternatives: any one of them is enough, of it every document is needed.
 * @param isReviewed whether the category takes a qualification at all.
 */
export function alternativeFindings(
  alternatives: string[][],
  certificates: Certificate[],
  isReviewed: boolean,
): LintFinding[] {
  const names = [...new Set(alternatives.flat())];
  const keys = certificates.map(({ key }) => key);
  const findings = certificates.flatMap(({ key }, index) =>
    names.includes(key) ? [] : [keyFinding(key, index, names)],
  );
  // A key that is nearly right counts as meant: its own finding says what to mend.
  const meant = new Set(keys.map((key) => names.find((name) => name === key) ?? nearest(key, names) ?? key));
  const complete = alternatives.filter((needed) => needed.every((name) => meant.has(name)));
  if (complete.length > 1) findings.push(severalMeant(complete));
  if (complete.length > 0 || (!isReviewed && certificates.length === 0)) return findings;

  const missing = (needed: string[]): string[] => needed.filter((name) => !meant.has(name));
  const score = (needed: string[]): number => needed.length - missing(needed).length;
  const best = Math.max(...alternatives.map(score));
  const closest = alternatives.filter((needed) => score(needed) === best);
  const fewest = Math.min(...closest.map((needed) => missing(needed).length));
  const likely = closest.filter((needed) => missing(needed).length === fewest);
  if (likely.length > 1) findings.push(severalMeant(likely));
  const [first = []] = likely;
  return [...findings, ...missing(first).map((name) => certificateMissing(name, alternatives))];
}

/** Equal but for blanks, brackets of another width and the like. */
const core = (text: string): string => text.normalize('NFKC').replaceAll(/[\s《》<>「」【】[\]]/gu, '');

const nearest = (key: string, names: string[]): string | undefined =>
  core(key) === '' ? undefined : names.find((name) => core(name) === core(key));

function keyFinding(key: string, index: number, names: string[]): LintFinding {
  const path = `certificates[${index}].key`;
  const name = nearest(key, names);
  if (name !== undefined)
    return error(
      'certificate-key-not-exact',
      path,
      say(
        `key ${quoted(key)} 与要求的名称 ${quoted(name)} 不完全一致。`,
        `The key ${quoted(key)} is not byte for byte the required name ${quoted(name)}.`,
      ),
      say(`原样复制（包括空格）：${quoted(name)}`, `Copy it as it is, blanks included: ${quoted(name)}`),
    );
  const list = names.map(quoted).join(', ');
  return error(
    'certificate-key-unknown',
    path,
    say(`该类目不需要资质 ${quoted(key)}。`, `The category asks for no document named ${quoted(key)}.`),
    say(`可用名称：${list}`, `The names are: ${list}`),
  );
}

const written = (alternatives: string[][], and: string, or: string): string =>
  alternatives.map((names) => names.map(quoted).join(and)).join(or);

const severalMeant = (alternatives: string[][]): LintFinding =>
  warning(
    'alternative-unclear',
    'certificates',
    say(
      `无法判断使用哪一种资质方案：${written(alternatives, ' 及 ', ' 或 ')}。`,
      `Several alternatives could be meant: ${written(alternatives, ' and ', ' or ')}.`,
    ),
    say('只提交其中一种方案的资质。', 'Give the documents of one alternative only.'),
  );

const certificateMissing = (name: string, alternatives: string[][]): LintFinding =>
  error(
    'certificate-missing',
    'certificates',
    say(`缺少资质 ${quoted(name)}（53311）。`, `The document ${quoted(name)} is missing (53311).`),
    say(
      `任选其一：${written(alternatives, ' 及 ', ' 或 ')}。`,
      `Any one of these is enough: ${written(alternatives, ' and ', ' or ')}.`,
    ),
  );
