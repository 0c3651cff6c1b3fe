/** `/cases/…/told`: what a backend was told about a case, and the same event once more. */
import type { FastifyInstance } from 'fastify';
import { renderToString } from 'preact-render-to-string';
import { QualificationError, redeliverById, type Told, toldAbout } from '../client/index.ts';
import { caseUrl } from './case-address.ts';
import { idOf } from './case-routes.tsx';
import type { Pages } from './console.ts';
import { maxShown, ToldPart, toldDocument } from './told-page.tsx';

const route = '/cases/:platform/:appId/:categoryId/told';
/** The page of the case is there already; this is what it can wait for. What was read until then is shown. */
const withinMs = 4_000;

export function registerTold(app: FastifyInstance, pages: Pages): void {
  app.get(route, async (request, reply) => {
    const workflowId = idOf(request);
    const shown = { reader: pages.readerOf(request), workflowId, told: await toldOf(workflowId) };
    const isPart = request.headers['hx-request'] !== undefined;
    return reply
      .type('text/html; charset=utf-8')
      .send(isPart ? renderToString(<ToldPart {...shown} />) : toldDocument(shown));
  });

  app.post(`${route}/again`, async (request, reply) => {
    const { token, event = '' } = (request.body ?? {}) as Record<string, string | undefined>;
    pages.requireOurs(request, token);
    // By its own id: a case that has begun anew meanwhile has other events under the same numbers.
    await redeliverById(pages.client, event, { by: pages.readerOf(request).name });
    return reply.redirect(`${caseUrl(idOf(request))}?said=toldAgain`, 303);
  });

  async function toldOf(workflowId: string): Promise<Told | undefined> {
    try {
      return await toldAbout(pages.client, workflowId, { withinMs, limit: maxShown });
    } catch (error) {
      if (error instanceof QualificationError) return undefined;
      throw error;
    }
  }
}
