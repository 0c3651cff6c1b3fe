/** Who gets into the console: passwords, a proxy's header, this machine; and who does not. */
import { randomBytes, scryptSync } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import type { SignInSettings } from '../../src/console/sign-in.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { type ConsoleStage, caseUrl, createConsoleStage, row, story, view } from './console-stage.ts';

// A busy machine takes its time; every wait below is for a condition.
vi.setConfig({ testTimeout: 60_000 });

let stage: ConsoleStage | undefined;
afterEach(async () => {
  await stage?.app.close();
  expect(stage?.bugs ?? []).toEqual([]);
});

const settings: SignInSettings = { users: [], trustedProxies: [], host: '127.0.0.1', secret: 'a secret of this test' };
async function stageWith(change: Partial<SignInSettings>): Promise<ConsoleStage> {
  stage = await createConsoleStage({ dependencies: { signIn: { ...settings, ...change } } });
  return stage;
}
const basic = (text: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

test('with passwords, in clear or as a key, everybody else is asked to sign in, for assets and images too', async () => {
  const salt = randomBytes(16);
  const key = `scrypt$${salt.toString('base64url')}$${scryptSync('王芳的密码', salt, 32).toString('base64url')}`;
  const users = loadConfig({ WXQ_CONSOLE_USERS: `ops:correct-horse, 王芳:${key}` }).console.users;
  const { get } = await stageWith({ users, host: '0.0.0.0' });
  expect((await get('/console/', basic('ops:correct-horse'))).body).toContain('>ops<');
  for (const _again of [1, 2]) expect((await get('/console/', basic('王芳:王芳的密码'))).body).toContain('王芳');
  for (const wrong of [
    {},
    basic('ops:wrong-horse'),
    basic('王芳:correct-horse'),
    basic('nobody:correct-horse'),
    basic('ops'),
  ])
    for (const url of ['/console/', '/console/assets/style.css', `/console/material/${'0'.repeat(64)}`]) {
      const answer = await get(url, wrong);
      expect([url, answer.statusCode]).toEqual([url, 401]);
      expect(answer.headers['www-authenticate']).toContain('Basic');
    }
});

test('a name in the header is believed from a trusted proxy only', async () => {
  const { app } = await stageWith({ userHeader: 'X-Forwarded-User', host: '0.0.0.0', trustedProxies: ['10.1.0.0/16'] });
  const from = (remoteAddress: string, headers: Record<string, string>) =>
    app.inject({ url: '/console/', remoteAddress, headers: { host: 'console.example', ...headers } });
  const named = { 'x-forwarded-user': '%E7%8E%8B%E8%8A%B3' };
  expect((await from('10.1.2.3', named)).body).toContain('王芳');
  expect((await from('127.0.0.1', named)).statusCode).toBe(200);
  expect((await from('10.2.0.1', named)).statusCode).toBe(403);
  expect((await from('10.1.2.3', {})).statusCode).toBe(403);
});

test('without a sign-in only this machine gets in, and no page of another name', async () => {
  const { get } = await stageWith({});
  expect((await get('/console/')).statusCode).toBe(200);
  expect((await get('/console/', { host: 'localhost:8081' })).statusCode).toBe(200);
  expect((await get('/console/', { host: 'evil.example:8081' })).statusCode).toBe(403);
});

test('without a sign-in on a port that others reach, nobody gets in, and the start says so', async () => {
  const { get, closed } = await stageWith({ host: '0.0.0.0' });
  expect(closed).toEqual([expect.stringContaining('WXQ_CONSOLE_USERS')]);
  const answer = await get('/console/');
  expect([answer.statusCode, answer.body]).toEqual([403, closed[0]]);
});

test('the settings refuse what would not work, and no message shows a password', () => {
  const problemOf = (env: Record<string, string>): string => {
    try {
      loadConfig(env);
    } catch (error) {
      return String(error);
    }
    return 'none';
  };
  for (const text of [
    'hunter2hunter2',
    'ops:short',
    'ops:hunter2-hunter2,ops:hunter2-hunter2',
    'ops:scrypt$hunter2$x',
  ]) {
    const problem = problemOf({ WXQ_CONSOLE_USERS: text });
    expect(problem).toContain('WXQ_CONSOLE_USERS');
    expect(problem).not.toContain('hunter2');
  }
  expect(problemOf({ WXQ_CONSOLE_USER_HEADER: 'Cookie' })).toContain('WXQ_CONSOLE_USER_HEADER');
  expect(problemOf({ WXQ_TEMPORAL_UI_URL: 'javascript:alert(1)' })).toContain('WXQ_TEMPORAL_UI_URL');
});

test('who is not among the operators looks at everything, changes nothing but the language, and is told', async () => {
  const { operators } = loadConfig({ WXQ_CONSOLE_OPERATORS: 'ops, 王芳' }).console;
  expect(operators).toEqual(['ops', '王芳']);
  const { script, get, ask, token } = await stageWith({ userHeader: 'X-Forwarded-User', operators });
  Object.assign(script, { rows: [row], story: async () => story, handle: { view: async () => view } });
  const as = (name: string) => ({ 'x-forwarded-user': encodeURIComponent(name) });
  const buttons = ['Send again', 'Withdraw…', 'I take it', 'Ask WeChat now', 'New case'];
  const [mine, theirs] = [(await get(caseUrl, as('王芳'))).body, (await get(caseUrl, as('guest'))).body];
  for (const button of buttons) expect([button, mine.includes(button)]).toEqual([button, true]);
  for (const button of buttons) expect([button, theirs.includes(button)]).toEqual([button, false]);
  expect(theirs).toContain('不清晰');
  const post = async (url: string, values: Record<string, string>) =>
    ask({
      method: 'POST',
      url,
      headers: { ...as('guest'), 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ token: await token(as('guest')), ...values }).toString(),
    });
  for (const url of [`${caseUrl}/assign`, `${caseUrl}/read-now`, `${caseUrl}/mend`, '/console/new']) {
    const answer = await post(url, { run: row.runId, seen: '0', to: 'me' });
    expect([url, answer.statusCode]).toEqual([url, 403]);
    expect(answer.body).toContain('WXQ_CONSOLE_OPERATORS');
  }
  expect((await post('/console/settings', { language: 'zh' })).statusCode).toBe(303);
  expect(() => loadConfig({ WXQ_CONSOLE_OPERATORS: ' , ' })).toThrow(/WXQ_CONSOLE_OPERATORS/);
});
