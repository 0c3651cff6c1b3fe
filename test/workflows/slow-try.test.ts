/** What happens to a blocked case's slow try that is under way when somebody moves the case. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, type Stage, test } from '../stage.ts';

const add = 'category/add';
const leaf = fixtures.categories.byHand[0]?.leaf ?? '';

/** Advances a blocked case until its slow try is at WeChat, which answers after `delayMs`. */
async function slowTryUnderWay(stage: Stage, workflowId: string, delayMs: number): Promise<void> {
  await stage.until(workflowId, 'blocked');
  stage.sandbox.setChaos({ rules: [{ operation: add, delayMs }] });
  const looks = () => stage.sandbox.requests('category/getbizcatflowlist').length;
  const before = looks();
  // Not awaited: time stands still while the try is under way.
  stage.advance(workflowId, 310).catch(() => undefined);
  await stage.until(workflowId, () => looks() > before);
  await pause(600);
}

describe('a slow try under way', () => {
  test('L5 that is turned down after a person has adopted the foreign audit does not undo the adoption', async ({
    stage,
  }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: leaf });
    const handle = await stage.startShop(stage.shopInput());
    await slowTryUnderWay(stage, handle.workflowId, 3000);
    expect(await handle.adopt()).toMatchObject({ status: 'in_review' });
    const view = await stage.until(handle.workflowId, ({ pending }) => pending === undefined);
    expect(view).toMatchObject({ status: 'in_review', attempts: [{ auditId: foreign.id }] });
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', auditId: foreign.id });
  });

  test('L10 that succeeds after a withdrawal was asked for is cancelled at WeChat: its audit id is not lost', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164 }] });
    const handle = await stage.startShop(stage.shopInput());
    await slowTryUnderWay(stage, handle.workflowId, 3000);
    expect(await handle.withdraw()).toMatchObject({ pending: 'withdraw' });
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn', attempts: [{ verdict: 'cancelled' }] });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'cancelled' }]);
  });

  test('L13 is finished before a cancelled workflow ends: the audit id stands in the case', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 40164 }] });
    const handle = await stage.startShop(stage.shopInput());
    await slowTryUnderWay(stage, handle.workflowId, 3000);
    await stage.workflow(handle.workflowId).cancel();
    await expect(handle.result()).rejects.toMatchObject({ name: 'CaseCancelledError' });
    expect(await handle.view()).toMatchObject({ attempts: [{ auditId: stage.openAudit().id }] });
  });
});
