/** Who may ask: bearer tokens with roles, and without any tokens only this machine. */
import { createHash, timingSafeEqual } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Each may do what those before it may: viewer reads, operator acts on cases, starter begins them, admin everything. */
export const roles = ['viewer', 'operator', 'starter', 'admin'] as const;
export type Role = (typeof roles)[number];

/** One of `WXQ_API_TOKENS`. */
export interface ApiToken {
  name: string;
  role: Role;
  token: string;
}

/** Who asks; `name` is absent where nobody has to say it. */
export interface Caller {
  name?: string;
  role: Role;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may call this route; `none` for anyone who reaches the port. */
    role?: Role | 'none';
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export interface AccessSettings {
  tokens: readonly ApiToken[];
  /** Where the port listens (`WXQ_PRIVATE_HOST`). */
  host: string;
  /** Requests of one token (without tokens: of all callers together) that this process answers a minute; unset: any number. */
  requestsPerMinute?: number | undefined;
}

/** Why the API refuses every call under these settings; `undefined` when it works. */
export function closedReason({ tokens, host }: AccessSettings): string | undefined {
  if (tokens.length > 0 || isLoopback(host)) return undefined;
  return `The private port listens on ${host}, not on loopback only, and WXQ_API_TOKENS is not set: the JSON API answers nobody. Set WXQ_API_TOKENS=name:role:token.`;
}

/** Looks at every request before its body is read. Register it in the scope of the routes that it guards, before them. */
export async function guardRoutes(app: FastifyInstance, settings: AccessSettings): Promise<void> {
  const refuseTooMany = await limited(app, settings.requestsPerMinute);
  const closed = closedReason(settings);
  const known = settings.tokens.map(({ name, role, token }) => ({ name, role, digest: digestOf(token) }));

  function callerOf(request: FastifyRequest): Caller {
    if (closed !== undefined) throw new ApiProblem('api-without-tokens', closed);
    if (known.length === 0) {
      refuseForeignPages(request);
      return { role: 'admin' };
    }
    const [, given] = /^Bearer +([\x21-\x7e]+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    const digest = digestOf(given ?? '');
    // Every one is compared, whichever fits: the time tells nothing.
    const [found] = known.filter((one) => timingSafeEqual(one.digest, digest));
    if (given === undefined || found === undefined) {
      const detail = given === undefined ? 'Send `Authorization: Bearer TOKEN`.' : 'This token is not known here.';
      throw new ApiProblem('no-token', detail, { advice: 'Take one of WXQ_API_TOKENS of the server.' });
    }
    return { name: found.name, role: found.role };
  }

  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    const { role: needed = 'admin' } = request.routeOptions.config;
    if (needed === 'none' || request.is404) return;
    const caller = callerOf(request);
    request.caller = caller;
    await refuseTooMany(request, reply);
    if (roles.indexOf(caller.role) < roles.indexOf(needed))
      throw new ApiProblem(
        'role-too-low',
        `This needs the role ${needed}; the token of ${caller.name} is ${caller.role}.`,
      );
  });
}

/** A program that runs wild must not keep the others from being answered. Who is refused as nobody costs nothing, and is not counted. */
async function limited(
  app: FastifyInstance,
  max: number | undefined,
): Promise<(request: FastifyRequest, reply: FastifyReply) => Promise<void>> {
  if (max === undefined) return async () => undefined;
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({ max, timeWindow: 60_000, keyGenerator: ({ caller }) => caller?.name ?? '' });
  return async (request, reply) => {
    const counted = await count(request);
    if (counted.isAllowed || !counted.isExceeded) return;
    reply.header('retry-after', String(Math.max(1, counted.ttlInSeconds)));
    throw new ApiProblem('too-many-requests', `More than ${max} requests within a minute.`, {
      advice: 'Wait as Retry-After says. WXQ_API_REQUESTS_PER_MINUTE of the server is the limit.',
    });
  };
}

/** Who asks; only within a route that the guard has let through. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error(`the route ${request.url} is not guarded`);
  return request.caller;
}

/**
 * Without tokens a web page that is open on this machine must not be able to act: neither by sending a form here, nor by
 * giving its own name an address of loopback.
 */
function refuseForeignPages({ headers, host }: FastifyRequest): void {
  const origin = headers.origin;
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (isLoopback(host.replace(/:\d+$/, '')) && isOwn) return;
  throw new ApiProblem('api-without-tokens', 'Without WXQ_API_TOKENS the API answers programs of this machine only.', {
    advice: 'Call it by 127.0.0.1 or localhost, not from a page of another site; or set WXQ_API_TOKENS.',
  });
}

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
