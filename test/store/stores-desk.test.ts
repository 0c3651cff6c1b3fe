/** Turns and quota over the private port: the worker's side against the server's, as two processes of one data folder. */
import { setTimeout as sleep } from 'node:timers/promises';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { registerPrivateCall } from '../../src/server/private-calls.ts';
import { type AccountStores, createLocalStores } from '../../src/store/account-stores.ts';
import { ServerAwayError } from '../../src/store/server-beside.ts';
import { accountStoresPath, createStoresBeside } from '../../src/store/stores-beside.ts';
import { answerAccountStores } from '../../src/store/stores-desk.ts';

const bearer = 'shown by our own processes';

async function open(stores: AccountStores = createLocalStores(), shown = bearer) {
  const app = fastify();
  registerPrivateCall(app, { path: accountStoresPath, bearer }, (body) => answerAccountStores(stores, body));
  onTestFinished(() => app.close());
  const ask = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${shown}` };
    const answer = await app.inject({ method: 'POST', url: path, payload: body, headers });
    return { status: answer.statusCode, json: answer.json() as unknown };
  };
  return { ask, beside: createStoresBeside({ address: () => ({ url: 'http://127.0.0.1:1', bearer: shown }), ask }) };
}

test('two workers share the turns that one server keeps, and the quota it has measured', async () => {
  const kept = createLocalStores();
  const [one, other] = [(await open(kept)).beside, (await open(kept)).beside];
  const turn = await one.turns.take({ appId: 'wx1', caseId: 'a', priority: 3 });
  expect(await other.turns.take({ appId: 'wx1', caseId: 'b', priority: 3 })).toEqual({
    granted: false,
    ahead: 1,
    askAgainMs: 500,
  });
  if (!turn.granted) throw new Error('the first who asks has it');
  await one.turns.giveBack({ appId: 'wx1', caseId: 'a', ticket: turn.ticket });
  expect(await other.turns.take({ appId: 'wx1', caseId: 'b', priority: 3 })).toMatchObject({ granted: true });
  await one.quota.wrote({ appId: 'wx1', caseId: 'a', operation: 'modify', before: 4 });
  await sleep(5);
  expect(await other.quota.saw({ appId: 'wx1', left: 4, startedMsAgo: 0 })).toMatchObject([
    { caseId: 'a', operation: 'modify', before: 4, after: 4 },
  ]);
  expect(await one.quota.lastOf('a')).toMatchObject({ after: 4 });
  expect(await one.quota.lastOf('b')).toBeUndefined();
});

test('who does not show the bearer is refused, and what is no call is 400', async () => {
  const stranger = await open(createLocalStores(), 'guessed');
  await expect(stranger.beside.turns.take({ appId: 'wx1', caseId: 'a', priority: 3 })).rejects.toThrow(ServerAwayError);
  const { ask } = await open();
  for (const body of [{}, { operation: 'constructor' }, { operation: 'turns.take', appId: 'wx1', caseId: 1 }])
    expect((await ask(accountStoresPath, body)).status).toBe(400);
});

test('a database that fails is no turn; where no server was ever started the process keeps them itself', async () => {
  const failing = createLocalStores();
  failing.turns.take = () => Promise.reject(new Error('database is down'));
  const { beside } = await open(failing);
  await expect(beside.turns.take({ appId: 'wx1', caseId: 'a', priority: 3 })).rejects.toThrow(ServerAwayError);
  const alone = createStoresBeside({ address: () => undefined, ask: () => Promise.reject(new Error('not asked')) });
  expect(await alone.turns.take({ appId: 'wx1', caseId: 'a', priority: 3 })).toMatchObject({ granted: true });
  expect(await alone.turns.take({ appId: 'wx1', caseId: 'b', priority: 3 })).toMatchObject({ granted: false });
});
