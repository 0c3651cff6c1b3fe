/** What is wrong with one row, with the column it is about. */
import { inBoth } from '../client/findings.ts';
import type { CheckFinding, FindingLevel, InBoth } from '../contract/check.ts';

/** A finding of a check, and the column of the file that it is about; empty for the row as a whole. */
export interface RowFinding extends CheckFinding {
  column: string;
}

const correct: InBoth = { zh: '改正后重新导入。', en: 'Correct it and import the file again.' };

/** A finding about a cell, its two sentences given whole. */
export const rowFinding = (
  code: string,
  column: string,
  say: InBoth,
  { level = 'error', advice = correct }: { level?: FindingLevel; advice?: InBoth } = {},
): RowFinding => ({ code, path: '', column, level, ...say, advice });

/** A finding about a cell, from the second half of a sentence as `both` makes it. */
export function cellFinding(column: string, message: string): RowFinding {
  const { en, zh } = inBoth(message);
  return rowFinding('cell', column, { zh: `${column} ${zh}。`, en: `${column} ${en}.` });
}
