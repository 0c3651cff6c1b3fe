import { describe } from 'vitest';
import { expect, image, test } from '../stage.ts';

describe('a Channels Shop case', () => {
  test('L1 goes from images to approval: upload, submit, push, done', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    const inReview = await stage.until(handle.workflowId, 'in_review');
    expect(inReview.attempts).toMatchObject([{ number: 1, auditId: stage.openAudit().id }]);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ verdict: 'approved' }] });
  });
});

describe('a Channels Shop case that a third-party platform calls for', () => {
  test('L1 goes the same way, with the platform’s tokens and encrypted XML pushes', async ({ stage }) => {
    const input = stage.shopInput({ appId: stage.platformShopAppId, via: { componentAppId: stage.componentAppId } });
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.platformShopAppId).id, 'rejected', '印章不清晰');
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ reason: '印章不清晰', foundBy: 'push' }]);
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.platformShopAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});

describe('a Mini Program case', () => {
  test('L1 goes from images to approval: upload, add, push, done', async ({ stage }) => {
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ verdict: 'approved' }] });
  });
});
