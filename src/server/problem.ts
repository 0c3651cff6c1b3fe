/** What is safe and useful to log about an error that someone else made. */
import type { FastifyRequest } from 'fastify';
import { parseWorkflowId } from '../contract/workflow-id.ts';

/** Names and codes only: messages may quote what nobody should log. */
export interface Problem {
  error: string;
  errcode?: string;
  kind?: string;
  endpoint?: string;
  /** Where it was thrown; for unexpected errors only. */
  at?: string[];
}

/** Takes the named parts of an error and leaves its message out. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { error: typeof error };
  const part = (key: 'errcode' | 'kind' | 'endpoint'): Partial<Problem> => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  return { error: error.name, ...part('errcode'), ...part('kind'), ...part('endpoint') };
}

/** As `problemOf`, with the first frames of the stack: for errors that mean a bug. */
export function bugOf(error: unknown): Problem {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const at = lines.map((line) => line.trim()).filter((line) => line.startsWith('at '));
  return { ...problemOf(error), at: at.slice(0, 6) };
}

/** Where something went wrong, for the log: a request's route, and its case if the address names one. */
export function placeOf(where: Pick<FastifyRequest, 'params' | 'routeOptions'> | string | undefined): {
  route: string | undefined;
  workflowId?: string;
} {
  if (where === undefined || typeof where === 'string') return { route: where };
  const { params, routeOptions } = where;
  const { platform, appId, categoryId } = (params ?? {}) as Record<string, string | undefined>;
  const workflowId = `${platform}/${appId}/${categoryId}`;
  return { route: routeOptions.url, ...(parseWorkflowId(workflowId) === undefined ? {} : { workflowId }) };
}
