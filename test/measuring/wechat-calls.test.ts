/** What is counted about calls to WeChat: by endpoint and code, bounded, and with no appid. */
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createCallMeter, measuredHolds } from '../../src/measuring/wechat-calls.ts';
import { createLocalHolds } from '../../src/store/holds.ts';

const call = { endpoint: '/cgi-bin/wxopen/getcategory', appId: 'wx1234567890123456', durationMs: 120 };

test('calls are counted by how they were answered, an unknown code as it is, and timed in seconds', async () => {
  const registry = new Registry();
  const meter = createCallMeter(registry);
  meter({ ...call, outcome: 'ok', errcode: '0' });
  meter({ ...call, outcome: 'ok' });
  meter({ ...call, outcome: 'refused', errcode: '40164' });
  meter({ ...call, outcome: 'refused', errcode: '99123456' });
  meter({ ...call, outcome: 'unanswered' });
  const text = await registry.metrics();
  for (const sample of [
    'ok",errcode="0"} 2',
    'refused",errcode="40164"} 1',
    'refused",errcode="99123456"} 1',
    'unanswered",errcode="none"} 1',
  ])
    expect(text).toContain(`wxq_wechat_calls_total{endpoint="${call.endpoint}",outcome="${sample}`);
  expect(text).toContain(`wxq_wechat_call_duration_seconds_count{endpoint="${call.endpoint}"} 5`);
  expect(text).toContain(`wxq_wechat_call_duration_seconds_bucket{le="0.25",endpoint="${call.endpoint}"} 5`);
  expect(text).not.toContain('wx1234567890123456');
});

test('of codes that nobody knows the first 50 are kept, known ones always, and garbage makes no series of its own', async () => {
  const registry = new Registry();
  const meter = createCallMeter(registry);
  for (let n = 1; n <= 1_000; n += 1) meter({ ...call, outcome: 'refused', errcode: String(n) });
  meter({ ...call, outcome: 'refused', errcode: 'a "text"\n of somebody' });
  meter({ ...call, outcome: 'refused', errcode: '7' });
  meter({ ...call, outcome: 'refused', errcode: '40164' });
  const text = await registry.metrics();
  expect(text.match(/^wxq_wechat_calls_total\{/gm)).toHaveLength(52);
  expect(text).toContain('errcode="other"} 951');
  expect(text).toContain('errcode="7"} 2');
  expect(text).toContain('errcode="40164"} 1');
});

test('holds do what they did, and are counted', async () => {
  const registry = new Registry();
  const holds = measuredHolds(createLocalHolds(), registry);
  expect(await holds.heldFor('wx1')).toBeUndefined();
  await holds.hold({ appId: 'wx1', errcode: '45009', forMs: 3_600_000 });
  expect(await holds.heldFor('wx1')).toMatchObject({ errcode: '45009' });
  expect(await holds.heldFor('wx2')).toBeUndefined();
  const text = await registry.metrics();
  expect(text).toContain('wxq_wechat_holds_total{errcode="45009"} 1');
  expect(text).toContain('wxq_wechat_held_calls_total 1');
});

test('the codes that holds are counted by are bounded as well', async () => {
  const registry = new Registry();
  const holds = measuredHolds(createLocalHolds(), registry);
  for (let n = 1; n <= 100; n += 1) await holds.hold({ appId: 'wx1', errcode: String(n), forMs: 1_000 });
  await holds.hold({ appId: 'wx1', errcode: '45011', forMs: 60_000 });
  const text = await registry.metrics();
  expect(text.match(/^wxq_wechat_holds_total\{/gm)).toHaveLength(52);
  expect(text).toContain('wxq_wechat_holds_total{errcode="other"} 50');
  expect(text).toContain('wxq_wechat_holds_total{errcode="45011"} 1');
});
