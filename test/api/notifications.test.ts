/** `/v1/notifications`: by case and by `webhook-id`, who may, and what is started again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporalWithTold, toldCaseId, toldEvent } from '../told-events.ts';
import { type ApiStage, createApiStage } from './api-stage.ts';

const receiver = 'webhook:backend.example:0123abcd';
const events = [
  toldEvent(1, 'case.submitted', { target: receiver, outcome: 'delivered', httpStatus: 204, attempt: 1 }),
  toldEvent(2, 'case.rejected', { target: receiver, outcome: 'given_up', reason: 'the receiver answered 500' }),
];

let stage: ApiStage;
let started: ReturnType<typeof temporalWithTold>['started'];
let summaries: string[];
beforeEach(async () => {
  const told = temporalWithTold(events);
  ({ started, summaries } = told);
  stage = await createApiStage({ script: { temporal: told.temporal } });
});
afterEach(async () => {
  await stage.close();
  expect(stage.bugs).toEqual([]);
});

test('a viewer sees what was told about a case, and one event by its webhook-id', async () => {
  const all = await stage.ask('reader', { url: `/v1/notifications?workflowId=${encodeURIComponent(toldCaseId)}` });
  expect(all.statusCode).toBe(200);
  expect(all.json().notifications).toMatchObject([
    { id: 'evt_run-1_1', type: 'case.submitted', deliveries: [{ target: receiver, outcome: 'delivered' }] },
    { id: 'evt_run-1_2', type: 'case.rejected', data: { workflowId: toldCaseId } },
  ]);
  expect(all.json().olderGone).toBe(false);
  stage.script.temporal = temporalWithTold(events.slice(1)).temporal;
  const rest = await stage.ask('reader', { url: `/v1/notifications?workflowId=${encodeURIComponent(toldCaseId)}` });
  expect(rest.json()).toMatchObject({ notifications: [{ id: 'evt_run-1_2' }], olderGone: true });
  const one = await stage.ask('reader', { url: '/v1/notifications/evt_run-1_2' });
  expect(one.json()).toEqual(all.json().notifications[1]);
});

test('what the watch over categories in force found is told again by its webhook-id as well', async () => {
  const id = 'evt_watch_0b0e8f3c-5d5e-4b0e-9d0a-1c2d3e4f5a6b';
  const view = toldEvent(1, 'case.approved', { target: receiver, outcome: 'gone' });
  const told = temporalWithTold([{ ...view, notification: { ...view.notification, id } }]);
  stage.script.temporal = told.temporal;
  const answer = await stage.ask('mender', { method: 'POST', url: `/v1/notifications/${id}/redeliver` });
  expect([answer.statusCode, answer.json().id]).toEqual([202, id]);
  expect(told.started.map(([workflowId]) => workflowId)).toEqual([`notify/watch/${id.replace('evt_watch_', '')}`]);
});

test('an operator tells one again, under the same id and in place of what is still tried; a viewer does not', async () => {
  const url = '/v1/notifications/evt_run-1_2/redeliver';
  expect((await stage.ask('reader', { method: 'POST', url })).statusCode).toBe(403);
  expect(started).toEqual([]);
  const answer = await stage.ask('mender', { method: 'POST', url });
  expect([answer.statusCode, answer.headers.location]).toEqual([202, '/v1/notifications/evt_run-1_2']);
  expect(answer.json()).toMatchObject({ id: 'evt_run-1_2', type: 'case.rejected' });
  expect(started).toEqual([['notify/run-1/2', 'evt_run-1_2', 'TERMINATE_EXISTING']]);
  // Who did it, by the name of the token.
  expect(summaries).toEqual(['case.rejected, once more (mender)']);
});

test('what is not there is told as such, and nothing is started', async () => {
  for (const id of ['evt_run-1_3', 'evt_other_1', 'evt_run-1_0', '..%2F..%2Fetc', 'evt_'])
    for (const [method, end] of [
      ['GET', ''],
      ['POST', '/redeliver'],
    ] as const) {
      const answer = await stage.ask('mender', { method, url: `/v1/notifications/${id}${end}` });
      expect([id, answer.statusCode, answer.json().type]).toEqual([
        id,
        404,
        'urn:problem-type:wechat-qualification:no-such-notification',
      ]);
    }
  const noCase = await stage.ask('reader', { url: '/v1/notifications?workflowId=channels-shop/wx5a2d8f1c3b7e9046/1' });
  expect([noCase.statusCode, noCase.json().type]).toEqual([404, 'urn:problem-type:wechat-qualification:no-such-case']);
  for (const query of ['', '?workflowId=else', '?workflowId=mini-program/wx5a2d8f1c3b7e9046/8'])
    expect((await stage.ask('reader', { url: `/v1/notifications${query}` })).statusCode).toBe(400);
  expect(started).toEqual([]);
});
