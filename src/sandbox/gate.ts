/** The way into WeChat's API: chaos, method, token, account, then the call; answers only after the change is on disk. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parse } from 'lossless-json';
import { categoryIdsNamedIn, withdrawnPaths } from './channels-shop.ts';
import { type ChaosRule, returnChaosRule, takeChaosRule } from './chaos.ts';
import type { RefusedCall } from './diagnosis.ts';
import { type Answer, type Operation, operationName } from './operation.ts';
import { Refusal } from './refusal.ts';
import type { RequestRecord } from './state.ts';
import { accountOfToken, appIdOfToken } from './tokens.ts';
import { accountCallChecked, counted, HttpRefusal } from './troubles.ts';
import { answerText, errmsgWithRid, newRid, wireNumber } from './wire.ts';
import type { World } from './world.ts';

const maxJsonBytes = 1024 * 1024;
const keptRefusals = 2_000;
/** What `rid/get` shows of a request's body at most. */
const shownBodyBytes = 4_096;

export interface Gate {
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

/** `record` keeps the list of requests; it never sees a query string. `refusedCalls` gets what `rid/get` shows. */
export function createGate(
  world: World,
  operations: Operation[],
  refusedCalls: Map<string, RefusedCall>,
  record: (entry: RequestRecord) => void,
): Gate {
  const byPath = new Map(operations.flatMap((operation) => operation.paths.map((path) => [path, operation] as const)));

  async function answered(request: FastifyRequest, url: URL, body: Buffer): Promise<Answer> {
    const operation = byPath.get(url.pathname);
    if (operation === undefined) {
      const isWithdrawn = withdrawnPaths.includes(url.pathname);
      throw new Refusal(40066, isWithdrawn ? 'invalid url, withdrawn on 2025-07-01' : 'invalid url');
    }
    const method = request.method === 'GET' ? 'GET' : 'POST';
    if (request.method !== method || !operation.methods.includes(method)) {
      throw operation.methods.includes('POST')
        ? new Refusal(43002, 'require POST method')
        : new Refusal(43001, 'require GET method');
    }
    const call = { world, method, path: url.pathname, query: url.searchParams, headers: request.headers, body };
    const isMultipart = request.headers['content-type']?.startsWith('multipart/') === true;
    if (!isMultipart && body.length > maxJsonBytes) throw new Refusal(45002, 'content size out of limit');
    if (operation.caller === 'anyone') return operation.run(call);
    const account = accountOfToken(world, url.searchParams.get('access_token'));
    if (operation.caller !== 'either' && operation.caller !== account.platform) {
      throw new Refusal(48001, 'api unauthorized');
    }
    accountCallChecked(world, account, operation);
    counted(world, account.appId, url.pathname);
    const answer = await operation.run({ ...call, account });
    return operation.isBare === true ? answer : { ...errcodeOf(operation, 0), errmsg: 'ok', ...answer };
  }

  function errcodeOf(operation: Operation | undefined, errcode: number): { errcode: unknown } {
    const documented = operation?.isErrcodeText === true ? 'string' : 'number';
    return { errcode: wireNumber(errcode, world.state.drift.errcodeAs, documented) };
  }

  /** A status of HTTP with a body that is no JSON. */
  function answeredWithStatus(reply: FastifyReply, entry: RequestRecord, status: number): FastifyReply {
    record({ ...entry, status });
    return reply.code(status).type('text/html').send(`<html><body>${status}</body></html>`);
  }

  function keepRefusal(
    rid: string,
    { entry, body, answer, url }: { entry: RequestRecord; body: Buffer; answer: Answer; url: URL },
  ): void {
    // The token calls carry secrets in their bodies.
    const isShown = url.searchParams.has('access_token') && !url.pathname.startsWith('/cgi-bin/component/');
    const oldest = refusedCalls.size < keptRefusals ? undefined : refusedCalls.keys().next().value;
    if (oldest !== undefined) refusedCalls.delete(oldest);
    refusedCalls.set(rid, {
      appId: entry.appId,
      at: Date.parse(entry.at),
      costMs: Math.max(1, world.now() - Date.parse(entry.at)),
      url: isShown ? `${url.pathname}?access_token=***` : url.pathname,
      requestBody:
        isShown && jsonOrNothing(body) !== undefined ? body.subarray(0, shownBodyBytes).toString('utf8') : '',
      responseBody: answerText(answer),
    });
  }

  return {
    async handle(request, reply) {
      const url = new URL(request.url, 'http://sandbox');
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const operation = byPath.get(url.pathname);
      const appId = appIdOfToken(world, url.searchParams.get('access_token')) ?? appIdNamedIn(url, body);
      const entry: RequestRecord = {
        operation: operationName(url.pathname),
        method: request.method,
        path: url.pathname,
        appId,
        at: new Date(world.now()).toISOString(),
        errcode: null,
        status: 0,
      };
      const target = { operation: entry.operation, appId, categoryIds: categoriesNamedIn(body) };
      const chaos = takeChaosRule(world, target);
      if (chaos?.delayMs !== undefined) await sleep(chaos.delayMs);
      if (chaos?.reset === true) {
        record(entry);
        return cut(request, reply, 'reset');
      }
      if (chaos?.status !== undefined) return answeredWithStatus(reply, entry, chaos.status);
      let answer: Answer;
      try {
        if (chaos?.errcode !== undefined) throw new Refusal(chaos.errcode, chaosText(chaos));
        answer = await answered(request, url, body);
        entry.errcode = 0;
      } catch (error) {
        if (error instanceof HttpRefusal) return answeredWithStatus(reply, entry, error.httpStatus);
        if (!(error instanceof Refusal)) throw error;
        const rid = newRid();
        answer = { ...errcodeOf(operation, error.errcode), errmsg: errmsgWithRid(error.message, rid) };
        entry.errcode = error.errcode;
        keepRefusal(rid, { entry, body, answer, url });
      }
      await world.settled();
      if (chaos?.loseAnswer === true) {
        // An answer is lost *after* the call took effect; a refusal has none, so the rule waits for the next call.
        if (entry.errcode === 0) {
          record(entry);
          return cut(request, reply, 'lost');
        }
        returnChaosRule(world, chaos);
      }
      record({ ...entry, status: 200 });
      return reply.code(200).type('application/json; encoding=utf-8').send(answerText(answer));
    },
  };
}

/** Cuts the connection: with a TCP reset, or as when the answer is lost on its way. */
export function cut(request: FastifyRequest, reply: FastifyReply, how: 'reset' | 'lost'): FastifyReply {
  reply.hijack();
  if (how === 'reset') request.raw.socket.resetAndDestroy();
  else request.raw.socket.destroy();
  return reply;
}

function chaosText({ errcode }: ChaosRule): string {
  if (errcode === -1) return 'system error';
  // The one text that programs read: it names the address that WeChat saw.
  if (errcode === 40164) return 'invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist';
  return 'chaos';
}

/** The token calls carry the appid in the query or the body; a platform's name an authorizer, or itself. */
function appIdNamedIn(url: URL, body: Buffer): string | null {
  if (!url.pathname.startsWith('/cgi-bin/')) return null;
  const named =
    url.searchParams.get('appid') ??
    ['appid', 'authorizer_appid', 'component_appid'].map((name) => memberOf(body, name)).find((value) => value);
  return typeof named === 'string' ? named : null;
}

function categoriesNamedIn(body: Buffer): string[] {
  return body.length > maxJsonBytes ? [] : categoryIdsNamedIn(jsonOrNothing(body));
}

function memberOf(body: Buffer, name: string): unknown {
  const value = body.length > maxJsonBytes ? undefined : jsonOrNothing(body);
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function jsonOrNothing(body: Buffer): unknown {
  try {
    return parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
