/** Loss-free JSON: WeChat's ids are uint64, which `JSON.parse` rounds beyond 2^53. */
import { LosslessNumber, parse, stringify } from 'lossless-json';

/** The largest uint64, as WeChat's ids are typed. */
const maxUint64 = 18446744073709551615n;

/**
 * Parses JSON without losing a digit: integers beyond 2^53 come out as decimal strings, all other numbers as numbers.
 * A repeated key keeps its last value, as some of WeChat's own samples need. Throws `SyntaxError` and nothing else.
 */
export function parseJson(text: string): unknown {
  try {
    return parse(text, null, { parseNumber: exactInteger, onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // A body nested thousands of levels deep overflows the stack of the parser.
    throw new SyntaxError('JSON is nested too deeply');
  }
}

/** Writes JSON; a number made by `idAsNumber` keeps every digit. Fields that are `undefined` are left out. */
export function stringifyJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

/** An id as a JSON number of exactly these digits. Throws `RangeError` unless it is a uint64 in plain decimal digits. */
export function idAsNumber(id: string): LosslessNumber {
  if (!isUint64(id)) throw new RangeError(`not a uint64 in decimal digits: ${JSON.stringify(id.slice(0, 40))}`);
  return new LosslessNumber(id);
}

/** Whether the text is a uint64 in plain decimal digits, without sign, blanks or leading zeros. */
export function isUint64(text: string): boolean {
  return /^(0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= maxUint64;
}

function exactInteger(digits: string): number | string {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : digits;
}
