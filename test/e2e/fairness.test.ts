/** One account with very many cases does not keep a small one waiting: on a real server, with few slots. */
import { vi } from 'vitest';
import { expect, type Stage, test } from '../stage.ts';

const greedyCases = 150;

/** A case of a category that the shop does not have: refused at its submission, after its work is done. */
const caseOf = (stage: Stage, appId: string, leaf: number, change = {}) => ({
  ...stage.shopInput(change),
  appId,
  category: { catsV2: ['1', String(leaf)] },
  skipCheck: true,
});

test('three cases of a small account are done while most of the 150 that a greedy one asked for before still wait', async ({
  stageOf,
}) => {
  const stage = await stageOf({ pushes: false });
  const { channelsShop, temporal } = stage.client;
  const via = { componentAppId: stage.componentAppId };
  const greedy = await Promise.all(
    Array.from({ length: greedyCases }, (_, n) => channelsShop.start(caseOf(stage, stage.appId, 900_000 + n))),
  );
  const small = await Promise.all(
    [1, 2, 3].map((n) => channelsShop.start(caseOf(stage, stage.platformShopAppId, 800_000 + n, { via }))),
  );
  try {
    // Fewer slots than cases: what the task queue gives first is what counts.
    await stage.startWorker({ maxConcurrentActivityTaskExecutions: 4, maxConcurrentWorkflowTaskExecutions: 4 });
    // In the order in which WeChat saw them: nobody looks at 150 cases while they run.
    const submissions = () => stage.sandbox.requests('category/add').map(({ appId }) => appId);
    const ofSmall = () => submissions().filter((appId) => appId === stage.platformShopAppId).length;
    await vi.waitFor(() => expect(ofSmall()).toBe(small.length), { timeout: 90_000, interval: 100 });
    const order = submissions();
    const before = order.slice(0, order.lastIndexOf(stage.platformShopAppId));
    expect(before.filter((appId) => appId === stage.appId).length).toBeLessThan(greedyCases / 2);
  } finally {
    await Promise.all(
      [...greedy, ...small].map(({ handle }) =>
        temporal.workflow
          .getHandle(handle.workflowId)
          .terminate('end of the test')
          .catch(() => undefined),
      ),
    );
  }
}, 120_000);
