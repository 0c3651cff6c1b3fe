/** `wxq doctor` on a whole installation: real Temporal, worker, server and sandbox. */
import type { Finding } from '../../src/cli/doctor/finding.ts';
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
  for (const check of ['versions', 'settings', 'accounts', 'temporal', 'namespace', 'search-attributes', 'worker'])
    expect(of(check), check).toMatchObject([{ state: 'ok' }]);
  for (const check of ['database', 'material', 'server']) expect(of(check), check).toMatchObject([{ state: 'ok' }]);
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
