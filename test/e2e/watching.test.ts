/** A real worker process is watched: what it shows while cases run, what its log says of them, and how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import { documentedMetrics, sampleOf, scraped } from '../docs/metrics-page.ts';
import { Receiver } from '../receiver.ts';
import { expect, image, type Stage, test } from '../stage.ts';
import { workerEnvironment } from '../stage-accounts.ts';

interface Line {
  level: number;
  msg: string;
  workflowId?: string;
  sdkComponent?: string;
}

interface WatchedWorker {
  child: ChildProcess;
  lines: Line[];
  /** Of its private port. */
  url: string;
  ended: Promise<number | null>;
}

const entry = fileURLToPath(new URL('../../dist/src/worker.js', import.meta.url));

/** As an operator starts it; resolves when it polls. */
async function startWorker(stage: Stage, env: NodeJS.ProcessEnv): Promise<WatchedWorker> {
  const child = spawn(process.execPath, [entry], {
    env: {
      ...workerEnvironment({
        temporalAddress: inject('temporalAddress'),
        taskQueue: stage.taskQueue,
        wechatUrl: stage.sandbox.url,
        folder: stage.dataDir(),
      }),
      WXQ_LOG_LEVEL: 'debug',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Line[] = [];
  const ended = once(child, 'close').then(([status]) => status as number | null);
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (text) => {
      const line = JSON.parse(text) as Line & { privateUrl?: string };
      lines.push(line);
      if (line.privateUrl !== undefined) resolve(line.privateUrl);
    });
    void ended.then((status) => reject(new Error(`the worker ended with ${status}: ${JSON.stringify(lines)}`)));
  });
  return { child, lines, url, ended };
}

async function readiness(url: string): Promise<[number, unknown]> {
  const answer = await fetch(`${url}/readyz`);
  return [answer.status, await answer.json()];
}

/** What the process says of itself; Temporal's own engine and worker say theirs by `sdkComponent`. Any other line is about a case. */
const aboutTheProcess =
  /^(worker is polling|worker takes no more work|worker has stopped|SIGTERM: stopping|schedules?\b)/;

test('what happens to cases stands in the metrics, as docs/metrics.md says, and in lines that name the case', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  const receiver = new Receiver();
  await receiver.listen();
  onTestFinished(() => receiver.close());
  const worker = await startWorker(stage, {
    WXQ_WEBHOOK_URL: receiver.url(),
    WXQ_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  });
  await expect
    .poll(() => readiness(worker.url), { timeout: 20_000 })
    .toEqual([200, { status: 'ready', parts: { temporal: 'ok', server: 'ok' } }]);
  expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);

  const shop = await stage.startShop(stage.shopInput());
  await stage.until(shop.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰');
  await stage.until(shop.workflowId, 'needs_material', 60_000);
  await shop.withdraw({ by: 'test' });
  const mini = await stage.startMini(stage.miniInput());
  await stage.until(mini.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  await stage.until(mini.workflowId, 'approved', 60_000);
  await expect
    .poll(() => receiver.taken().map(({ type }) => type), { timeout: 60_000 })
    .toEqual(expect.arrayContaining(['case.rejected', 'case.approved']));

  const workerText = await (await fetch(`${worker.url}/metrics`)).text();
  const ofShop = { platform: 'channels-shop' };
  const wanted: [name: string, labels: Record<string, string>][] = [
    ['wxq_case_submissions_total', ofShop],
    ['wxq_case_verdicts_total', { ...ofShop, verdict: 'rejected' }],
    ['wxq_case_time_to_verdict_seconds_count', { ...ofShop, verdict: 'rejected' }],
    ['wxq_case_time_to_verdict_seconds_bucket', { platform: 'mini-program', verdict: 'approved', le: '3600' }],
    ['wxq_case_rejections_total', { ...ofShop, source: 'audit', reason_class: 'unclear' }],
    ['wxq_case_ends_total', { ...ofShop, outcome: 'withdrawn' }],
    ['wxq_case_ends_total', { platform: 'mini-program', outcome: 'approved' }],
    ['wxq_activity_failures_total', { activity_type: 'readCategoryAudit', failure: 'StillInReview' }],
    ['wxq_notification_tries_total', { kind: 'webhook', type: 'case.approved', result: 'taken' }],
    ['wxq_wechat_calls_total', { endpoint: '/channels/ec/category/add', outcome: 'ok', errcode: '0' }],
    ['wxq_wechat_calls_total', { endpoint: '/cgi-bin/stable_token', outcome: 'ok', errcode: '0' }],
  ];
  const missing = wanted.filter(([name, labels]) => !sampleOf(workerText, name, labels));
  expect(missing, workerText.match(/^wxq_.*(case|activity|calls).*$/gm)?.join('\n')).toEqual([]);
  expect(sampleOf(workerText, 'wxq_case_verdicts_total', { verdict: 'rejected' })).toBe(1);
  if (stage.server === undefined) throw new Error('the stage has a server');
  const privateText = await (await fetch(`${stage.server.privateUrl}/metrics`)).text();
  const publicText = await (await fetch(`${stage.server.callbackUrl}/metrics`)).text();
  expect(publicText).toContain('wxq_callback_pushes_total');
  expect(publicText).not.toMatch(/wxq_cases|process_/);
  expect(`${workerText}${privateText}`).not.toMatch(/wx[0-9a-f]{16}/);

  const shown = new Map([...scraped(privateText), ...scraped(workerText)]);
  const documented = documentedMetrics();
  const ours = [...shown.keys()].filter((name) => name.startsWith('wxq_'));
  expect(ours.filter((name) => !documented.has(name))).toEqual([]);
  // Nothing waits days here, nobody polls Temporal's Java-like buckets: these come only when there is something to count.
  const rare = new Set([
    'wxq_case_blocks_total',
    'wxq_case_overdue_total',
    'temporal_workflow_failed',
    'temporal_workflow_task_execution_failed',
  ]);
  expect([...documented.keys()].filter((name) => !shown.has(name) && !rare.has(name))).toEqual([]);
  const bySdk = new Set(['namespace', 'taskQueue', 'workflowType', 'activityType']);
  for (const [name, { type, labels }] of documented) {
    const found = shown.get(name);
    if (found === undefined) continue;
    expect(found.type, name).toBe(type);
    if (found.labels.size > 0 && name.startsWith('wxq_'))
      expect([...found.labels].filter((label) => !bySdk.has(label)).sort(), name).toEqual([...labels].sort());
  }

  const unnamed = worker.lines.filter(
    ({ msg, workflowId, sdkComponent = '' }) =>
      workflowId === undefined && !['core', 'worker'].includes(sdkComponent) && !aboutTheProcess.test(msg),
  );
  expect(unnamed).toEqual([]);
  const named = new Set(worker.lines.map(({ workflowId }) => workflowId));
  expect([...named]).toEqual(expect.arrayContaining([shop.workflowId, mini.workflowId]));
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
}, 240_000);

test('L4 asked to stop while an image is under way, it is ready no more, finishes the image, and hands the case over', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  // A source that gives its bytes when the test lets it.
  let release = (): void => undefined;
  let asked = 0;
  const source = createServer((_request, response) => {
    asked += 1;
    release = () => response.end(readFileSync(image('business-licence.png')));
  }).listen(0, '127.0.0.1');
  await once(source, 'listening');
  onTestFinished(() => void source.close());
  const { port } = source.address() as AddressInfo;
  const input = stage.shopInput();
  if (input.material.form === 'licenses')
    for (const license of input.material.licenses) license.images = [`http://127.0.0.1:${port}/licence.png`];
  const worker = await startWorker(stage, { WXQ_MATERIAL_PRIVATE_HOSTS: '127.0.0.1' });
  const handle = await stage.startShop(input);
  await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(0);
  worker.child.kill('SIGTERM');
  await expect.poll(() => readiness(worker.url), { timeout: 20_000 }).toEqual([503, { status: 'stopping', parts: {} }]);
  release();
  expect(await worker.ended).toBe(0);
  const said = worker.lines.map(({ msg }) => msg);
  expect(said).toContain('worker has stopped');
  await expect(fetch(`${worker.url}/healthz`)).rejects.toThrow();

  const uploads = stage.sandbox.requests('qualification/upload').length;
  expect(uploads).toBeGreaterThan(0);
  await stage.startWorker();
  await stage.until(handle.workflowId, 'in_review', 60_000);
  // What the first worker finished is not done again.
  expect(stage.sandbox.requests('qualification/upload')).toHaveLength(uploads);
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
}, 240_000);
