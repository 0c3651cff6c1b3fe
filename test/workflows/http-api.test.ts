/** A case carried by HTTP alone: uploaded, started, rejected, corrected, approved; on the real server, worker and sandbox. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseView } from '../../src/client/index.ts';
import { expect, test } from '../stage.ts';

const images = join(import.meta.dirname, '../../examples/images');
interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

test('L14 an uploaded image, a start, a rejection, a correction and the result, all over HTTP', async ({ stage }) => {
  const base = stage.server?.privateUrl ?? '';
  const call = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(`${base}${path}`, init);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
  };
  const post = (path: string, body: unknown, key?: string): Promise<Answer> =>
    call(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    });
  const upload = async (name: string): Promise<string> => {
    const answer = await call('/v1/material', {
      method: 'POST',
      body: await readFile(join(images, name)),
      headers: { 'content-type': 'image/jpeg' },
    });
    expect(answer.status).toBe(201);
    return String(answer.body.source);
  };

  const { material, ...rest } = stage.shopInput();
  const source = await upload('business-licence-blurred.jpg');
  if (material.form !== 'licenses') throw new Error('the stage gives licences');
  const licenses = material.licenses.map((license) => ({ ...license, images: [source] }));
  const input = { ...rest, material: { ...material, licenses } };

  const checked = await post('/v1/check', input);
  expect([checked.status, checked.body]).toMatchObject([
    200,
    { findings: expect.any(Array), rules: { source: 'live' } },
  ]);

  const [first, second] = await Promise.all([post('/v1/cases', input, 'order-1'), post('/v1/cases', input, 'order-1')]);
  expect([first.status, first.body]).toMatchObject([202, { existing: false, sameInput: true }]);
  expect(second).toMatchObject({ status: 202, body: first.body });
  const workflowId = String(first.body.workflowId);
  const url = String(first.headers.get('location'));
  stage.started.add(workflowId);
  expect((await post('/v1/cases', { ...input, externalId: 'other' })).status).toBe(409);
  expect((await post('/v1/cases', { ...input, externalId: 'other' }, 'order-1')).body.type).toMatch(/:key-reused$/);

  await stage.until(workflowId, 'in_review');
  expect(await call(`${url}/result?waitSeconds=1`)).toMatchObject({ status: 202, body: { workflowId, open: true } });
  stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰');
  await stage.until(workflowId, 'needs_material');
  const { body } = await call(url);
  expect(body).toMatchObject({
    status: 'needs_material',
    attempts: [{ verdict: 'rejected', reason: '营业执照不清晰' }],
  });
  const [path = ''] = (body as unknown as CaseView).material.map((item) => item.path);

  expect((await post(`${url}/retry`, {})).body.type).toMatch(/:case-refused$/);
  const sharp = { set: { [path]: await upload('business-licence-sharp.jpg') }, note: 'sharper scan' };
  const accepted = await post(`${url}/resubmit`, sharp, 'mend-1');
  expect([accepted.status, accepted.body]).toMatchObject([200, { attempt: 2 }]);
  expect(await post(`${url}/resubmit`, sharp, 'mend-1')).toMatchObject({ status: 200, body: accepted.body });

  await stage.until(workflowId, 'in_review');
  const result = call(`${url}/result?waitSeconds=30`);
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  expect(await result).toMatchObject({ status: 200, body: { outcome: 'approved', by: 'us' } });
  const late = await post(`${url}/withdraw`, {});
  expect([late.status, late.body]).toMatchObject([409, { result: { outcome: 'approved' } }]);
  expect(await post('/v1/cases', input, 'order-1')).toMatchObject({ status: 202, body: first.body });

  const listed = async (): Promise<unknown> => {
    const pages: unknown[] = [];
    for (let token: unknown = ''; token !== undefined; ) {
      const query = new URLSearchParams({
        appId: stage.appId,
        pageSize: '1',
        ...(token ? { pageToken: String(token) } : {}),
      });
      const page = await call(`/v1/cases?${query}`);
      expect(page.status).toBe(200);
      pages.push(...(page.body.cases as unknown[]));
      token = page.body.nextPageToken;
    }
    return pages;
  };
  await expect
    .poll(listed, { timeout: 20_000 })
    .toEqual([expect.objectContaining({ workflowId, status: 'approved', execution: 'completed' })]);
});

test('L14 the key of a start finds its case when the answer was lost, also after the case has ended', async ({
  stage,
}) => {
  const input = stage.shopInput();
  const startKey = 'a'.repeat(64);
  const first = await stage.client.channelsShop.start(input, { startKey, requestedBy: 'backend' });
  const { workflowId, runId } = first.handle;
  stage.started.add(workflowId);
  await stage.until(workflowId, 'in_review');
  expect(await stage.client.channelsShop.start(input)).toMatchObject({ existing: true, sameInput: true });
  await first.handle.withdraw();
  await first.handle.result();
  const again = await stage.client.channelsShop.start(input, { startKey });
  expect([again.existing, again.handle.runId]).toEqual([false, runId]);
  const later = await stage.client.channelsShop.start(input, { startKey: 'b'.repeat(64) });
  expect(later.existing).toBe(false);
  expect(later.handle.runId).not.toBe(runId);
  await stage.until(workflowId, 'in_review');
  await later.handle.withdraw();
  await later.handle.result();
});
