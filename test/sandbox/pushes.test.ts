/** Pushes: both envelopes, WeChat's retry schedule, and pushes that are lost, doubled, late, swapped or forged. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { PushRejected } from '../../src/wechat/push/index.ts';
import {
  byHand,
  type Caller,
  callerFor,
  opened,
  type Stage,
  startReceiver,
  startStage,
  submitted,
  until,
} from './harness.ts';

let stage: Stage;
let shop: Caller;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, fixtures.shop.appId);
});
afterEach(() => stage.close());

/** Time for a push that must not come to come after all. */
const quietMs = 150;
const quiet = () => new Promise((resolve) => setTimeout(resolve, quietMs));

describe('what is pushed', () => {
  test.each([
    ['approved', '3'],
    ['rejected', '2'],
    ['cancelled', '12'],
  ] as const)('a shop of its own gets %s as encrypted JSON with status %s', async (verdict, status) => {
    const auditId = await submitted(shop, byHand());
    stage.sandbox.decide(auditId, verdict, '图片<不>清晰&"模糊"');
    const [push] = await stage.receiver.waitFor(1);
    if (push === undefined) throw new Error('no push');
    expect(push.path).toBe(`/callback/channels-shop/${fixtures.shop.appId}`);
    expect(push.contentType).toContain('json');
    expect(push.query).toMatchObject({ encrypt_type: 'aes', openid: expect.any(String) });
    expect(opened(push, 'shop')).toMatchObject({
      type: 'product_category_audit',
      toUserName: fixtures.shop.ghId,
      auditId,
      status,
      reason: '图片<不>清晰&"模糊"',
    });
  });

  test("a platform's shop gets it as XML under the platform's key, at its own address", async () => {
    const auditId = await submitted(callerFor(stage.sandbox, fixtures.platformShop.appId), byHand());
    stage.sandbox.decide(auditId, 'rejected', '图片<不>清晰&');
    const [push] = await stage.receiver.waitFor(1);
    if (push === undefined) throw new Error('no push');
    expect(push.path).toBe(`/callback/platform/${fixtures.platform.componentAppId}/${fixtures.platformShop.appId}`);
    expect(push.body.startsWith('<xml>')).toBe(true);
    expect(opened(push, 'platform')).toMatchObject({ auditId, status: '2', reason: '图片<不>清晰&' });
    expect(() => opened(push, 'shop')).toThrow(PushRejected);
  });

  test('a Mini Program gets wxa_category_audit with first, second and ret', async () => {
    const { appId, ghId } = fixtures.miniProgram;
    const { id } = await stage.sandbox.applyInBackOffice({ appId, categoryId: '8-39' });
    stage.sandbox.decide(id, 'rejected', '许可证]]>已过期');
    const [rejected] = await stage.receiver.waitFor(1);
    if (rejected === undefined) throw new Error('no push');
    const event = { type: 'wxa_category_audit', toUserName: ghId, first: '8', second: '39' };
    expect(opened(rejected, 'platform')).toMatchObject({ ...event, ret: '2', reason: '许可证]]>已过期' });
    await stage.sandbox.applyInBackOffice({ appId, categoryId: '8-39', status: 'approved' });
    const [, approved] = await stage.receiver.waitFor(2);
    if (approved === undefined) throw new Error('no push');
    expect(opened(approved, 'platform')).toMatchObject({ ...event, ret: '3' });
  });

  test('our own cancellation is pushed as well', async () => {
    const auditId = await submitted(shop, byHand());
    await shop.post('/shop/ec/category/audit/cancel', { audit_id: auditId });
    const [push] = await stage.receiver.waitFor(1);
    if (push === undefined) throw new Error('no push');
    expect(opened(push, 'shop')).toMatchObject({ auditId, status: '12' });
  });

  test('with pushFirst the push arrives before the answer of the submission', async () => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved', pushFirst: true });
    let isPushed = false;
    stage.receiver.answer = (_push, response) => {
      isPushed = true;
      response.end('success');
    };
    await submitted(shop, byHand());
    expect(isPushed).toBe(true);
  });

  test('with pushFirst and a receiver that does not answer, the submission is answered after 1.5 s all the same', async () => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved', pushFirst: true });
    stage.receiver.answer = () => undefined;
    const startedAt = performance.now();
    await submitted(shop, byHand());
    expect(performance.now() - startedAt).toBeGreaterThan(1400);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });
});

describe('retries', () => {
  async function rejectedPush() {
    const auditId = await submitted(shop, byHand());
    stage.sandbox.decide(auditId, 'rejected');
    return auditId;
  }
  const onlyPush = () => {
    const [push] = stage.sandbox.pushes();
    if (push === undefined) throw new Error('no push');
    return push;
  };

  test('any 2xx is delivered, whatever the body says', async () => {
    stage.receiver.answer = (_push, response) => response.writeHead(204).end();
    await rejectedPush();
    await until(() => onlyPush().status === 'delivered');
    stage.sandbox.setClock({ advanceSeconds: 86_400 });
    await quiet();
    expect(stage.receiver.pushes).toHaveLength(1);
  });

  test.each([503, 302])('HTTP %i is tried again at once, twice, and then after a pause', async (status) => {
    stage.receiver.answer = (_push, response) => response.writeHead(status, { location: stage.receiver.url }).end();
    await rejectedPush();
    await stage.receiver.waitFor(3);
    await quiet();
    expect(stage.receiver.pushes).toHaveLength(3);
    const { dueAt, tries } = onlyPush();
    const pause = Date.parse(dueAt) - Date.parse(tries[2]?.at ?? '');
    expect(pause).toBeGreaterThan(9000);
    expect(pause).toBeLessThan(11_000);
  });

  test('after ten tries over 3.6 hours of sandbox clock WeChat gives up; each retry can be read', async () => {
    stage.receiver.answer = (_push, response) => response.writeHead(500).end();
    const auditId = await rejectedPush();
    await stage.receiver.waitFor(3);
    for (const [index, pause] of [10, 60, 300, 1800, 3600, 3600, 3600].entries()) {
      await until(() => onlyPush().tries.length === 3 + index);
      stage.sandbox.setClock({ advanceSeconds: pause });
      await stage.receiver.waitFor(4 + index);
    }
    await until(() => onlyPush().status === 'given-up');
    stage.sandbox.setClock({ advanceSeconds: 86_400 });
    await quiet();
    expect(stage.receiver.pushes).toHaveLength(10);
    for (const push of stage.receiver.pushes) expect(opened(push, 'shop')).toMatchObject({ auditId, status: '2' });
  });

  test('a receiver that is down gets the push when it is up again', async () => {
    const port = Number(new URL(stage.receiver.url).port);
    await stage.receiver.close();
    const auditId = await rejectedPush();
    await until(() => onlyPush().tries.length === 3);
    expect(onlyPush().tries.map(({ error }) => error)).toEqual(Array(3).fill('not reachable'));
    stage.receiver = await startReceiver(port);
    stage.sandbox.setClock({ advanceSeconds: 10 });
    const [push] = await stage.receiver.waitFor(1);
    if (push === undefined) throw new Error('no push');
    expect(opened(push, 'shop')).toMatchObject({ auditId, status: '2' });
  });

  test('a receiver that takes longer than 5 s has not answered', async () => {
    stage.receiver.answer = (_push, response) => {
      stage.receiver.answer = (_next, second) => second.end('success');
      setTimeout(() => response.end('success'), 9000);
    };
    await rejectedPush();
    await until(() => onlyPush().status === 'delivered', 12_000);
    expect(onlyPush().tries.map(({ error }) => error)).toEqual(['no answer within 5 s', null]);
  });

  test('nobody is told where there is no address, and the verdict stands', async () => {
    const { appId } = fixtures.shop;
    stage.sandbox.setAccounts({ shops: [{ appId, callback: { url: null } }], platforms: [] });
    await rejectedPush();
    await quiet();
    expect(stage.sandbox.pushes()).toEqual([]);
    expect(stage.sandbox.audits()[0]?.status).toBe('rejected');
  });
});

describe('push chaos', () => {
  async function decided(index: number, verdict: 'approved' | 'rejected' = 'approved') {
    const auditId = await submitted(shop, byHand(index));
    stage.sandbox.decide(auditId, verdict);
    return auditId;
  }
  const auditIds = () =>
    stage.receiver.pushes.map((push) => {
      const event = opened(push, 'shop');
      return event.type === 'product_category_audit' ? event.auditId : event.type;
    });

  test('a lost push never comes, and the next one does', async () => {
    stage.sandbox.setChaos({ push: { lose: 1 } });
    await decided(0);
    const second = await decided(1);
    await stage.receiver.waitFor(1);
    stage.sandbox.setClock({ advanceSeconds: 86_400 });
    await quiet();
    expect(auditIds()).toEqual([second]);
    expect(stage.sandbox.pushes().map(({ status }) => status)).toEqual(['lost', 'delivered']);
  });

  test('lose: true loses every push until it is switched off', async () => {
    stage.sandbox.setChaos({ push: { lose: true } });
    await decided(0);
    await decided(1);
    stage.sandbox.setChaos({ push: {} });
    const third = await decided(2);
    await stage.receiver.waitFor(1);
    await quiet();
    expect(auditIds()).toEqual([third]);
  });

  test('a duplicate comes twice with the same content', async () => {
    stage.sandbox.setChaos({ push: { duplicate: 1 } });
    const auditId = await decided(0);
    await stage.receiver.waitFor(2);
    expect(auditIds()).toEqual([auditId, auditId]);
  });

  test('a delayed push comes when the sandbox clock says so', async () => {
    stage.sandbox.setChaos({ push: { delaySeconds: 3600 } });
    const auditId = await decided(0);
    await quiet();
    expect(stage.receiver.pushes).toEqual([]);
    stage.sandbox.setClock({ advanceSeconds: 3600 });
    await stage.receiver.waitFor(1);
    expect(auditIds()).toEqual([auditId]);
  });

  test('a dozen pushes that are due in the same moment bring no warning about listeners', async () => {
    const warnings: string[] = [];
    const hear = ({ name }: Error) => void warnings.push(name);
    process.on('warning', hear);
    stage.sandbox.setChaos({ push: { delaySeconds: 600 } });
    const { appId } = fixtures.miniProgram;
    for (let n = 0; n < 12; n += 1) {
      const { id } = await stage.sandbox.applyInBackOffice({ appId, categoryId: '8-39' });
      stage.sandbox.decide(id, 'rejected', `${n}`);
    }
    stage.sandbox.setClock({ advanceSeconds: 600 });
    await stage.receiver.waitFor(12);
    process.off('warning', hear);
    expect(warnings).toEqual([]);
  });

  test('shuffled pushes arrive in the wrong order', async () => {
    stage.sandbox.setChaos({ push: { shuffle: 1 } });
    const first = await decided(0);
    const second = await decided(1);
    await stage.receiver.waitFor(2);
    expect(auditIds()).toEqual([second, first]);
  });

  test('a forged push claims the opposite under a wrong signature, once, and the true one comes too', async () => {
    stage.sandbox.setChaos({ push: { forge: 1 } });
    stage.receiver.answer = (push, response) => {
      let status = 200;
      try {
        opened(push, 'shop');
      } catch {
        status = 403;
      }
      response.writeHead(status).end();
    };
    const auditId = await decided(0, 'rejected');
    await stage.receiver.waitFor(2);
    await quiet();
    expect(stage.receiver.pushes).toHaveLength(2);
    const [forged, real] = stage.sandbox.pushes();
    expect(forged).toMatchObject({ forged: true, status: 'given-up' });
    expect(real).toMatchObject({ forged: false, status: 'delivered', auditId });
    const readable = stage.receiver.pushes.flatMap((push) => {
      try {
        return [opened(push, 'shop')];
      } catch {
        return [];
      }
    });
    expect(readable).toEqual([expect.objectContaining({ auditId, status: '2' })]);
  });
});
