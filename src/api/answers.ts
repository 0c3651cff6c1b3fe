/** Documents a route's answers: the good ones by their schema, the problems by their kinds. */
import type { z } from 'zod';
import { type ProblemKind, problemKinds } from './problem.ts';
import { problemBody } from './shapes.ts';

interface Documented {
  description: string;
  content: Record<string, { schema: z.ZodType }>;
}

/** What every guarded route can answer. */
const always: readonly ProblemKind[] = [
  'bad-request',
  'no-token',
  'role-too-low',
  'api-without-tokens',
  'too-many-requests',
  'bug',
  'stopping',
];
/** What every route about cases can answer besides. */
export const ofTemporal: readonly ProblemKind[] = ['temporal-away', 'not-set-up'];

/** The `response` of a route's schema. */
export function answers(
  good: Record<number, readonly [description: string, schema: z.ZodType]>,
  problems: readonly ProblemKind[],
): Record<string, Documented> {
  const documented: Record<string, Documented> = {};
  for (const [status, [description, schema]] of Object.entries(good))
    documented[status] = { description, content: { 'application/json': { schema } } };
  for (const kind of [...always, ...problems]) {
    const [status, title] = problemKinds[kind];
    const before = documented[status];
    const line = `\`${kind}\`: ${title}.`;
    documented[status] = {
      description: before === undefined ? line : `${before.description}\n\n${line}`,
      content: { 'application/problem+json': { schema: problemBody } },
    };
  }
  return documented;
}
