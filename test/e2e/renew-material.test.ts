/** A renewed licence for every rejected case of one principal, by the command, on the real thing; another principal's case is left alone. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/client/index.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { run } from '../cli/run.ts';
import { expect, image, test } from '../stage.ts';

const sha256 = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

test('one renewed licence mends every rejected case of its principal, and no other', async ({ stage }) => {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-renew-'));
  try {
    const secret = 'not-used-here';
    const shops = [
      { appId: stage.appId, secret, principal: '样本食品（广州）有限公司' },
      { appId: stage.platformShopAppId, secret, principal: '另一家有限公司' },
    ];
    await writeFile(join(folder, 'accounts.json'), JSON.stringify({ shops, platforms: [] }));
    const [, second] = fixtures.categories.byHand;
    const via = { appId: stage.platformShopAppId, via: { componentAppId: stage.componentAppId } };
    const handles = [
      await stage.startShop(stage.shopInput()),
      await stage.startShop(stage.shopInput({}, second)),
      await stage.startShop(stage.shopInput(via)),
    ];
    const ids = handles.map(({ workflowId }) => workflowId);
    for (const id of ids) await stage.until(id, 'in_review', 60_000);
    for (const { id } of [stage.appId, stage.platformShopAppId].flatMap((appId) => stage.sandbox.audits({ appId })))
      stage.sandbox.decide(id, 'rejected', '营业执照已过期');
    for (const id of ids) await stage.until(id, 'needs_material', 60_000);

    const renewing = (...options: string[]) =>
      run(
        ['renew-material', image('business-licence.png'), image('business-licence-sharp.jpg'), '--json', ...options],
        {
          env: { WXQ_DATA_DIR: folder, WXQ_ACCOUNTS_FILE: join(folder, 'accounts.json') },
          connect: () => connect({ connection: stage.connection, taskQueue: stage.taskQueue }),
        },
      );
    const ours = ['--principal', '样本食品(广州)有限公司', '--valid-until', '2036-05-20'];
    // The list of cases is a moment behind.
    const listed = async () => {
      let count = 0;
      for await (const { workflowId } of stage.client.list({ status: 'needs_material' }))
        if (ids.includes(workflowId)) count += 1;
      return count;
    };
    await expect.poll(listed, { timeout: 60_000 }).toBe(3);

    const sent = await renewing(...ours, '--confirm', '2', '--by', '李雷');
    expect(sent.json()).toMatchObject({
      accounts: 1,
      ready: 2,
      results: [{ outcome: 'resubmitted' }, { outcome: 'resubmitted' }],
    });
    expect(sent.status).toBe(0);
    const renewed = await sha256(image('business-licence-sharp.jpg'));
    for (const id of ids.slice(0, 2)) {
      const view = await stage.until(
        id,
        ({ status, attempts }) => status === 'in_review' && attempts.length === 2,
        60_000,
      );
      expect(view.material).toMatchObject([{ sha256: renewed }]);
    }
    for (const { id } of stage.sandbox.audits({ appId: stage.appId, status: 'open' }))
      stage.sandbox.decide(id, 'approved');
    for (const handle of handles.slice(0, 2)) expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    expect(await stage.client.get(ids[2] ?? '').view()).toMatchObject({ status: 'needs_material', attempts: [{}] });
    await stage.client.get(ids[2] ?? '').withdraw();
    expect(await handles[2]?.result()).toMatchObject({ outcome: 'withdrawn' });
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
