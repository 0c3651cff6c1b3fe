import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, test } from '../stage.ts';

const day = 24 * 3600;
const leaf = fixtures.categories.byHand[0]?.leaf ?? '';
const read = 'category/getbizcatflowdetail';
const corrected = { set: { 'licenses/1/2/images/0': image('food-permit.jpg') } };

describe('waiting for the verdict', () => {
  test('L6 costs no history event, however often WeChat is read', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    const before = (await stage.eventsOf(handle.workflowId)).length;
    const readsBefore = stage.sandbox.requests(read).length;
    await stage.advance(handle.workflowId, 2 * day);
    const skips = [
      'EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED',
    ];
    const after = (await stage.eventsOf(handle.workflowId)).filter(({ type }) => !skips.includes(type));
    expect(stage.sandbox.requests(read).length - readsBefore).toBeGreaterThan(10);
    expect(after).toHaveLength(before);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await stage.advance(handle.workflowId, 6 * 3600);
    expect(await handle.result()).toMatchObject({ outcome: 'approved', attempts: [{ foundBy: 'read' }] });
  });

  test('L6 a review that takes too long is flagged overdue and goes on', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    expect(await stage.until(handle.workflowId, 'in_review')).toMatchObject({ overdue: false });
    await stage.advance(handle.workflowId, 3 * day + 60);
    expect(await stage.until(handle.workflowId, (view) => view.overdue)).toMatchObject({ status: 'in_review' });
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L11 the input says when a review is overdue', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput({ deadlines: { overdue: '2h' } }));
    await stage.until(handle.workflowId, 'in_review');
    await stage.advance(handle.workflowId, 2 * 3600 + 60);
    await stage.until(handle.workflowId, (view) => view.overdue);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L6 a status that nobody knows is waited on, never guessed', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: read, errcode: 9401020, times: 2 }] });
    await handle.readAuditNow();
    await stage.until(handle.workflowId, () => stage.sandbox.requests(read).some(({ errcode }) => errcode === 9401020));
    expect(await handle.view()).toMatchObject({ status: 'in_review' });
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await stage.advance(handle.workflowId, 120);
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L6 a read that only a person can mend shows the case blocked, and heals by itself', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: read, errcode: 61007, times: 2 }] });
    await handle.readAuditNow();
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'read', errcode: '61007' });
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await stage.advance(handle.workflowId, 900);
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L6 a blocked reading heals when WeChat can be read again, also while it has not decided', async ({
    stageOf,
  }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: read, errcode: 40164 }] });
    await handle.readAuditNow();
    await stage.until(handle.workflowId, 'blocked');
    await stage.advance(handle.workflowId, 240);
    expect(await handle.view()).toMatchObject({ status: 'blocked' });
    await stage.advance(handle.workflowId, 70);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await stage.advance(handle.workflowId, 120);
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L6 WeChat that does not answer for an hour changes nothing', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: '*', status: 502, times: 6 }] });
    await handle.readAuditNow();
    await stage.advance(handle.workflowId, 3600);
    expect(await handle.view()).toMatchObject({ status: 'in_review' });
    stage.sandbox.setChaos({ rules: [] });
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await stage.advance(handle.workflowId, 3 * 3600);
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });
});

describe('reports', () => {
  test('L7 a push that arrives before the answer of the submission decides once the audit id is known', async ({
    stage,
  }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved', pushFirst: true });
    const handle = await stage.startShop(stage.shopInput());
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ foundBy: 'push' }] });
  });

  test('L7 a report about another audit decides nothing', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    await stage.workflow(handle.workflowId).signal('auditReported', {
      kind: 'read',
      auditId: '4403159413',
      verdict: 'approved',
      rawStatus: '3',
      readAt: new Date().toISOString(),
    });
    expect(await stage.until(handle.workflowId, 'in_review')).toMatchObject({ attempts: [{ number: 1 }] });
    expect((await handle.view()).attempts[0]?.verdict).toBeUndefined();
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L7 doubled, late and forged pushes change nothing', async ({ stage }) => {
    stage.sandbox.setChaos({ push: { duplicate: true, forge: true } });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit(corrected);
    const second = await stage.until(handle.workflowId, 'in_review');
    expect(second.attempts).toMatchObject([{ verdict: 'rejected' }, { number: 2 }]);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    const result = await handle.result();
    expect(result).toMatchObject({ outcome: 'approved' });
    expect(result.attempts).toHaveLength(2);
  });

  test('L7 a Mini Program’s report is only a hint: what decides is what is read', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    const report = { kind: 'read', verdict: 'approved', rawStatus: '3', readAt: new Date().toISOString() };
    const reads = stage.sandbox.requests('wxopen/getcategory').length;
    await stage.workflow(handle.workflowId).signal('auditReported', report);
    await stage.until(handle.workflowId, () => stage.sandbox.requests('wxopen/getcategory').length > reads);
    expect(await handle.view()).toMatchObject({ status: 'in_review' });
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '证件过期');
    await stage.workflow(handle.workflowId).signal('auditReported', { kind: 'hint' });
    expect(await stage.until(handle.workflowId, 'needs_material')).toMatchObject({
      attempts: [{ reason: '证件过期' }],
    });
    await handle.withdraw();
    await handle.result();
  });

  test('L7 a push that is lost is found by reading', async ({ stage }) => {
    stage.sandbox.setChaos({ push: { lose: true } });
    stage.sandbox.addVerdictRule({ when: { afterReads: 2 }, verdict: 'approved' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    await stage.advance(handle.workflowId, 120);
    expect(await handle.result()).toMatchObject({ outcome: 'approved', attempts: [{ foundBy: 'read' }] });
  });

  test('L8 the push of a case that never existed, or has ended, is answered and changes nothing', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
    const other = await stage.sandbox.applyInBackOffice({
      appId: stage.appId,
      categoryId: fixtures.categories.byHand[2]?.leaf ?? '',
    });
    stage.sandbox.decide(other.id, 'approved');
    const delivered = () =>
      stage.sandbox.pushes().filter(({ auditId, status }) => auditId === other.id && status === 'delivered');
    for (let n = 0; n < 100 && delivered().length === 0; n += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(delivered()).toHaveLength(1);
  });
});

describe('waiting for material', () => {
  test('L6 what the merchant mends by hand ends the case: approved, by other', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf, status: 'approved' });
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  });

  test('L6 the same is found without any push by the daily read', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected', reason: '模糊' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf, status: 'approved' });
    await stage.advance(handle.workflowId, day + 60);
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  });

  test('L11 without a deadline a rejected case waits for months', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 12 * day);
    expect(await handle.view()).toMatchObject({ status: 'needs_material' });
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L11 the deadline of the input ends a case that nobody corrects in time: expired', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput({ deadlines: { correction: '10 days' } }));
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 9 * day);
    expect(await handle.view()).toMatchObject({ status: 'needs_material' });
    await stage.advance(handle.workflowId, day + 60);
    expect(await handle.result()).toMatchObject({ outcome: 'expired' });
  });
});
