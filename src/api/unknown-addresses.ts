/** Addresses and methods that no route has: told at once, before a body is read. */
import type { FastifyInstance } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Register it before the routes of the scope, and before whatever else looks at requests. */
export function refuseUnknownAddresses(scope: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  scope.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const one of [method].flat()) known.add(one);
    methods.set(url, known);
  });
  scope.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split('?')[0] ?? '';
    const allowed = [...methods].filter(([url]) => isAt(path, url)).flatMap(([, known]) => [...known]);
    if (allowed.length === 0) throw new ApiProblem('no-such-resource', `There is no ${request.method} ${path}.`);
    const list = [...new Set(allowed)].sort().join(', ');
    reply.header('allow', list);
    throw new ApiProblem('wrong-method', `${path} takes ${list}, not ${request.method}.`);
  });
}

/** Whether a path fits a route's, where `:name` stands for any one segment. */
function isAt(path: string, url: string): boolean {
  const segments = path.split('/');
  const wanted = url.split('/');
  return (
    segments.length === wanted.length &&
    wanted.every((one, index) => one === segments[index] || (one.startsWith(':') && segments[index] !== ''))
  );
}
