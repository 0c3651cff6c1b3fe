/** `/v1/cases`: start, list, look, wait for the end, and the five things that a person can ask of a case. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { callerOf } from './access.ts';
import { answers, ofTemporal } from './answers.ts';
import type { ActionBodies, CaseOperations } from './case-operations.ts';
import {
  accepted,
  adoptionBody,
  byBody,
  caseBody,
  casePage,
  caseParams,
  caseView,
  checkedInput,
  keyHeaders,
  listQuery,
  openCase,
  resubmissionBody,
  result,
  resultQuery,
  startedCase,
  withdrawalBody,
} from './shapes.ts';
import type { Starts } from './starts.ts';
import { validator } from './validation.ts';

export interface CaseRoutesDependencies {
  operations: CaseOperations;
  starts: Starts;
  /** Aborted when the server stops: nobody is kept waiting. */
  stopping: AbortSignal;
}

const caseUrl = '/cases/:platform/:appId/:categoryId';

/** Registers them; the scope has the guard and the error handler. */
export function registerCaseRoutes(
  app: FastifyInstance,
  { operations, starts, stopping }: CaseRoutesDependencies,
): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();

  typed.post(
    '/cases',
    {
      config: { role: 'starter' },
      validatorCompiler: bodyByOperations,
      schema: {
        operationId: 'startCase',
        summary: 'Start a case',
        description:
          'Safe to repeat: while a case for this account and category runs, it is named instead of starting another one. Images are `https:` addresses, absolute paths that the worker can read, or uploads (`material:…`).',
        tags: ['cases'],
        headers: keyHeaders,
        body: caseBody,
        response: answers({ 202: ['The case runs; `Location` is where it is looked at.', startedCase] }, [
          ...ofTemporal,
          'case-running',
          'key-in-use',
          'too-large',
          'media-type',
          'invalid-input',
          'key-reused',
          'store-away',
        ]),
      },
    },
    async (request, reply) => {
      const { name } = callerOf(request);
      const started = await starts.start(request.body, { by: name, key: request.headers['idempotency-key'] });
      return reply.code(202).header('location', `/v1/cases/${started.workflowId}`).send(started);
    },
  );

  typed.post(
    '/check',
    {
      config: { role: 'operator' },
      validatorCompiler: bodyByOperations,
      schema: {
        operationId: 'checkInput',
        summary: 'Check an input before it is submitted',
        description:
          'Compares it with the live rules of its category, its images included. Starts no case and sends nothing to WeChat.',
        tags: ['cases'],
        body: caseBody,
        response: answers({ 200: ['What was found.', checkedInput] }, [
          ...ofTemporal,
          'too-large',
          'media-type',
          'invalid-input',
          'no-worker',
          'rules-refused',
          'rules-unavailable',
          'check-failed',
        ]),
      },
    },
    async ({ body }) => operations.check(body),
  );

  typed.get(
    '/cases',
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'listCases',
        summary: 'List cases',
        description: 'Newest first, a moment behind; closed ones as long as Temporal keeps them.',
        tags: ['cases'],
        querystring: listQuery,
        response: answers({ 200: ['One page.', casePage] }, [...ofTemporal, 'unknown-page']),
      },
    },
    async ({ query: { pageSize, pageToken, ...filter } }) => operations.page(filter, pageSize, pageToken),
  );

  typed.get(
    caseUrl,
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'viewCase',
        summary: 'Look at a case',
        description: 'The newest case of this account and category, closed ones included. A worker answers.',
        tags: ['cases'],
        params: caseParams,
        response: answers({ 200: ['Where it stands.', caseView] }, [...ofTemporal, 'no-such-case', 'no-worker']),
      },
    },
    async ({ params }) => operations.view(idOf(params)),
  );

  typed.get(
    `${caseUrl}/result`,
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'waitForResult',
        summary: 'The result of a case',
        tags: ['cases'],
        params: caseParams,
        querystring: resultQuery,
        response: answers({ 200: ['The case is closed.', result], 202: ['It is open still.', openCase] }, [
          ...ofTemporal,
          'no-such-case',
          'no-result',
        ]),
      },
    },
    async (request, reply) => {
      const workflowId = idOf(request.params);
      const gone = AbortSignal.any([stopping, goneSignal(reply)]);
      const found = await operations.result(workflowId, request.query.waitSeconds * 1000, gone);
      return found === undefined ? reply.code(202).send({ workflowId, open: true }) : reply.send(found);
    },
  );

  const actions = [
    ['resubmit', 'resubmit', resubmissionBody, 'Send corrected material'],
    ['withdraw', 'withdraw', withdrawalBody, 'Give a case up'],
    ['retry', 'retry', byBody, 'Try a blocked step again now'],
    ['adopt', 'adopt', adoptionBody, 'Follow the open audit that is not ours'],
    ['read-now', 'readAuditNow', byBody, 'Ask WeChat now'],
  ] as const;
  for (const [path, action, body, summary] of actions) {
    typed.post(
      `${caseUrl}/${path}`,
      {
        config: { role: 'operator' },
        schema: {
          operationId: action,
          summary,
          description: 'With an `Idempotency-Key`, a repeated request gets the answer of the first one.',
          tags: ['actions'],
          params: caseParams,
          headers: keyHeaders,
          body,
          response: answers({ 200: ['The case took it.', accepted] }, [
            ...ofTemporal,
            'no-such-case',
            'case-refused',
            'case-closed',
            'too-large',
            'media-type',
            'invalid-input',
            'no-worker',
          ]),
        },
      },
      async (request) =>
        operations.act(idOf(request.params), action, request.body as ActionBodies[typeof action], {
          by: callerOf(request).name,
          key: request.headers['idempotency-key'],
        }),
    );
  }
}

/** The platform is told by the members, so that findings speak of what was meant: `operations` checks the body. */
const bodyByOperations = ({ schema, httpPart }: { schema: unknown; httpPart?: string }) =>
  httpPart === 'body' ? (value: unknown) => ({ value }) : validator(schema, httpPart);

const idOf = ({ platform, appId, categoryId }: { platform: string; appId: string; categoryId: string }): string =>
  `${platform}/${appId}/${categoryId}`;

/** Aborted when the caller has hung up. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
