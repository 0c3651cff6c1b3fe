/** A third-party platform without a token service: from a pushed ticket to an approved case. */
import { expect, test } from '../stage.ts';

test('a Mini Program case is approved with the tokens that the pushed ticket opens', async ({ stageOf }) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  await stage.until(handle.workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  const calls = (operation: string): number => stage.sandbox.requests(operation).length;
  expect(calls('component/api_component_token')).toBe(1);
  expect(calls('component/api_authorizer_token')).toBe(1);
  expect(stage.sandbox.pushes()[0]).toMatchObject({ event: 'component_verify_ticket', status: 'delivered' });
});

test('a ticket that WeChat refuses blocks a case with what to do, and a new one is asked for', async ({ stageOf }) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  stage.sandbox.setChaos({ rules: [{ operation: 'component/api_component_token', errcode: 61006 }] });
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  const { blocked } = await stage.until(handle.workflowId, 'blocked');
  expect(blocked?.reason).toContain('component_verify_ticket');
  await handle.retry({ by: 'test' });
  await stage.until(handle.workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  expect(stage.sandbox.requests('component/api_start_push_ticket').length).toBe(1);
});
