/** Strict reading of a JSON body: unknown members, wrong types and rounded ids are refused, never guessed. */
import { LosslessNumber, parse } from 'lossless-json';
import { Refusal } from './refusal.ts';

/** Every id on WeChat's wire is a uint64. */
const maxUint64 = 18446744073709551615n;

/** How ids are taken: `either` as WeChat's gateway is known to do, `documented` only with the type of the page. */
export type IdPolicy = 'documented' | 'either';

export type Members = Record<string, unknown>;

/** Reads values of a parsed body; each function names the place in what it throws. */
export interface Reader {
  members(value: unknown, where: string, allowed: readonly string[]): Members;
  list(value: unknown, where: string): unknown[];
  id(value: unknown, where: string, documented: 'number' | 'string'): string;
  text(value: unknown, where: string): string;
  truth(value: unknown, where: string): boolean;
  integer(value: unknown, where: string): number;
}

/** `refuse` makes the error that is thrown: a {@link Refusal} for WeChat's side, a bad control request for ours. */
export function createReader(refuse: (sentence: string) => Error, ids: IdPolicy): Reader {
  return {
    members(value, where, allowed) {
      if (!isObject(value)) throw refuse(`${where} must be an object`);
      for (const key of Object.keys(value)) {
        if (!allowed.includes(key)) throw refuse(`${where} has an unknown member "${key}"`);
      }
      return value;
    },
    list(value, where) {
      if (!Array.isArray(value)) throw refuse(`${where} must be an array`);
      return value;
    },
    id(value, where, documented) {
      const isNumber = value instanceof LosslessNumber;
      const text = isNumber ? value.value : value;
      const isKindAllowed = ids === 'either' || isNumber === (documented === 'number');
      if (typeof text !== 'string' || !isKindAllowed || !/^(0|[1-9]\d{0,19})$/.test(text) || BigInt(text) > maxUint64) {
        throw refuse(`${where} must be a uint64${ids === 'either' ? '' : ` typed ${documented}`}`);
      }
      return text;
    },
    text(value, where) {
      if (typeof value !== 'string') throw refuse(`${where} must be a string`);
      return value;
    },
    truth(value, where) {
      if (typeof value !== 'boolean') throw refuse(`${where} must be a boolean`);
      return value;
    },
    integer(value, where) {
      if (!(value instanceof LosslessNumber) || !/^-?\d{1,15}$/.test(value.value)) {
        throw refuse(`${where} must be an integer`);
      }
      return Number(value.value);
    },
  };
}

/** A body as WeChat reads it: empty -> 44002, not JSON (or a member given twice) -> 47001. Numbers stay exact. */
export function parseWeChatBody(body: Buffer): unknown {
  if (body.length === 0) throw new Refusal(44002, 'empty post data');
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal(47001, 'data format error');
  }
}

export function wrongType(sentence: string): Refusal {
  return new Refusal(47001, `data format error, ${sentence}`);
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber);
}
