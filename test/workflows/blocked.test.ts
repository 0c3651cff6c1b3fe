import { describe } from 'vitest';
import { expect, image, test } from '../stage.ts';

const day = 24 * 3600;
const add = 'category/add';

describe('what only new data can mend', () => {
  for (const errcode of [10020062, 10020063, 10020094, 10020127, 10020232, 9700234, 9700250])
    test(`L9 ${errcode} at the submission asks for material and says what to do`, async ({ stage }) => {
      stage.sandbox.setChaos({ rules: [{ operation: add, errcode }] });
      const handle = await stage.startShop(stage.shopInput());
      const view = await stage.until(handle.workflowId, 'needs_material');
      expect(view.attempts).toMatchObject([
        { number: 1, source: 'refused', reason: expect.stringContaining(String(errcode)) },
      ]);
      expect(view.canDo).toContain('resubmit');
      await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
      await stage.until(handle.workflowId, 'in_review');
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved', attempts: [{}, { number: 2 }] });
    });
});

describe('what only a person or time can mend', () => {
  for (const errcode of [40164, 61007, 48001, 50002, 10020233, 45009, 45011])
    test(`L9 ${errcode} at the submission blocks the case, which goes on by itself`, async ({ stage }) => {
      stage.sandbox.setChaos({ rules: [{ operation: add, errcode }] });
      const handle = await stage.startShop(stage.shopInput());
      const view = await stage.until(handle.workflowId, 'blocked');
      expect(view).toMatchObject({ waitingFor: 'unblocking', blocked: { during: 'submit', errcode: String(errcode) } });
      expect(view.blocked?.advice).not.toBe('');
      await stage.advance(handle.workflowId, 400);
      await stage.until(handle.workflowId, 'in_review');
      expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
    });

  test('L9 a code that nobody knows is one more try, then a person', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'qualification/upload', errcode: 987654, times: 99 }] });
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'upload', errcode: '987654' });
    const quick = (await stage.eventsOf(handle.workflowId)).find(
      ({ event }) => event.activityTaskFailedEventAttributes,
    );
    expect(quick).toBeDefined();
    expect(stage.sandbox.requests('qualification/upload').length).toBeGreaterThanOrEqual(2);
    stage.sandbox.setChaos({ rules: [] });
    await handle.retry({ by: '小王' });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L9 retry tries at once', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    expect(await handle.retry({})).toMatchObject({ status: 'submitting', pending: 'retry' });
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.pending).toBeUndefined();
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L9 retry asks WeChat once more although the account is held back, and is held back again when refused', async ({
    stageOf,
  }) => {
    const stage = await stageOf({ holds: true });
    await stage.startWorker();
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 45009, times: 2 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    expect(await stage.stores.holds.heldFor(stage.appId)).toMatchObject({ errcode: '45009' });
    await handle.retry({ by: '小王' });
    await expect.poll(() => stage.sandbox.requests(add).length, { timeout: 30_000 }).toBe(2);
    await stage.until(handle.workflowId, 'blocked');
    expect(await stage.stores.holds.heldFor(stage.appId)).toMatchObject({ errcode: '45009' });
    await handle.retry({ by: '小王' });
    await stage.until(handle.workflowId, 'in_review');
    expect(await stage.stores.holds.heldFor(stage.appId)).toBeUndefined();
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', attempts: [{ number: 1 }] });
  });

  test('L9 while blocked the tries of the server cost no history events', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164, times: 20 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    const ours = async () =>
      (await stage.eventsOf(handle.workflowId)).filter(({ type }) => !/SKIPPING|OPTIONS_UPDATED/.test(type)).length;
    const before = await ours();
    await stage.advance(handle.workflowId, 8 * 3600);
    expect(stage.sandbox.requests(add).length).toBeGreaterThan(6);
    expect(await ours()).toBe(before);
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L4 a blocked submission whose answer is lost on a later try is looked for, not sent again', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({
      rules: [
        { operation: add, errcode: 40164 },
        { operation: add, loseAnswer: true },
      ],
    });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    await stage.advance(handle.workflowId, 400);
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts).toMatchObject([{ auditId: stage.openAudit().id }]);
    expect(stage.sandbox.requests(add)).toHaveLength(2);
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L9 after a week a person is asked whether the papers are still right; as they are only with force', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164, times: 1000 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    await stage.stretchRetries(handle.workflowId, 'addCategory', 30 * day);
    await stage.advance(handle.workflowId, 6 * day);
    expect(await handle.view()).toMatchObject({ status: 'blocked' });
    await stage.advance(handle.workflowId, day + 3600);
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([
      { source: 'refused', reason: expect.stringContaining('still the right one') },
    ]);
    stage.sandbox.setChaos({ rules: [] });
    await handle.resubmit({ force: true });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L9 a week is counted from the last correction: an earlier block, long healed, asks nobody', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({
      rules: [
        { operation: 'qualification/upload', errcode: 40164 },
        { operation: add, errcode: 10020063 },
      ],
    });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 8 * day);
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164 }] });
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    await stage.until(handle.workflowId, 'blocked');
    await stage.advance(handle.workflowId, 400);
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts).toHaveLength(2);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L9 when a licence’s validity ends while blocked a person is asked, and nothing is sent', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164, times: 1000 }] });
    const input = stage.shopInput();
    const soon = new Date(Date.now() + 2 * day * 1000).toISOString().slice(0, 10);
    if (input.material.form === 'licenses') for (const license of input.material.licenses) license.validUntil = soon;
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'blocked');
    await stage.stretchRetries(handle.workflowId, 'addCategory', 30 * day);
    await stage.advance(handle.workflowId, 4 * day);
    await stage.until(handle.workflowId, 'needs_material');
    stage.sandbox.setChaos({ rules: [] });
    await handle.resubmit({ set: { 'licenses/1/2/validUntil': soon } });
    const view = await stage.until(
      handle.workflowId,
      (now) => now.status === 'needs_material' && now.attempts.length === 2,
    );
    expect(view.attempts[1]?.reason).toContain('valid until');
    await handle.resubmit({ set: { 'licenses/1/2/validUntil': 'permanent' } });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L9 WeChat that is down during an upload is tried again quickly, and nobody is bothered', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'qualification/upload', status: 503, times: 2 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L9 WeChat that is down for longer than half an hour shows in the status, and the case still goes on', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'qualification/upload', status: 503, times: 500 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, () => stage.sandbox.requests('qualification/upload').length > 0);
    await stage.advance(handle.workflowId, 31 * 60);
    expect(await stage.until(handle.workflowId, 'blocked')).toMatchObject({ blocked: { during: 'upload' } });
    stage.sandbox.setChaos({ rules: [] });
    await handle.retry();
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });
});

describe('an installation that only observes', () => {
  test('L13 writes nothing to WeChat and follows what happens there', async ({ stageOf }) => {
    const stage = await stageOf({ mode: 'observe' });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'upload', reason: expect.stringMatching(/^observe/) });
    expect(stage.sandbox.requests('qualification/upload')).toEqual([]);
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: view.categoryId, status: 'approved' });
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  });

  test('L13 that no longer only observes submits what waits in blocked, once', async ({ stageOf }) => {
    const stage = await stageOf({ mode: 'observe' });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    // A person's impatience changes nothing.
    await handle.retry();
    const view = await stage.until(handle.workflowId, ({ status, pending }) => status === 'blocked' && !pending);
    expect(view.blocked?.reason).toMatch(/^observe/);
    const sent = (operation: string) => stage.sandbox.requests(operation).length;
    expect([sent('qualification/upload'), sent(add)]).toEqual([0, 0]);
    await stage.stopWorkers();
    stage.mode = 'normal';
    await stage.startWorker();
    await handle.retry({ by: '小王' });
    await stage.until(handle.workflowId, 'in_review');
    expect([sent('qualification/upload'), sent(add)]).toEqual([1, 1]);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ number: 1 }] });
    expect(sent(add)).toBe(1);
  });
});
