/** Checks requests by their zod schemas, and says what is wrong in the client's own sentences. */
import type { z } from 'zod';
import { findingsOf } from '../client/findings.ts';
import { CaseNotFoundError, InvalidCaseError } from '../client/index.ts';
import { ApiProblem } from './problem.ts';

type Checked = { value: unknown } | { error: Error };

/** Makes the check of one part of a request: `body`, `querystring`, `params` or `headers`. */
export function validator(schema: unknown, httpPart: string | undefined): (data: unknown) => Checked {
  const zodSchema = schema as z.ZodType;
  return (data) => {
    // A message without a body is one that says nothing: `retry` needs no more.
    const given = httpPart === 'body' && (data === undefined || data === null) ? {} : data;
    const parsed = zodSchema.safeParse(given, { reportInput: true });
    if (parsed.success) return { value: parsed.data };
    const findings = findingsOf(parsed.error.issues);
    if (httpPart === 'body') return { error: new InvalidCaseError(findings) };
    if (httpPart === 'params')
      return { error: new CaseNotFoundError(Object.values(Object(data)).map(String).join('/')) };
    const where = httpPart === 'headers' ? 'The headers' : 'The query';
    const detail = `${where}: ${findings.map(({ message }) => message).join(' ')}`;
    return { error: new ApiProblem('bad-request', detail, { findings }) };
  };
}
