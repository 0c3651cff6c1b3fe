/** What the OpenAPI document says of schemas besides their types: names, descriptions, examples, and the checks that are in code. */
import { z } from 'zod';
import { deadlines, duration, source as sourceSchema, validUntil } from '../client/input.ts';

/** As far as a pattern can say it; what else is wrong with a source says its finding. */
const sourcePattern = '^(material:[0-9a-f]{64}|(https?|s3|file)://\\S+|/.+)$';

/** Names of schemas in the document, and descriptions. */
export const registry = z.registry<{
  id?: string;
  description?: string;
  examples?: unknown[];
  /** What a check in code holds, in the words of JSON schema. */
  pattern?: string;
  anyOf?: object[];
  dependentRequired?: Record<string, string[]>;
}>();

/** Adds a description. */
export const described = <Schema extends z.ZodType>(schema: Schema, description: string): Schema => {
  registry.add(schema, { description });
  return schema;
};
/** Gives a schema a name in the document. */
export const named = <Schema extends z.ZodType>(
  schema: Schema,
  id: string,
  description: string,
  more: { examples?: unknown[]; anyOf?: object[] } = {},
): Schema => {
  registry.add(schema, { id, description, ...more });
  return schema;
};

registry.add(sourceSchema, {
  description: '`material:` of an upload, an https: or s3: address, or an absolute path that the worker may read',
  pattern: sourcePattern,
});
registry.add(duration, {
  description: 'with its unit, at most 10 years: `30 days`, `12h`',
  pattern:
    '^([1-9]\\d{0,3} ?(s|seconds?|m|minutes?|h|hours?)|[1-9]\\d{0,2} ?(d|days?)|[1-9]\\d? ?(w|weeks?)|[1-9] ?(y|years?))$',
});
registry.add(deadlines, { dependentRequired: { reminder: ['correction'] } });
registry.add(validUntil, {
  description: 'a date that exists, or `permanent`',
  pattern: '^(permanent|\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01]))$',
});
