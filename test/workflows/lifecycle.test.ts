import { describe } from 'vitest';
import { expect, test } from '../stage.ts';

describe('a Channels Shop case', () => {
  test('L1 goes from images to approval: upload, submit, push, done', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    const inReview = await stage.until(handle.workflowId, 'in_review');
    expect(inReview.attempts).toMatchObject([{ number: 1, auditId: stage.openAudit().id }]);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{ verdict: 'approved' }] });
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
