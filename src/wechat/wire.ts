/** Pieces of schemas for WeChat's answers, whose numbers come as strings and whose strings come as numbers. */
import { z } from 'zod';
import { isUint64 } from './json.ts';

/** A text, or a number written as one. */
export const wireText = z.union([z.string(), z.number().transform(String)]).transform((value) => value.trim());

/** A text that has to be sent back as it came: byte for byte, leading blanks and all. */
export const exactText = z.string();

/** A uint64 id; comes out as decimal digits whatever its wire type. */
export const wireId = wireText.refine(isUint64, 'not a uint64');

/** A small number; `"3"` is 3. */
export const wireNumber = wireText.refine((value) => /^-?\d+(\.\d+)?$/.test(value), 'not a number').transform(Number);

/** A yes or no, as boolean, 0/1 or text. */
export const wireFlag = z.union([z.boolean(), wireText.transform((value) => value === '1' || value === 'true')]);

/** A text that may be missing, null or empty, all of which are `undefined` here. */
export const optionalText = wireText.nullish().transform((value) => value || undefined);

/** An id that may be missing, null, empty or 0 (WeChat's "none"), all of which are `undefined` here. */
export const optionalId = optionalText.transform((value) => (value === '0' ? undefined : value));

/** Seconds since 1970 that may be missing or 0 ("not yet"), both of which are `undefined` here. */
export const optionalSeconds = z
  .union([wireNumber, z.literal('').transform(() => 0)])
  .nullish()
  .transform((value) => value || undefined);

/** A number that may be missing. */
export const optionalNumber = wireNumber.nullish().transform((value) => value ?? undefined);

/** A list that WeChat leaves out, or sends as null, when it is empty. */
export function wireList<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}

/** The properties that are there: what is `undefined` is left out, in type and value. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is `undefined`, so that a missing field of WeChat's is a missing property. */
export function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Present<T>;
}

/** An answer that says no more than that it worked. */
export const acknowledged = z.object({}).transform(() => undefined);
