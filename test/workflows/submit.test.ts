import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, test } from '../stage.ts';

const add = 'category/add';

describe('a submission whose answer is lost', () => {
  test('L4 is recognised while its audit is open: one audit, no second submission', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, loseAnswer: true }] });
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts[0]?.auditId).toBe(stage.openAudit().id);
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    expect(await stage.activitiesOf(handle.workflowId)).toContain('findCategoryAudit');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L4 is recognised when it was approved in the same moment', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved' });
    stage.sandbox.setChaos({ rules: [{ operation: add, loseAnswer: true }] });
    const handle = await stage.startShop(stage.shopInput());
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ number: 1 }] });
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    expect(await stage.activitiesOf(handle.workflowId)).toContain('findCategoryAudit');
  });

  test('L4 is not taken for an audit that was there before', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const earlier = await stage.sandbox.applyInBackOffice({
      appId: stage.appId,
      categoryId: category,
      status: 'rejected',
    });
    stage.sandbox.setChaos({ rules: [{ operation: add, loseAnswer: true }] });
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts[0]?.auditId).not.toBe(earlier.id);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L4 that never arrived is sent again only after two reads 60 s apart, the first after 30 s', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, reset: true }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(
      handle.workflowId,
      (view) => view.status === 'submitting' && stage.sandbox.requests(add).length === 1,
    );
    await stage.advance(handle.workflowId, 29);
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    await stage.advance(handle.workflowId, 55);
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    await stage.advance(handle.workflowId, 10);
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests(add)).toHaveLength(2);
    expect(view.attempts).toHaveLength(1);
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L4 for a Mini Program is recognised by the change of state', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/addcategory', loseAnswer: true }] });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.audits({ appId: stage.miniAppId })).toMatchObject([{ submissions: 1 }]);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L4 for a Mini Program that was rejected at once shows the reason and asks for material', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ appId: stage.miniAppId, when: 'at-once', verdict: 'rejected', reason: '证件模糊' });
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/addcategory', loseAnswer: true }] });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ verdict: 'rejected', reason: '证件模糊', source: 'audit' }]);
    await handle.withdraw();
    await handle.result();
  });

  test('L4 three submissions that vanish leave the case to a person, not to a fourth', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, reset: true, times: 9 }] });
    const handle = await stage.startShop(stage.shopInput());
    for (let round = 1; round <= 3; round += 1) {
      await stage.until(handle.workflowId, () => stage.sandbox.requests(add).length === round);
      await stage.advance(handle.workflowId, 120);
    }
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'submit', advice: expect.stringContaining('back office') });
    expect(stage.sandbox.requests(add)).toHaveLength(3);
    await handle.withdraw();
    // The last one may still have arrived: it is looked for before the case is given up.
    await stage.advance(handle.workflowId, 100);
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });
});

describe('a worker that stops during a submission', () => {
  test('L4 finishes the submission on SIGTERM and loses no audit id', async ({ stageOf }) => {
    const stage = await stageOf({ tuning: { shutdownGraceTime: '20s', shutdownForceTime: '25s' } });
    const first = await stage.startWorker();
    stage.sandbox.setChaos({ rules: [{ operation: add, delayMs: 1500 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(
      handle.workflowId,
      () => stage.sandbox.requests(add).length === 1 || stage.sandbox.audits({ appId: stage.appId }).length === 1,
    );
    first.shutdown();
    await stage.stopWorkers();
    await stage.startWorker();
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts).toMatchObject([{ auditId: stage.openAudit().id }]);
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});

describe('a submission that somebody else overtook', () => {
  test('L5 what a merchant applies for after a lost and then refused submission is not taken for the lost one', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({
      rules: [
        { operation: add, reset: true },
        { operation: add, errcode: 10020063 },
      ],
    });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, () => stage.sandbox.requests(add).length === 1);
    await stage.advance(handle.workflowId, 120);
    await stage.until(handle.workflowId, 'needs_material');
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    const view = await stage.until(handle.workflowId, ({ status }) => status === 'in_review' || status === 'blocked');
    expect(view.blocked?.reason).toMatch(/^foreign_audit/);
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'open' }]);
  });

  test('L4 is blocked by the audit that is not ours, and goes on when a person adopts it', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({
      during: 'submit',
      reason: expect.stringMatching(/^foreign_audit/),
      errcode: '10020064',
    });
    expect(view.canDo).toContain('adopt');
    expect(await handle.adopt({})).toMatchObject({ status: 'in_review', pending: 'adopt' });
    await stage.until(handle.workflowId, (now) => now.status === 'in_review' && now.pending === undefined);
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', auditId: foreign.id });
  });

  test('L5 an open audit of somebody else is cancelled only when a person forces it', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    await handle.withdraw({ force: true });
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ id: foreign.id, status: 'cancelled' }]);
  });

  test('L5 a forced withdrawal that WeChat refuses for a person’s reason stays asked for; ours is never sent instead', async ({
    stage,
  }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    stage.sandbox.setChaos({ rules: [{ operation: 'audit/cancel', errcode: 40164, times: 2 }] });
    await handle.withdraw({ force: true });
    const view = await stage.until(handle.workflowId, ({ blocked }) => blocked?.errcode === '40164');
    expect(view.pending).toBe('withdraw');
    stage.sandbox.decide(foreign.id, 'rejected', '模糊');
    await stage.advance(handle.workflowId, 3700);
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
  });

  test('L12 a forced withdrawal loses against an approval of the foreign audit that was faster', async ({
    stageOf,
  }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    stage.sandbox.decide(foreign.id, 'approved');
    await handle.withdraw({ force: true });
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  });

  test('L5 without force the audit of somebody else is left alone', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'open' }]);
  });

  test('L5 waiting is enough: the foreign audit is approved and the case ends approved by other', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  });

  test('L5 waiting is enough: the foreign audit is rejected and ours is submitted by itself', async ({ stage }) => {
    const category = fixtures.categories.byHand[0]?.leaf ?? '';
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: category });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'blocked');
    stage.sandbox.decide(foreign.id, 'rejected', '主体不一致');
    await stage.advance(handle.workflowId, 3700);
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts.at(-1)?.auditId).toBe(stage.openAudit().id);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});
