/** What a backend was told, on the page of its case: shown apart from the case, told again by those who may act. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NoWorkerError } from '../../src/client/index.ts';
import { temporalWithTold, toldEvent } from '../told-events.ts';
import { type ConsoleStage, caseUrl, createConsoleStage, story, view } from './console-stage.ts';

const receiver = 'webhook:backend.example:0123abcd';
const events = [
  toldEvent(1, 'case.submitted', { target: receiver, outcome: 'delivered', deliveredAt: '2026-11-25T06:01:01.000Z' }),
  toldEvent(
    2,
    'case.rejected',
    { target: receiver, outcome: 'given_up', reason: '<i>500</i>' },
    { target: 'wecom:qyapi.weixin.qq.com:89abcdef', outcome: 'under_way' },
  ),
];
const toldUrl = `${caseUrl}/told`;
const byScript = { 'hx-request': 'true' };

let stage: ConsoleStage;
let started: ReturnType<typeof temporalWithTold>['started'];
beforeEach(async () => {
  const told = temporalWithTold(events);
  started = told.started;
  stage = await createConsoleStage({
    script: { temporal: told.temporal, handle: { view: async () => view }, story: async () => story },
    dependencies: {
      signIn: {
        users: [],
        userHeader: 'x-user',
        operators: ['ops'],
        trustedProxies: ['127.0.0.1'],
        host: '127.0.0.1',
        secret: 'a secret of this test',
      },
    },
  });
});
afterEach(async () => {
  await stage.app.close();
  expect(stage.bugs).toEqual([]);
});

const ops = { 'x-user': 'ops' };
const again = async (person: Record<string, string>, values: Record<string, string>) =>
  stage.ask({
    method: 'POST',
    url: `${toldUrl}/again`,
    headers: { ...person, 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(values).toString(),
  });

test('the page of a case asks for it by itself, and is there without it', async () => {
  delete stage.script.temporal;
  const { statusCode, body } = await stage.get(caseUrl, ops);
  expect([statusCode, body.includes(`hx-get="${toldUrl}"`)]).toEqual([200, true]);
});

test('each event with what became of it at each receiver, in the language of the reader', async () => {
  const { body } = await stage.get(toldUrl, { ...ops, ...byScript });
  expect(body).toMatch(/submitted to WeChat.*delivered.*rejected.*given up.*&lt;i>500.*qyapi.*still being tried/s);
  expect(body.match(/Tell again/g)).toHaveLength(2);
  const chinese = await stage.get(toldUrl, { 'x-user': 'looker', 'accept-language': 'zh' });
  expect(chinese.body).toMatch(/^<!doctype html>.*已送达.*被驳回.*已放弃.*仍在重试/s);
  expect(chinese.body).not.toContain('再次通知');
});

test('where nobody was to be told anything there is nothing to see', async () => {
  stage.script.temporal = temporalWithTold([], { isOpen: false }).temporal;
  expect((await stage.get(toldUrl, { ...ops, ...byScript })).body).toBe('<div id="told"></div>');
});

test('it is asked for again only while the case is open or something is under way', async () => {
  const asksAgain = async (...given: Parameters<typeof temporalWithTold>) => {
    stage.script.temporal = temporalWithTold(...given).temporal;
    const { body } = await stage.get(toldUrl, { ...ops, ...byScript });
    return body.includes(`hx-get="${toldUrl}" hx-trigger="every 15s"`);
  };
  expect(await asksAgain(events.slice(0, 1))).toBe(true);
  expect(await asksAgain(events, { isOpen: false })).toBe(true);
  expect(await asksAgain(events.slice(0, 1), { isOpen: false })).toBe(false);
});

test('of very many the newest are shown, and that there are more; of those that are gone, that they are', async () => {
  const many = Array.from({ length: 60 }, (_, index) => toldEvent(index + 1, 'case.submitted'));
  const rowsOf = async (temporal: typeof stage.script.temporal) => {
    stage.script.temporal = temporal as NonNullable<typeof temporal>;
    const { body } = await stage.get(toldUrl, { ...ops, ...byScript });
    return [body.match(/value="evt_run-1_/g)?.length, body.includes('And more'), body.includes('no longer kept')];
  };
  expect(await rowsOf(temporalWithTold(many).temporal)).toEqual([50, true, false]);
  expect(await rowsOf(temporalWithTold(many.slice(40)).temporal)).toEqual([20, false, true]);
});

test('without a worker it says so in its own place', async () => {
  const { temporal } = temporalWithTold(events);
  const noWorker = async () => Promise.reject(new NoWorkerError('queue', 10));
  stage.script.temporal = { ...temporal, connection: { withDeadline: noWorker } } as unknown as typeof temporal;
  const { statusCode, body } = await stage.get(toldUrl, { ...ops, ...byScript });
  expect([statusCode, body.includes('no worker answers')]).toEqual([200, true]);
});

test('an operator tells one event again; nobody else does, and no other site', async () => {
  const token = await stage.token(ops);
  const done = await again(ops, { token, event: 'evt_run-1_2' });
  expect([done.statusCode, done.headers.location]).toEqual([303, `${caseUrl}?said=toldAgain`]);
  expect((await stage.get(`${caseUrl}?said=toldAgain`, ops)).body).toContain('It is being told again');
  const looker = { 'x-user': 'looker' };
  for (const [person, given] of [
    [looker, await stage.token(looker)],
    [ops, 'not ours'],
  ] as const)
    expect((await again(person, { token: given, event: 'evt_run-1_1' })).statusCode).toBe(403);
  expect((await again(ops, { token, event: 'evt_run-1_9' })).statusCode).toBe(404);
  expect(started).toEqual([['notify/run-1/2', 'evt_run-1_2', 'TERMINATE_EXISTING']]);
});
