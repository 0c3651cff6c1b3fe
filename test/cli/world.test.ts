/** Which WeChat a command is aimed at: said in words before anything is done, and in colour on a terminal. */
import { describe, expect, it } from 'vitest';
import { worldOf } from '../../src/cli/doctor/pollers.ts';
import { announceWeChat, announceWorkers } from '../../src/cli/world.ts';
import { isLive } from '../../src/runtime/config.ts';

const heard = (isTTY = false, env: NodeJS.ProcessEnv = {}) => {
  const lines: string[] = [];
  return { lines, outside: { env, stderr: { isTTY, write: (text: string) => lines.push(text) } } };
};
const pollers = (...identities: string[]) => {
  const describeTaskQueue = async () => ({ pollers: identities.map((identity) => ({ identity })) });
  const connection = {
    workflowService: { describeTaskQueue },
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
  };
  return { temporal: { connection } as never, namespace: 'default', taskQueue: 'queue' };
};

describe('a command that calls WeChat itself', () => {
  it('every address of the real WeChat is live, everything else a sandbox', () => {
    for (const host of ['api.weixin.qq.com', 'sh.api.weixin.qq.com', 'API.WEIXIN.QQ.COM'])
      expect(isLive({ wechatBaseUrl: `https://${host}` })).toBe(true);
    for (const url of ['http://127.0.0.1:8090', 'https://notweixin.qq.com.example.com', 'https://evilweixin.qq.com'])
      expect(isLive({ wechatBaseUrl: url })).toBe(false);
  });

  it('says the word in both languages; live and sandbox differ in the word, and on a terminal in the colour', () => {
    const plain = heard();
    announceWeChat(plain.outside, { wechatBaseUrl: 'https://api.weixin.qq.com' });
    announceWeChat(plain.outside, { wechatBaseUrl: 'http://127.0.0.1:8090' });
    expect(plain.lines).toEqual([
      '*** LIVE *** the real WeChat, https://api.weixin.qq.com 真实微信\n',
      '[SANDBOX] http://127.0.0.1:8090 沙箱\n',
    ]);
    const coloured = heard(true);
    announceWeChat(coloured.outside, { wechatBaseUrl: 'https://api.weixin.qq.com' });
    announceWeChat(coloured.outside, { wechatBaseUrl: 'http://127.0.0.1:8090' });
    // Red and yellow behind the word.
    expect(coloured.lines[0]).toContain('\x1b[41m');
    expect(coloured.lines[1]).toContain('\x1b[43m');
    const without = heard(true, { NO_COLOR: '1' });
    announceWeChat(without.outside, { wechatBaseUrl: 'https://api.weixin.qq.com' });
    expect(without.lines[0]).toMatch(/^\*\*\* LIVE \*\*\*/);
  });
});

describe('a command that has a worker do something', () => {
  const told = async (...identities: string[]) => {
    const { lines, outside } = heard();
    await announceWorkers(outside, pollers(...identities));
    return lines.join('');
  };

  it("says which WeChat the workers of the queue call, as their names at Temporal say; nothing where they don't", async () => {
    expect(worldOf('12@host-1.example (live)')).toBe('live');
    expect(await told('12@host (live)')).toMatch(/^\*\*\* LIVE \*\*\* workers of task queue queue/);
    expect(await told('12@host (sandbox)')).toMatch(/^\[SANDBOX\]/);
    expect(await told('12@host', 'somebody')).toBe('');
    expect(await told()).toBe('');
  });

  it('live and sandbox workers on the same queue are a warning', async () => {
    const text = await told('12@host (sandbox)', '13@host (live)');
    expect(text).toContain('LIVE');
    expect(text).toContain('WXQ_TASK_QUEUE');
  });

  it('a Temporal that does not say is no reason to stop', async () => {
    const { lines, outside } = heard();
    const away = { ...pollers(), temporal: undefined as never };
    await announceWorkers(outside, away);
    expect(lines).toEqual([]);
  });
});
