/** `POST /cases/…/assign`: somebody takes a case, or gives it back. The case itself knows nothing of it. */
import type { FastifyInstance } from 'fastify';
import { caseUrl } from './case-address.ts';
import { idOf } from './case-routes.tsx';
import type { Pages } from './console.ts';
import { consolePrefix } from './layout.tsx';

const lists: Readonly<Record<string, string>> = {
  waiting: `${consolePrefix}/`,
  stuck: `${consolePrefix}/stuck`,
};

export function registerAssigning(app: FastifyInstance, pages: Pages): void {
  app.post('/cases/:platform/:appId/:categoryId/assign', async (request, reply) => {
    const { token, run = '', seen = '', to, back = '' } = (request.body ?? {}) as Record<string, string | undefined>;
    pages.requireOurs(request, token);
    const caseId = idOf(request);
    const { name } = pages.readerOf(request);
    const isTaken = to === 'me';
    const isDone =
      /^[\w-]{1,64}$/.test(run) &&
      /^\d{1,6}$/.test(seen) &&
      (await pages.assignments.give({
        caseId,
        runId: run,
        seen: Number(seen),
        assignee: isTaken ? name : undefined,
        givenBy: name,
      }));
    const target = Object.hasOwn(lists, back) ? lists[back] : caseUrl(caseId);
    return reply.redirect(`${target}?said=${isDone ? (isTaken ? 'taken' : 'givenBack') : 'takenByOther'}`, 303);
  });
}
