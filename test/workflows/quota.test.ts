/** Quota is money: it is shown, and a new month's is spent only when a person says so. */
import { expect, type Stage, test } from '../stage.ts';

const day = 24 * 3600;
const add = 'wxopen/addcategory';

/** In pieces: one skip ends after some twenty daily reads. */
async function advanceFar(stage: Stage, workflowId: string, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10 * day) await stage.advance(workflowId, Math.min(left, 10 * day));
}

test('L9 the view shows the quota before and after each write, a first submission and a correction', async ({
  stage,
}) => {
  const input = stage.miniInput();
  const handle = await stage.startMini(input);
  const view = await stage.until(handle.workflowId, 'in_review');
  expect(view.quota).toEqual([{ attempt: 1, operation: 'add', limit: 20, categoryLimit: 20, before: 20 }]);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '不清晰');
  const rejected = await stage.until(handle.workflowId, 'needs_material');
  expect(rejected.quota).toMatchObject([{ before: 20, after: 19, readAt: expect.any(String) }]);
  await handle.resubmit({ force: true });
  await stage.until(handle.workflowId, (now) => now.status === 'in_review' && now.attempts.length === 2);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  await handle.result();
  expect((await handle.view()).quota).toMatchObject([
    { attempt: 1, operation: 'add', before: 20, after: 19 },
    { attempt: 2, operation: 'modify', before: 19, after: 19 },
  ]);
});

for (const errcode of [53300, 53301, 53310])
  test(`L9 after ${errcode} nothing is sent when the month turns, until a person presses retry`, async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: add, errcode }] });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ errcode: String(errcode), onlyByRetry: true });
    expect(view.canDo).toContain('retry');
    // From here on WeChat would take it.
    await advanceFar(stage, handle.workflowId, 40 * day);
    expect(await handle.view()).toMatchObject({ status: 'blocked', blocked: { onlyByRetry: true } });
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    expect(stage.sandbox.requests('wxopen/getcategory').length).toBeGreaterThan(35);
    await handle.retry({ by: '小王' });
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests(add)).toHaveLength(2);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

test('L9 a case that waits for a retry ends by itself when somebody adds the category by hand', async ({ stage }) => {
  stage.sandbox.setChaos({ rules: [{ operation: add, errcode: 53300 }] });
  const input = stage.miniInput();
  const handle = await stage.startMini(input);
  await stage.until(handle.workflowId, 'blocked');
  await stage.sandbox.applyInBackOffice({
    appId: stage.miniAppId,
    categoryId: `${input.first}-${input.second}`,
    status: 'approved',
  });
  await stage.advance(handle.workflowId, day + 60);
  expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'other' });
  expect(stage.sandbox.requests(add)).toHaveLength(1);
});

/** Seconds until twelve hours before the next month ends in China. */
function secondsToMonthEnd(): number {
  const china = new Date(Date.now() + 8 * 3_600_000);
  const end = Date.UTC(china.getUTCFullYear(), china.getUTCMonth() + 2, 1) - 8 * 3_600_000;
  return Math.floor((end - Date.now()) / 1000) - 12 * 3600;
}

test('L9 an IP refusal that is mended only next month does not spend that month’s quota by itself', async ({
  stage,
}) => {
  stage.sandbox.setChaos({
    rules: [
      { operation: add, errcode: 53303 },
      { operation: add, errcode: 40164 },
    ],
  });
  const handle = await stage.startMini(stage.miniInput());
  await stage.until(handle.workflowId, 'needs_material');
  await advanceFar(stage, handle.workflowId, secondsToMonthEnd());
  // Asked for twelve hours before the month ends, refused for its IP, and tried again by the server in the next month.
  await handle.resubmit({ force: true });
  await stage.until(handle.workflowId, 'blocked');
  await stage.stretchRetries(handle.workflowId, 'addMiniProgramCategory', day);
  await stage.advance(handle.workflowId, 2 * day);
  const view = await stage.until(handle.workflowId, (now) => now.blocked?.onlyByRetry === true);
  expect(view.blocked).toMatchObject({ during: 'submit', reason: expect.stringMatching(/^month_turned/) });
  expect(stage.sandbox.requests(add)).toHaveLength(2);
  await handle.retry();
  await stage.until(handle.workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});
