/** How answers look on the wire: exact 64-bit numbers, the drift of types between pages, and errors with a rid. */
import { randomBytes } from 'node:crypto';
import { stringify } from 'lossless-json';

/** The type of a field on the wire; `documented` is what the official sample of that call shows. */
export type WireType = 'documented' | 'number' | 'string';

/** `PUT /sandbox/drift`: WeChat's own pages disagree about types, so a client has to take both. */
export interface Drift {
  /** Category, brand, licence and qualification ids. */
  idsAs: WireType;
  /** `status`, in answers and in events. */
  statusAs: WireType;
  auditIdAs: WireType;
  errcodeAs: WireType;
  /** Lists that were asked to filter by status show one entry of another status too, as the official samples do. */
  filterLeak: boolean;
  /** `documented` refuses an id that comes as a string where the page says number, and the other way round. */
  requestIds: 'documented' | 'either';
  /** Whether each use of a refresh token gives another one (the strictest reading), or only a new authorization does. */
  refreshTokens?: 'anew' | 'kept';
}

export const defaultDrift: Drift = {
  idsAs: 'documented',
  statusAs: 'documented',
  auditIdAs: 'documented',
  errcodeAs: 'documented',
  filterLeak: true,
  requestIds: 'either',
};

/** A value that is written as a JSON number without loss, or as a string. */
export type WireNumber = bigint | string;

export function wireNumber(value: string | number, as: WireType, documented: 'number' | 'string'): WireNumber {
  const type = as === 'documented' ? documented : as;
  return type === 'string' ? String(value) : BigInt(value);
}

/** An answer's text. */
export function answerText(answer: Record<string, unknown>): string {
  const text = stringify(answer);
  if (text === undefined) throw new TypeError('an answer must be an object');
  return text;
}

export function newRid(): string {
  const hex = (): string => randomBytes(4).toString('hex');
  return `${hex()}-${hex()}-${hex()}`;
}

/** WeChat ends every `errmsg` of a refusal with a rid. */
export function errmsgWithRid(text: string, rid = newRid()): string {
  return `${text} rid: ${rid}`;
}
