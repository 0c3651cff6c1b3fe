/** Tells a repeated start from a different one: sha256 of the input's JSON with sorted keys (rule L14). */
import { createHash } from 'node:crypto';

/** Lower-case hex. The order of members does not matter; the order of lists does; `undefined` counts as absent. */
export function inputDigest(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(input)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
