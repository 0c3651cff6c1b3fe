/** The control API over HTTP (design: "Sandbox"): how people, tests and the CLI play WeChat's part. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defineAccountRoutes } from './account-routes.ts';
import { takeChaosRule } from './chaos.ts';
import type { Control } from './control.ts';
import {
  accountsOf,
  categoryIdNeeded,
  chaosOf,
  clockOf,
  controlBody,
  countOf,
  driftOf,
  optionalText,
  statusOf,
  textOf,
  truthOf,
  verdictOf,
  verdictRuleOf,
} from './control-shapes.ts';
import { cut } from './gate.ts';
import { BadControlRequest } from './refusal.ts';
import type { World } from './world.ts';

/** One route; `says` is shown by `GET /sandbox`: its body, or what it shows. */
export type DefineRoute = (
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  says: string,
  run: (request: FastifyRequest) => unknown | Promise<unknown>,
) => void;

export function registerControlApi(app: FastifyInstance, world: World, control: Control): void {
  const defined: { method: string; path: string; says: string }[] = [];
  /** Answers only when what was changed is on disk. */
  const route: DefineRoute = (method, url, says, run) => {
    defined.push({ method, path: url, says });
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

  route('GET', '/healthz', 'whether it is up', () => ({ status: 'ok' }));
  route('GET', '/sandbox/audits', 'every audit; ?appId= &categoryId= &status=', (request) => {
    const asked = queryOf(request, ['appId', 'categoryId', 'status']);
    return { audits: control.audits(asked) };
  });
  route(
    'POST',
    '/sandbox/audits',
    '{appId, categoryId, status?, reason?}: a person applies in the back office',
    async (request) => {
      const body = controlBody(request.body, ['appId', 'categoryId', 'status', 'reason']);
      const categoryId = categoryIdNeeded(body);
      const application = {
        appId: textOf(body, 'appId'),
        categoryId,
        ...statusOf(body),
        ...optionalText(body, 'reason'),
      };
      return { audit: await control.applyInBackOffice(application) };
    },
  );
  route('POST', '/sandbox/audits/:id/verdict', '{verdict: approved | rejected | cancelled, reason?}', (request) => {
    const body = controlBody(request.body, ['verdict', 'reason']);
    const { id } = request.params as { id: string };
    return { audit: control.decide(id, verdictOf(body), optionalText(body, 'reason').reason) };
  });
  route(
    'PUT',
    '/sandbox/verdicts',
    '{appId?, categoryId?, when: by-hand | at-once | {afterReads} | {afterSeconds} | {betweenSeconds: [from, to]}, verdict?, reason?, rejectOneIn?, pushFirst?}',
    (request) => {
      const names = ['appId', 'categoryId', 'when', 'verdict', 'reason', 'rejectOneIn', 'pushFirst'];
      return { rules: control.addVerdictRule(verdictRuleOf(controlBody(request.body, names))) };
    },
  );
  route(
    'PUT',
    '/sandbox/chaos',
    '{rules?: [{operation, appId?, categoryId?, times?, delayMs?, errcode? | status? | reset? | loseAnswer?}], push?: {lose?, duplicate?, delaySeconds?, shuffle?, forge?}}',
    (request) => control.setChaos(chaosOf(controlBody(request.body, ['rules', 'push']))),
  );
  route('GET', '/sandbox/chaos', 'the trouble that waits for calls and pushes', () => control.setChaos({}));
  route(
    'PUT',
    '/sandbox/clock',
    '{advanceSeconds} or {now}: the clock that tokens, tickets, media, papers and months go by',
    (request) => control.setClock(clockOf(controlBody(request.body, ['advanceSeconds', 'now']))),
  );
  route('GET', '/sandbox/clock', 'what time it is here', () => ({ now: new Date(world.now()).toISOString() }));
  route(
    'PUT',
    '/sandbox/drift',
    '{idsAs?, statusAs?, auditIdAs?, errcodeAs?: documented | number | string, filterLeak?, requestIds?: documented | either, refreshTokens?: anew | kept}',
    (request) => {
      const names = ['idsAs', 'statusAs', 'auditIdAs', 'errcodeAs', 'filterLeak', 'requestIds', 'refreshTokens'];
      return control.setDrift(driftOf(controlBody(request.body, names)));
    },
  );
  route(
    'PUT',
    '/sandbox/accounts',
    '{shops?, platforms?} in the format of WXQ_ACCOUNTS_FILE, with ghId, callback.url, eventsUrl, authorizers',
    (request) => control.setAccounts(accountsOf(controlBody(request.body, ['shops', 'platforms']))),
  );
  route(
    'PUT',
    '/sandbox/permissions',
    '{appId, categoryId, inForce, reason?, lapsesInSeconds?}: a permission lapses, or comes back',
    (request) => {
      const body = controlBody(request.body, ['appId', 'categoryId', 'inForce', 'reason', 'lapsesInSeconds']);
      const categoryId = categoryIdNeeded(body);
      const lapse = body.lapsesInSeconds === undefined ? {} : { lapsesInSeconds: countOf(body, 'lapsesInSeconds') };
      const inForce = truthOf(body, 'inForce');
      const change = { appId: textOf(body, 'appId'), categoryId, inForce, ...optionalText(body, 'reason'), ...lapse };
      control.setPermission(change);
      return change;
    },
  );
  defineAccountRoutes(route, control);
  route('GET', '/sandbox/requests', 'every call so far; ?operation=', (request) => ({
    requests: control.requests(queryOf(request, ['operation']).operation),
  }));
  route('GET', '/sandbox/uploads', 'what was uploaded, without the bytes', () => control.uploads());
  route('GET', '/sandbox/pushes', 'every push with its tries', () => ({ pushes: control.pushes() }));
  route('POST', '/sandbox/reset', '{}: back to the fixtures', (request) => {
    controlBody(request.body, []);
    control.reset();
    return { reset: true };
  });
  route('GET', '/sandbox', 'this list', () => ({
    now: new Date(world.now()).toISOString(),
    routes: [...defined, { method: 'POST', path: '/sandbox/token', says: tokenServiceSays }],
  }));
  app.all('/sandbox/*', (request) => {
    throw new BadControlRequest(`${request.method} ${request.url.split('?')[0]} is not part of the control API`, 404);
  });
  app.route({
    method: 'POST',
    url: '/sandbox/token',
    handler: (request, reply) => tokenService(request, reply, world, control),
  });
}

const tokenServiceSays =
  '{appId, componentAppId?, rejectedToken?}: an access token; also the tokenService of a platform';

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
