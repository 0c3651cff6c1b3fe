/** A renewed licence for every rejected case of one principal, by the command, on the real thing; another principal's case is left alone. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/client/index.ts';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { ImageUse } from '../../src/replacing/uses.ts';
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
    const [, second, third] = fixtures.categories.byHand;
    const key = 'audit_license_validty_period';
    const licensesOf = (input: ChannelsShopInput, change: object) =>
      'licenses' in input.material ? input.material.licenses.map((one) => ({ ...one, ...change })) : [];
    const material = (input: ChannelsShopInput, change: object) =>
      ({ material: { form: 'licenses', licenses: licensesOf(input, change) } }) as const;
    const via = { appId: stage.platformShopAppId, via: { componentAppId: stage.componentAppId } };
    const handles = [
      await stage.startShop(stage.shopInput()),
      await stage.startShop(
        stage.shopInput(material(stage.shopInput({}, second), { fields: { [key]: '2026-12-31' } }), second),
      ),
      await stage.startShop(stage.shopInput(via)),
    ];
    const ids = handles.map(({ workflowId }) => workflowId);
    // Its paper has run out: it is refused before its image is read.
    const unread = await stage.startShop(
      stage.shopInput(material(stage.shopInput({}, third), { validUntil: '2020-01-01' }), third),
    );
    for (const id of ids) await stage.until(id, 'in_review', 60_000);
    for (const { id } of [stage.appId, stage.platformShopAppId].flatMap((appId) => stage.sandbox.audits({ appId })))
      stage.sandbox.decide(id, 'rejected', '营业执照已过期');
    for (const id of [...ids, unread.workflowId]) await stage.until(id, 'needs_material', 60_000);
    expect((await unread.view()).material).toEqual([{ path: 'licenses/1/2/images/0' }]);

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
        if ([...ids, unread.workflowId].includes(workflowId)) count += 1;
      return count;
    };
    await expect.poll(listed, { timeout: 60_000 }).toBe(4);

    const sent = await renewing(...ours, '--confirm', '3', '--by', '李雷');
    const resubmitted = { outcome: 'resubmitted' };
    const { uses, ...outcome } = sent.json() as { uses: ImageUse[] };
    expect(outcome).toMatchObject({
      accounts: 1,
      ready: 3,
      unsure: [],
      results: [resubmitted, resubmitted, resubmitted],
    });
    const how = new Map(uses.map(({ workflowId, matchedBy }) => [workflowId, Object.values(matchedBy)]));
    expect([...ids.slice(0, 2), unread.workflowId].map((id) => how.get(id))).toEqual([['sent'], ['sent'], ['address']]);
    expect(sent.status).toBe(0);
    const renewed = await sha256(image('business-licence-sharp.jpg'));
    for (const id of [...ids.slice(0, 2), unread.workflowId]) {
      const view = await stage.until(
        id,
        ({ status, attempts }) => status === 'in_review' && attempts.length === 2,
        60_000,
      );
      expect(view.material).toMatchObject([{ sha256: renewed }]);
    }
    for (const { id } of stage.sandbox.audits({ appId: stage.appId, status: 'open' }))
      stage.sandbox.decide(id, 'approved');
    for (const handle of [...handles.slice(0, 2), unread])
      expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    // What WeChat itself was told of the paper's end.
    const granted = await stage.wechat
      .channelsShop({ appId: stage.appId })
      .getCategoryRelationDetail(second?.leaf ?? '');
    expect(granted.licenses?.[0]?.fields).toEqual([{ key, value: '2036-05-20' }]);
    expect(await stage.client.get(ids[2] ?? '').view()).toMatchObject({ status: 'needs_material', attempts: [{}] });
    await stage.client.get(ids[2] ?? '').withdraw();
    expect(await handles[2]?.result()).toMatchObject({ outcome: 'withdrawn' });
  } finally {
    await rm(folder, { recursive: true });
  }
}, 240_000);
