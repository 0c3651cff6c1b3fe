import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, test } from '../stage.ts';

const [byHand] = fixtures.categories.byHand;
const leaf = byHand?.leaf ?? '';
const [mini] = fixtures.miniProgramCategories.byHand;
const miniId = `${mini?.first}-${mini?.second}`;

describe('what preflight finds for a Channels Shop', () => {
  test('L2 a category that is in force already ends the case at once, with nothing uploaded', async ({ stage }) => {
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf, status: 'approved' });
    const handle = await stage.startShop(stage.shopInput());
    expect(await handle.result()).toMatchObject({ outcome: 'approved', alreadyInForce: true, attempts: [] });
    expect(stage.sandbox.uploads().counts[stage.appId] ?? 0).toBe(0);
    expect(stage.sandbox.requests('category/add')).toEqual([]);
  });

  test('L2 a renewal is submitted although it is in force, and is approved only by its own approval', async ({
    stage,
  }) => {
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf, status: 'approved' });
    const handle = await stage.startShop(stage.shopInput({ intent: 'renew' }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.readAuditNow();
    await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({
      outcome: 'approved',
      by: 'us',
      attempts: [{}, { verdict: 'approved' }],
    });
  });

  test('L2 a renewal whose first look fails is not approved by the grant that it is to renew', async ({ stage }) => {
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf, status: 'approved' });
    stage.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', errcode: 61007, times: 99 }] });
    const handle = await stage.startShop(stage.shopInput({ intent: 'renew' }));
    await stage.until(handle.workflowId, 'blocked');
    stage.sandbox.setChaos({ rules: [] });
    await stage.advance(handle.workflowId, 400);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 the path of a leaf is looked up', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput({ category: { leaf } }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L2 a leaf that is in no tree asks for other data and says which', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput({ category: { leaf: '999999' } }));
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ source: 'refused', reason: expect.stringContaining('999999') }]);
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });
});

describe('what preflight finds for a Mini Program', () => {
  test('L2 a rejected category is modified, not added again', async ({ stage }) => {
    await stage.sandbox.applyInBackOffice({
      appId: stage.miniAppId,
      categoryId: miniId,
      status: 'rejected',
      reason: '旧',
    });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests('wxopen/modifycategory')).toHaveLength(1);
    expect(stage.sandbox.requests('wxopen/addcategory')).toHaveLength(0);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 a category in review that we did not submit is blocked without sending anything', async ({ stage }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'preflight', reason: expect.stringMatching(/^foreign_audit/) });
    expect(stage.sandbox.uploads().counts[stage.miniAppId] ?? 0).toBe(0);
    await handle.adopt({});
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L2 an expired qualification asks a person, and goes on once the category has been deleted by hand', async ({
    stage,
  }) => {
    await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId, status: 'approved' });
    stage.sandbox.setPermission({ appId: stage.miniAppId, categoryId: miniId, inForce: false });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ source: 'refused', reason: expect.stringContaining('53307') }]);
    await stage.wechat
      .miniProgram({ appId: stage.miniAppId, componentAppId: stage.componentAppId })
      .deleteCategory({ first: mini?.first ?? '', second: mini?.second ?? '' });
    await handle.resubmit({ force: true });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 a renewal is refused at the start with the sentence that says why', async ({ stage }) => {
    const input = stage.miniInput({ intent: 'renew' });
    await expect(stage.client.miniProgram.start(input)).rejects.toThrow(/53307/);
    const workflowId = `mini-program/${stage.miniAppId}/${miniId}`;
    stage.started.add(workflowId);
    const raw = await stage.client.temporal.workflow.start('miniProgramQualification', {
      workflowId,
      taskQueue: stage.taskQueue,
      args: [input],
    });
    await expect(raw.result()).rejects.toMatchObject({
      cause: { type: 'BadInput', message: expect.stringContaining('53307') },
    });
  });
});

describe('an application that exists already is brought in', () => {
  test('L5 by its open audit, without submitting anything', async ({ stage }) => {
    const existing = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf });
    const handle = await stage.startShop(stage.shopInput({ intent: { adopt: {} } }));
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts).toMatchObject([{ number: 1, auditId: existing.id }]);
    stage.sandbox.decide(existing.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', auditId: existing.id });
    expect(stage.sandbox.requests('category/add')).toEqual([]);
  });

  test('L5 rejected: its reason is shown and the correction becomes our own submission', async ({ stage }) => {
    await stage.sandbox.applyInBackOffice({
      appId: stage.appId,
      categoryId: leaf,
      status: 'rejected',
      reason: '盖章不全',
    });
    const handle = await stage.startShop(stage.shopInput({ intent: { adopt: {} } }));
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ verdict: 'rejected', reason: '盖章不全' }]);
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{}, { number: 2 }] });
  });

  test('L5 with an audit id of another category asks a person instead of following it', async ({ stage }) => {
    const other = await stage.sandbox.applyInBackOffice({
      appId: stage.appId,
      categoryId: fixtures.categories.byHand[1]?.leaf ?? '',
    });
    const handle = await stage.startShop(stage.shopInput({ intent: { adopt: { auditId: other.id } } }));
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts.at(-1)?.reason).toContain(other.id);
    await handle.withdraw();
    await handle.result();
  });

  test('L5 with an audit id that never was can be withdrawn', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput({ intent: { adopt: { auditId: '4403159413' } } }));
    await stage.until(handle.workflowId, 'in_review');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L5 of a Mini Program that is in review', async ({ stage }) => {
    const existing = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    const handle = await stage.startMini(stage.miniInput({ intent: { adopt: {} } }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(existing.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    expect(stage.sandbox.requests('wxopen/addcategory')).toEqual([]);
  });
});

describe('a workflow that is started by another program', () => {
  test('L10 with an id that is not the case’s fails at once and says which id it should have', async ({ stage }) => {
    const workflowId = `channels-shop/${stage.appId}/1`;
    stage.started.add(workflowId);
    const raw = await stage.client.temporal.workflow.start('channelsShopQualification', {
      workflowId,
      taskQueue: stage.taskQueue,
      args: [stage.shopInput()],
    });
    await expect(raw.result()).rejects.toMatchObject({
      cause: { type: 'BadInput', message: expect.stringContaining(`channels-shop/${stage.appId}/${leaf}`) },
    });
  });

  for (const [what, input] of Object.entries({
    nothing: undefined,
    'a text': 'case',
    'a category without a leaf': { appId: 'wx1', category: {}, material: { form: 'licenses', licenses: [] } },
    'ids that are numbers': { appId: 'wx1', category: { leaf: 6201 }, material: { form: 'licenses', licenses: [] } },
    'an image without a source': {
      appId: 'wx1',
      category: { leaf: '1' },
      material: { form: 'certificate', certificate: [{}] },
    },
    'a duration that is none': {
      appId: 'wx1',
      category: { leaf: '1' },
      material: { form: 'certificate', certificate: ['a'] },
      deadlines: { correction: 'soon' },
    },
  }))
    test(`L10 with ${what} as input fails at once instead of trying for ever`, async ({ stage }) => {
      const workflowId = `channels-shop/${stage.appId}/2`;
      stage.started.add(workflowId);
      const raw = await stage.client.temporal.workflow.start('channelsShopQualification', {
        workflowId,
        taskQueue: stage.taskQueue,
        args: input === undefined ? [] : [input],
      });
      await expect(raw.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
    });

  test('L1 sets the search attributes that the starter left out', async ({ stage }) => {
    const workflowId = `channels-shop/${stage.appId}/${leaf}`;
    stage.started.add(workflowId);
    await stage.client.temporal.workflow.start('channelsShopQualification', {
      workflowId,
      taskQueue: stage.taskQueue,
      args: [stage.shopInput()],
    });
    await stage.until(workflowId, 'in_review');
    const { typedSearchAttributes } = await stage.workflow(workflowId).describe();
    const shown = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
    expect(shown).toMatchObject({
      QualificationStatus: 'in_review',
      QualificationPlatform: 'channels-shop',
      WxAppId: stage.appId,
      WxCategoryId: leaf,
      WxAuditId: stage.openAudit().id,
    });
    await stage.client.get(workflowId).withdraw();
    await stage.client.get(workflowId).result();
  });
});
