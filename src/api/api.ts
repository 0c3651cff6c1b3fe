/** The JSON API as one scope of the private app: guard, problems, routes, OpenAPI document. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { QualificationClient } from '../client/index.ts';
import { type AccessSettings, closedReason, guardRoutes } from './access.ts';
import { createCaseOperations } from './case-operations.ts';
import { registerCaseRoutes } from './case-routes.ts';
import { type MaterialIntake, registerMaterialRoutes } from './material.ts';
import { registerNotificationRoutes } from './notification-routes.ts';
import { collectRoutes } from './openapi.ts';
import { type Problem, problem, problemOfError, retryAfter } from './problem.ts';
import { createStarts, type StartRecords } from './starts.ts';
import { refuseUnknownAddresses } from './unknown-addresses.ts';
import { validator } from './validation.ts';

export interface ApiDependencies {
  client: QualificationClient;
  access: AccessSettings;
  records: StartRecords;
  material: MaterialIntake;
  /** Told of errors that mean a bug. */
  onBug: (error: unknown, request: FastifyRequest) => void;
  /** Told at the start when the API will answer nobody. */
  onClosed?: (reason: string) => void;
}

/** Where the API lives. */
export const apiPrefix = '/v1';

const maxBodyBytes = 1024 * 1024;

/** Registers everything under `/v1`. The app may not listen yet. */
export function registerApi(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { client, access, records, material, onBug, onClosed } = dependencies;
  const closed = closedReason(access);
  if (closed !== undefined) onClosed?.(closed);
  const stopping = new AbortController();
  const operations = createCaseOperations(client);
  const starts = createStarts({ operations, records });
  app.addHook('preClose', async () => stopping.abort());
  void app.register(
    async (scope) => {
      scope.setValidatorCompiler(({ schema, httpPart }) => validator(schema, httpPart));
      // The answers' schemas are for readers; a worker of another version may say more than they know.
      scope.setSerializerCompiler(() => (data) => JSON.stringify(data));
      scope.addHook('onRoute', (route) => {
        route.bodyLimit ??= maxBodyBytes;
      });
      takeJsonOnly(scope);
      answerWithProblems(scope, onBug);
      refuseUnknownAddresses(scope);
      await guardRoutes(scope, access);
      await collectRoutes(scope);
      registerCaseRoutes(scope, { operations, starts, stopping: stopping.signal });
      await registerMaterialRoutes(scope, material);
      registerNotificationRoutes(scope, client);
      scope.get('/openapi.json', { config: { role: 'none' }, schema: { hide: true } as object }, async () =>
        scope.swagger(),
      );
    },
    { prefix: apiPrefix },
  );
}

/** JSON, or nothing at all: a form or a plain text is refused, so that no web page can send one from another site. */
function takeJsonOnly(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
}

function answerWithProblems(scope: FastifyInstance, onBug: ApiDependencies['onBug']): void {
  // With a handler of its own the scope's hooks see such requests; `refuseUnknownAddresses` answers them.
  scope.setNotFoundHandler(async (request, reply) =>
    send(reply, problem('no-such-resource', `There is no ${request.method} ${request.url.split('?')[0]}.`)),
  );
  scope.setErrorHandler(async (error, request, reply) => {
    const known = problemOfError(error) ?? problemOfFramework(error);
    if (known !== undefined) return send(reply, known);
    onBug(error, request);
    return send(
      reply,
      problem('bug', 'The log of the server says where.', { advice: 'Keep the time of this request and report it.' }),
    );
  });
}

/** What fastify itself refuses: its texts name nothing but the request. */
function problemOfFramework(error: unknown): Problem | undefined {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === undefined || statusCode >= 500) return undefined;
  const kind =
    statusCode === 413
      ? 'too-large'
      : statusCode === 415
        ? 'media-type'
        : statusCode === 404
          ? 'no-such-resource'
          : 'bad-request';
  return problem(kind, message ?? '');
}

function send(reply: FastifyReply, body: Problem): FastifyReply {
  const seconds = retryAfter(body);
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(body.status).type('application/problem+json').serializer(JSON.stringify).send(body);
}
