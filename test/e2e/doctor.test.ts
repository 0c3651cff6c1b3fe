/** `wxq doctor` on a whole installation: real Temporal, worker, server and sandbox. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import { vi } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { searchAttributeTypes } from '../../src/contract/search-attributes.ts';
import { type Run, run } from '../cli/run.ts';
import { expect, type Stage, test } from '../stage.ts';
import { workerEnvironment } from '../stage-accounts.ts';

const environmentOf = (stage: Stage): NodeJS.ProcessEnv => {
  const { taskQueue, sandbox, connection } = stage;
  return workerEnvironment({
    temporalAddress: connection.options.address ?? '',
    taskQueue,
    wechatUrl: sandbox.url,
    folder: stage.dataDir(),
  });
};

/** The findings of one run with the stage's own settings. */
async function examined(
  stage: Stage,
  argv: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number; findings: Finding[]; of(check: string): Finding[]; text: string }> {
  const urls = ['--callback-url', stage.server?.callbackUrl ?? '', '--private-url', stage.server?.privateUrl ?? ''];
  const done: Run = await run(['doctor', ...argv, ...urls, '--timeout', '20', '--json'], {
    env: { ...environmentOf(stage), ...env },
  });
  const { findings } = done.json() as { findings: Finding[] };
  return {
    status: done.status,
    findings,
    of: (check) => findings.filter((one) => one.check === check),
    text: done.stdout,
  };
}

test('an installation in order has nothing red, and every part of it is named', async ({ stage }) => {
  const { status, findings, of, text } = await examined(stage);
  expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(status).toBe(0);
  for (const check of ['versions', 'settings', 'temporal', 'namespace', 'search-attributes', 'worker'])
    expect(of(check), check).toMatchObject([{ state: 'ok' }]);
  for (const check of ['database', 'material', 'server']) expect(of(check), check).toMatchObject([{ state: 'ok' }]);
  expect(of('accounts').at(-1)).toMatchObject({ state: 'ok' });
  expect(of('target')).toMatchObject([{ state: 'warn', message: expect.stringContaining('SANDBOX') }]);
  const { appId } = stage;
  for (const check of ['token', 'permission', 'callback'])
    expect(
      of(check).filter((one) => one.appId === appId),
      check,
    ).toMatchObject([{ state: 'ok' }]);
  for (const secret of ['sandbox0shop0secret', 'sandboxShopToken', 'sandbox-token-service'])
    expect(text).not.toContain(secret);
});

test('a queue that nobody takes work from, and a namespace that is not there, are red', async ({ stage }) => {
  const idle = await examined(stage, [], { WXQ_TASK_QUEUE: 'nobody-polls-this' });
  expect(idle.status).toBe(1);
  expect(idle.of('worker')).toMatchObject([{ state: 'fail', message: 'nobody takes work from nobody-polls-this' }]);
  expect(idle.of('worker')[0]?.advice?.en).toContain('wxq worker');
  const lost = await examined(stage, [], { TEMPORAL_NAMESPACE: 'not-there' });
  expect(lost.of('namespace')).toMatchObject([{ state: 'fail', message: 'there is no namespace not-there' }]);
  expect(lost.of('namespace')[0]?.advice?.en).toContain('temporal operator namespace create');
});

test('search attributes that are missing or of another type are red, with the command that makes them', async ({
  stage,
}) => {
  const namespace = `doctor-${stage.taskQueue}`;
  const { connection } = stage;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const look = async (wanted: string) =>
    await vi.waitFor(
      async () => {
        const [found] = (await examined(stage, [], { TEMPORAL_NAMESPACE: namespace })).of('search-attributes');
        expect(found?.message).toContain(wanted);
        return found;
      },
      { timeout: 60_000, interval: 500 },
    );
  const missing = await look('lacks the search attributes');
  expect(missing?.state).toBe('fail');
  for (const [name, type] of Object.entries(searchAttributeTypes))
    expect(missing?.advice?.zh).toContain(`--name ${name} --type ${type}`);
  expect(missing?.advice?.en).toContain(`--address ${connection.options.address} --namespace ${namespace}`);
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { WxAuditId: 3 } });
  const wrong = await look('WxAuditId is Int and must be Keyword');
  expect(wrong?.advice?.en).toContain('search-attribute remove');
});

test("a Token that differs from the server's is red, and so is an account that the server does not know", async ({
  stage,
}) => {
  const file = stage.sandbox.accountsFile();
  const other = 'wx00000000000000aa';
  const [shop] = file.shops;
  if (shop === undefined) throw new Error('the sandbox has a shop');
  const accountsFile = join(stage.dataDir(), 'other-accounts.json');
  const shops = [
    { ...shop, callback: { ...shop.callback, token: 'anotherToken' } },
    { ...shop, appId: other },
  ];
  await writeFile(accountsFile, JSON.stringify({ ...file, shops }));
  const { of, text } = await examined(stage, [], { WXQ_ACCOUNTS_FILE: accountsFile });
  const callbacks = of('callback').filter(({ appId }) => appId === stage.appId || appId === other);
  expect(callbacks).toMatchObject([
    { appId: stage.appId, state: 'fail', message: expect.stringContaining("refuses the account's own Token") },
    { appId: other, state: 'fail', message: expect.stringContaining('is not known to the server') },
  ]);
  expect(text).not.toContain('anotherToken');
});

test('a platform with its own chain in PGlite: ticket, token, authorizers and their permissions, through the server', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  await stage.startWorker();
  const { componentAppId } = stage;
  await vi.waitFor(
    async () => {
      const { of } = await examined(stage, [componentAppId]);
      expect(of('ticket')).toMatchObject([{ state: 'ok' }]);
    },
    { timeout: 60_000, interval: 500 },
  );
  const { status, findings, of } = await examined(stage, ['--all']);
  expect(findings.filter(({ state }) => state === 'fail')).toEqual([]);
  expect(status).toBe(0);
  expect(of('database')[0]?.message).toContain(`pid ${process.pid}`);
  const about = (appId: string, check: string) => of(check).filter((one) => one.appId === appId);
  expect(about(componentAppId, 'token')).toMatchObject([{ state: 'ok' }]);
  expect(about(componentAppId, 'last-push')).toMatchObject([{ state: 'ok' }]);
  for (const appId of [stage.miniAppId, stage.platformShopAppId]) {
    expect(about(appId, 'token')).toMatchObject([{ state: 'ok', via: componentAppId }]);
    expect(about(appId, 'permission')).toMatchObject([{ state: 'ok', via: componentAppId }]);
  }
  expect(about(stage.miniAppId, 'quota')).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);

  const withoutFile = await examined(stage, [componentAppId], { WXQ_ACCOUNTS_FILE: '' });
  expect(withoutFile.status).toBe(0);
  expect(withoutFile.of('ticket')).toMatchObject([{ state: 'ok' }]);
  expect(withoutFile.of('callback')).toMatchObject([{ state: 'skipped' }]);
});
