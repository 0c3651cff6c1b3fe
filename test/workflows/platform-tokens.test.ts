/** A third-party platform without a token service: from a pushed ticket to an approved case. */
import { vi } from 'vitest';
import { isListed } from '../listed.ts';
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

test('a Channels Shop that has authorised the platform is approved with tokens of the chain and an encrypted XML push', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  await stage.startWorker();
  const { componentAppId, platformShopAppId: appId } = stage;
  const handle = await stage.startShop({ ...stage.shopInput(), appId, via: { componentAppId } });
  await stage.until(handle.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit(appId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  expect(stage.sandbox.requests('component/api_authorizer_token').length).toBeGreaterThan(0);
  await vi.waitFor(() =>
    expect(stage.sandbox.pushes().find(({ event }) => event === 'product_category_audit')?.status).toBe('delivered'),
  );
});

test('a withdrawn authorization blocks a case with what to do, and after a new one it goes on', async ({ stageOf }) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  const { componentAppId, miniAppId: appId } = stage;
  const told = async (event: 'authorized' | 'unauthorized'): Promise<void> => {
    stage.sandbox.changeAuthorization({ componentAppId, appId, event });
    await vi.waitFor(() =>
      expect(stage.sandbox.pushes().find((push) => push.event === event)?.status).toBe('delivered'),
    );
  };
  await told('unauthorized');
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  const { blocked } = await stage.until(handle.workflowId, 'blocked');
  expect(blocked?.reason).toContain('has not authorised the platform');
  expect(blocked?.advice).toContain('重新授权');
  await isListed(stage, handle.workflowId);
  await told('authorized');
  await stage.until(handle.workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit(appId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});
