import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notification } from '../../src/contract/notification.ts';
import { type Tried, tryToDeliver } from '../../src/notify/delivery.ts';
import { type RobotTarget, type Target, targetsFor, targetsOf } from '../../src/notify/targets.ts';
import { type Behaviour, Receiver, telling } from '../receiver.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const rejected: Notification = {
  version: 1,
  id: 'evt_run_2',
  type: 'case.rejected',
  timestamp: '2026-11-25T06:01:40.000Z',
  data: {
    workflowId: 'channels-shop/wx5a2d8f1c3b7e9046/6201',
    runId: 'run',
    platform: 'channels-shop',
    appId: 'wx5a2d8f1c3b7e9046',
    categoryId: '6201',
    status: 'needs_material',
    attempt: 1,
    reason: '营业执照不清晰\n# [点我](https://evil.example) @all',
    dueAt: '2026-12-01T02:00:00.000Z',
    canDo: ['resubmit'],
  },
};

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listen();
});
afterEach(() => receiver.close());

async function deliver(target: Target, event = rejected): Promise<Tried> {
  const { dispatcher } = telling();
  try {
    return await tryToDeliver(target, event, {
      dispatcher,
      answerWithinMs: 500,
      consoleUrl: 'https://c.example/console',
    });
  } finally {
    await dispatcher.destroy();
  }
}

const webhook = (): Target => ({ kind: 'webhook', url: receiver.url('/hook?key=topsecret'), secrets: [secret] });

describe('a webhook', () => {
  test.each<[string, Behaviour, Partial<Tried>]>([
    [
      '2xx takes it, whatever the body says',
      { status: 200, body: '{"errcode":1}' },
      { outcome: 'taken', httpStatus: 200 },
    ],
    ['500 is tried again soon', 500, { outcome: 'unreachable', httpStatus: 500 }],
    ['404 is tried again slowly', 404, { outcome: 'refused', againInMs: 3_600_000 }],
    ['410 ends it', 410, { outcome: 'gone', httpStatus: 410 }],
    [
      'a redirect is not followed',
      { status: 307, headers: { location: '/other' } },
      { outcome: 'refused', httpStatus: 307 },
    ],
    ['429 says when', { status: 429, headers: { 'retry-after': '90' } }, { outcome: 'refused', againInMs: 90_000 }],
    ['503 says when', { status: 503, headers: { 'retry-after': '5' } }, { outcome: 'refused', againInMs: 5_000 }],
    ['a cut connection is tried again soon', 'reset', { outcome: 'unreachable' }],
    ['no answer in time is tried again soon', 'silence', { outcome: 'unreachable', reason: 'no answer within 0.5 s' }],
  ])('%s', async (_title, behaviour, wanted) => {
    receiver.always = behaviour;
    const tried = await deliver(webhook());
    expect(tried).toMatchObject(wanted);
    expect(JSON.stringify(tried)).not.toContain('topsecret');
    expect(receiver.received).toHaveLength(1);
  });

  test('of a receiver that is not there is told without its address', async () => {
    const target = webhook();
    await receiver.close();
    const tried = await deliver(target);
    expect(tried).toEqual({ outcome: 'unreachable', reason: 'not reachable (ECONNREFUSED)' });
  });

  test('is named by host and digest: another key is another receiver, and none shows', () => {
    const ids = [...targetsOf([webhook(), { ...webhook(), url: receiver.url('/hook?key=other') }]).keys()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^webhook:127\.0\.0\.1:\d+:[0-9a-f]{8}$/);
  });
});

describe('a robot', () => {
  const robot = (kind: RobotTarget['kind'], more: Partial<RobotTarget> = {}): RobotTarget => ({
    kind,
    url: receiver.url('/robot?access_token=topsecret'),
    ...more,
  });
  const sent = () => JSON.parse(receiver.received[0]?.body ?? '') as Record<string, unknown>;

  test('of WeCom gets Markdown in Chinese; an auditor cannot put links or mentions in it', async () => {
    receiver.always = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
    expect(await deliver(robot('wecom'))).toMatchObject({ outcome: 'taken' });
    const { msgtype, markdown } = sent() as { msgtype: string; markdown: { content: string } };
    expect(msgtype).toBe('markdown');
    expect(markdown.content).toContain('类目资质审核未通过');
    expect(markdown.content).toContain('微信小店:wx5a2d8f1c3b7e9046');
    expect(markdown.content).toContain('https://c.example/console/cases/channels-shop/wx5a2d8f1c3b7e9046/6201');
    expect(markdown.content).not.toMatch(/\[点我\]|@all|\n#/);
    expect(Buffer.byteLength(markdown.content)).toBeLessThan(4096);
  });

  test('of Feishu is signed in the body', async () => {
    receiver.always = { status: 200, body: '{"code":0,"msg":"success"}' };
    expect(await deliver(robot('feishu', { secret: 'S' }))).toMatchObject({ outcome: 'taken' });
    const { timestamp, sign, msg_type } = sent() as { timestamp: string; sign: string; msg_type: string };
    expect(msg_type).toBe('text');
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(600);
    expect(sign).toBe(createHmac('sha256', `${timestamp}\nS`).digest('base64'));
  });

  test('of DingTalk is signed in the address', async () => {
    receiver.always = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
    expect(await deliver(robot('dingtalk', { secret: 'SEC1' }))).toMatchObject({ outcome: 'taken' });
    const { searchParams } = new URL(receiver.received[0]?.path ?? '', 'http://x');
    const timestamp = searchParams.get('timestamp') ?? '';
    expect(searchParams.get('access_token')).toBe('topsecret');
    expect(searchParams.get('sign')).toBe(createHmac('sha256', 'SEC1').update(`${timestamp}\nSEC1`).digest('base64'));
    expect(sent()).toMatchObject({ msgtype: 'markdown', markdown: { title: '类目资质审核未通过' } });
  });

  test.each<[RobotTarget['kind'], string, number]>([
    ['wecom', '{"errcode":45009,"errmsg":"api freq out of limit"}', 60_000],
    ['dingtalk', '{"errcode":130101,"errmsg":"send too fast"}', 600_000],
    ['feishu', '{"code":11232,"msg":"frequency limited"}', 60_000],
    ['dingtalk', '{"errcode":310000,"errmsg":"keywords not in content"}', 3_600_000],
    ['wecom', 'not JSON', 3_600_000],
  ])('of %s that answers %s is left alone for %i ms', async (kind, body, againInMs) => {
    receiver.always = { status: 200, body };
    const tried = await deliver(robot(kind));
    expect(tried).toMatchObject({ outcome: 'refused', againInMs });
    expect(JSON.stringify(tried)).not.toContain('topsecret');
  });

  test('is told of a category that has lapsed and of a paper that ends soon, which are no cases', async () => {
    const about = { platform: 'channels-shop', appId: 'wx01', categoryId: '6201', externalId: 'order-17' } as const;
    const event = { version: 1, id: 'evt_watch_1', timestamp: '2026-11-25T06:01:40.000Z' } as const;
    receiver.always = { status: 200, body: '{"errcode":0}' };
    const ending = { ...about, path: 'licenses/1/2', validUntil: '2026-12-01', daysLeft: 6 };
    await deliver(robot('wecom'), { ...event, type: 'category.lapsed', data: { ...about, reason: '类目已下线' } });
    await deliver(robot('wecom'), { ...event, type: 'license.expiring', data: ending });
    const [lapsed, expiring] = receiver.received.map(({ body }) => body);
    for (const part of ['类目资质', 'wx01', '6201', 'order-17', '原因:类目已下线']) expect(lapsed).toContain(part);
    for (const part of ['类目资质', 'licenses/1/2', '有效期至:2026-12-01(剩余 6 天)']) expect(expiring).toContain(part);
  });

  test('is told only of what a person should do something about', () => {
    const targets = targetsOf([robot('wecom')]);
    expect(targetsFor(targets, 'case.rejected')).toHaveLength(1);
    expect(targetsFor(targets, 'category.lapsed')).toHaveLength(1);
    expect(targetsFor(targets, 'case.submitted')).toEqual([]);
    expect(targetsFor(targets, 'case.approved')).toEqual([]);
  });
});
