/** Cases that wait for somebody else: no history events while nothing changes, and a way out when it does. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, type Stage, test } from '../stage.ts';

const [mini] = fixtures.miniProgramCategories.byHand;
const miniId = `${mini?.first}-${mini?.second}`;

/** How many events a case writes within two seconds of real time. */
async function eventsMeanwhile(stage: Stage, workflowId: string): Promise<number> {
  await pause(700);
  const before = (await stage.eventsOf(workflowId)).length;
  await pause(2000);
  return (await stage.eventsOf(workflowId)).length - before;
}

describe('a case that waits for somebody else', () => {
  test('L6 costs no history event while a Mini Program’s foreign review lasts, and goes on when it is rejected', async ({
    stage,
  }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'blocked');
    expect(await eventsMeanwhile(stage, handle.workflowId)).toBe(0);
    stage.sandbox.decide(foreign.id, 'rejected', '主体不一致');
    await stage.advance(handle.workflowId, 3700);
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests('wxopen/modifycategory')).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 a look that failed at first shows the foreign review once it comes through, so that it can be adopted', async ({
    stage,
  }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 61007, times: 3 }] });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'blocked');
    await stage.advance(handle.workflowId, 1000);
    const view = await stage.until(handle.workflowId, (now) => now.canDo.includes('adopt'));
    expect(view.blocked?.reason).toMatch(/^foreign_audit/);
    await handle.adopt();
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });
});
