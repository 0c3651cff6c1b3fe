/** The control API over HTTP (design: "Sandbox"): how people, tests and the CLI play WeChat's part. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeChaosRule } from './chaos.ts';
import type { Control } from './control.ts';
import {
  accountsOf,
  authorizationEventOf,
  categoryIdOf,
  chaosOf,
  clockOf,
  controlBody,
  driftOf,
  optionalText,
  optionalTruth,
  statusOf,
  textOf,
  verdictOf,
  verdictRuleOf,
} from './control-shapes.ts';
import { cut } from './gate.ts';
import { BadControlRequest } from './refusal.ts';
import type { World } from './world.ts';

export function registerControlApi(app: FastifyInstance, world: World, control: Control): void {
  /** Answers only when what was changed is on disk. */
  const route = (
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    run: (request: FastifyRequest) => unknown | Promise<unknown>,
  ): void => {
    app.route({
      method,
      url,
      async handler(request, reply) {
        const answer = await run(request);
        await world.settled();
        return reply.type('application/json').send(JSON.stringify(answer));
      },
    });
  };

  route('GET', '/healthz', () => ({ status: 'ok' }));
  route('GET', '/sandbox/audits', (request) => {
    const asked = queryOf(request, ['appId', 'categoryId', 'status']);
    return { audits: control.audits(asked) };
  });
  route('POST', '/sandbox/audits', async (request) => {
    const body = controlBody(request.body, ['appId', 'categoryId', 'status', 'reason']);
    const { categoryId } = categoryIdOf(body);
    if (categoryId === undefined) throw new BadControlRequest('categoryId is missing');
    const application = {
      appId: textOf(body, 'appId'),
      categoryId,
      ...statusOf(body),
      ...optionalText(body, 'reason'),
    };
    return { audit: await control.applyInBackOffice(application) };
  });
  route('POST', '/sandbox/audits/:id/verdict', (request) => {
    const body = controlBody(request.body, ['verdict', 'reason']);
    const { id } = request.params as { id: string };
    return { audit: control.decide(id, verdictOf(body), optionalText(body, 'reason').reason) };
  });
  route('PUT', '/sandbox/verdicts', (request) => {
    const names = ['appId', 'categoryId', 'when', 'verdict', 'reason', 'pushFirst'];
    return { rules: control.addVerdictRule(verdictRuleOf(controlBody(request.body, names))) };
  });
  route('PUT', '/sandbox/chaos', (request) => control.setChaos(chaosOf(controlBody(request.body, ['rules', 'push']))));
  route('GET', '/sandbox/chaos', () => control.setChaos({}));
  route('PUT', '/sandbox/clock', (request) =>
    control.setClock(clockOf(controlBody(request.body, ['advanceSeconds', 'now']))),
  );
  route('GET', '/sandbox/clock', () => ({ now: new Date(world.now()).toISOString() }));
  route('PUT', '/sandbox/drift', (request) => {
    const names = ['idsAs', 'statusAs', 'auditIdAs', 'errcodeAs', 'filterLeak', 'requestIds'];
    return control.setDrift(driftOf(controlBody(request.body, names)));
  });
  route('PUT', '/sandbox/accounts', (request) =>
    control.setAccounts(accountsOf(controlBody(request.body, ['shops', 'platforms']))),
  );
  route('PUT', '/sandbox/permissions', (request) => {
    const body = controlBody(request.body, ['appId', 'categoryId', 'inForce', 'reason']);
    const { categoryId } = categoryIdOf(body);
    if (categoryId === undefined) throw new BadControlRequest('categoryId is missing');
    if (typeof body.inForce !== 'boolean') throw new BadControlRequest('inForce must be a boolean');
    const change = { appId: textOf(body, 'appId'), categoryId, inForce: body.inForce, ...optionalText(body, 'reason') };
    control.setPermission(change);
    return change;
  });
  route('POST', '/sandbox/tickets', (request) => {
    const body = controlBody(request.body, ['componentAppId']);
    control.pushTicket(textOf(body, 'componentAppId'));
    return { pushed: true };
  });
  route('PUT', '/sandbox/tickets', (request) => {
    const body = controlBody(request.body, ['componentAppId', 'pushing']);
    if (typeof body.pushing !== 'boolean') throw new BadControlRequest('pushing must be a boolean');
    control.setTicketPushes(textOf(body, 'componentAppId'), body.pushing);
    return { pushing: body.pushing };
  });
  route('POST', '/sandbox/authorizations', (request) => {
    const body = controlBody(request.body, ['componentAppId', 'appId', 'event', 'isTold']);
    const event = authorizationEventOf(body);
    const who = { componentAppId: textOf(body, 'componentAppId'), appId: textOf(body, 'appId') };
    control.changeAuthorization({ ...who, event, ...optionalTruth(body, 'isTold') });
    return { event, ...who };
  });
  route('GET', '/sandbox/requests', (request) => ({
    requests: control.requests(queryOf(request, ['operation']).operation),
  }));
  route('GET', '/sandbox/uploads', () => control.uploads());
  route('GET', '/sandbox/pushes', () => ({ pushes: control.pushes() }));
  route('POST', '/sandbox/reset', (request) => {
    controlBody(request.body, []);
    control.reset();
    return { reset: true };
  });
  app.all('/sandbox/*', (request) => {
    throw new BadControlRequest(`${request.method} ${request.url.split('?')[0]} is not part of the control API`, 404);
  });
  app.route({
    method: 'POST',
    url: '/sandbox/token',
    handler: (request, reply) => tokenService(request, reply, world, control),
  });
}

/** Also the `tokenService` of a platform: 401 for a wrong bearer, 404 for an account it does not know. */
async function tokenService(request: FastifyRequest, reply: FastifyReply, world: World, control: Control) {
  const body = controlBody(request.body, ['appId', 'componentAppId', 'rejectedToken']);
  const appId = textOf(body, 'appId');
  // A rule has to name this operation: `*` means WeChat's own calls.
  const chaos = takeChaosRule(world, { operation: 'sandbox/token', appId, categoryIds: [] }, false);
  if (chaos?.delayMs !== undefined) await sleep(chaos.delayMs);
  if (chaos?.reset === true) return cut(request, reply, 'reset');
  if (chaos?.status !== undefined) return reply.code(chaos.status).send('');
  const authorization = request.headers.authorization;
  const bearers = world.state.accounts.platforms.map(({ tokenServiceBearer }) => `Bearer ${tokenServiceBearer}`);
  if (authorization !== undefined && !bearers.includes(authorization)) {
    throw new BadControlRequest('the bearer of the token service is wrong', 401);
  }
  const names = { ...optionalText(body, 'componentAppId'), ...optionalText(body, 'rejectedToken') };
  const token = control.issueToken({ appId, ...names });
  await world.settled();
  if (chaos?.loseAnswer === true) return cut(request, reply, 'lost');
  return reply.type('application/json').send(JSON.stringify(token));
}

function queryOf<Name extends string>(request: FastifyRequest, allowed: readonly Name[]): { [name in Name]?: string } {
  const query: { [name in Name]?: string } = {};
  for (const [key, value] of new URL(request.url, 'http://sandbox').searchParams) {
    const name = allowed.find((candidate) => candidate === key);
    if (name === undefined) throw new BadControlRequest(`the query has an unknown parameter ${key}`);
    query[name] = value;
  }
  return query;
}
