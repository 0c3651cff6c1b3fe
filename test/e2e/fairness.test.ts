/** One account with very many cases does not keep a small one waiting: on a real server, with few slots. */
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
    const smallViews = [];
    for (const { handle } of small)
      smallViews.push(
        await stage.until(
          handle.workflowId,
          (view) => view.status !== 'preparing' && view.status !== 'submitting',
          60_000,
        ),
      );
    const views = await Promise.all(greedy.map(({ handle }) => handle.view()));
    // By the times of the cases themselves: looking at 150 of them takes a while, in which they go on.
    const smallDoneAt = Math.max(...smallViews.map(({ since }) => Date.parse(since)));
    const isBehind = ({ status, since }: (typeof views)[number]) =>
      status === 'preparing' || status === 'submitting' || Date.parse(since) > smallDoneAt;
    const waiting = views.filter(isBehind).length;
    expect(waiting).toBeGreaterThan(greedyCases / 2);
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
