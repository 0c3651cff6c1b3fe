/** The private port's `POST /token`: tokens for the worker beside the server, and for nobody else. */
import { afterEach, expect, test } from 'vitest';
import { createPrivateServer } from '../../src/server/app.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import { type AccessTokens, createAccessTokens, WeChatError } from '../../src/wechat/index.ts';

const bearer = 'bearer-of-the-server';
const advice = { zh: '请重新授权', en: 'authorise again' };
let app: ReturnType<typeof createPrivateServer>;
afterEach(() => app.close());

const failing = (kind: WeChatError['kind']): AccessTokens['get'] => {
  const error = new WeChatError({ kind, endpoint: 'e', delivery: 'not-sent', reason: 'not authorised', advice });
  return () => Promise.reject(error);
};

async function serve(get: AccessTokens['get'], shown = bearer): Promise<AccessTokens> {
  const quiet = () => undefined;
  const logger = { info: quiet, warn: quiet, error: quiet };
  app = createPrivateServer({ logger, metrics: createServerMetrics(), tokens: { tokens: { get }, bearer } });
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/token`;
  return createAccessTokens({
    baseUrl: 'http://127.0.0.1:1',
    credentialsOf: () => ({ tokenService: { url, bearer: shown } }),
  });
}

const failureOf = (tokens: AccessTokens): Promise<unknown> =>
  tokens.get({ appId: 'wxa', componentAppId: 'wxc' }).catch((reason: unknown) => reason);

test('the worker gets the token that the server has, asked for by account and refused token', async () => {
  const asked: unknown[] = [];
  const tokens = await serve(async (request) => {
    asked.push(request);
    return `TOKEN ${asked.length}`;
  });
  const account = { appId: 'wxa', componentAppId: 'wxc' };
  expect(await tokens.get(account)).toBe('TOKEN 1');
  expect(await tokens.get(account)).toBe('TOKEN 1');
  expect(await tokens.get({ ...account, rejectedToken: 'TOKEN 1' })).toBe('TOKEN 2');
  expect(asked).toEqual([account, { ...account, rejectedToken: 'TOKEN 1' }]);
});

test('without the bearer nothing is given', async () => {
  const tokens = await serve(async () => 'TOKEN', 'guessed');
  expect(await failureOf(tokens)).toMatchObject({ kind: 'needs-person', delivery: 'not-sent' });
});

test('what a person has to mend reaches the worker with reason and advice', async () => {
  const error = await failureOf(await serve(failing('needs-person')));
  expect(error).toMatchObject({ kind: 'needs-person', delivery: 'not-sent', advice });
  expect(String(error)).toContain('not authorised');
});

test('what mends itself is tried again', async () => {
  expect(await failureOf(await serve(failing('unanswered')))).toMatchObject({
    kind: 'retry-now',
    delivery: 'not-sent',
  });
});
