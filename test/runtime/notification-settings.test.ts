import { expect, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;

test('several receivers and, while the secret is changed, two secrets', () => {
  const { webhooks } = loadConfig({
    WXQ_WEBHOOK_URL: 'https://a.example/hook?x=1,2, https://b.example/',
    WXQ_WEBHOOK_SECRET: `${secretOf(1)},${secretOf(2)}`,
  });
  expect(webhooks).toEqual({
    urls: ['https://a.example/hook?x=1,2', 'https://b.example/'],
    secrets: [secretOf(1), secretOf(2)],
  });
});

test('a robot is known by its host, or by what is written before it; its secret stands behind #', () => {
  const { robots } = loadConfig({
    WXQ_ROBOT_URLS:
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K,https://oapi.dingtalk.com/robot/send?access_token=T#SEC1,feishu+http://127.0.0.1:9/hook',
  });
  expect(robots).toEqual([
    { kind: 'wecom', url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K' },
    { kind: 'dingtalk', url: 'https://oapi.dingtalk.com/robot/send?access_token=T', secret: 'SEC1' },
    { kind: 'feishu', url: 'http://127.0.0.1:9/hook' },
  ]);
});

test.each([
  ['WXQ_WEBHOOK_SECRET must be set', { WXQ_WEBHOOK_URL: 'https://a.example/?topsecret' }],
  ['WXQ_WEBHOOK_SECRET must be whsec_', { WXQ_WEBHOOK_SECRET: 'topsecret' }],
  ['WXQ_WEBHOOK_URL must be http:', { WXQ_WEBHOOK_URL: 'topsecret' }],
  ['WXQ_ROBOT_URLS has an entry of no known kind', { WXQ_ROBOT_URLS: 'https://a.example/topsecret' }],
  ['WXQ_CONSOLE_URL must be', { WXQ_CONSOLE_URL: 'https://a.example/?q=topsecret' }],
])('%s, said without showing a secret', (message, env) => {
  expect(() => loadConfig(env)).toThrow(message);
  expect(() => loadConfig(env)).not.toThrow('topsecret');
});
