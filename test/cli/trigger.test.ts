/** `wxq trigger` against a real sandbox over HTTP. */
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { triggers } from '../../src/cli/commands/trigger-kinds.ts';
import { createSandbox, fixtures, type Sandbox } from '../../src/testing/index.ts';
import { run } from './run.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox({ port: 0 });
});
afterEach(async () => sandbox.close());

const { appId } = fixtures.shop;
const leaves = fixtures.categories.byHand.map((category) => category.leaf);
const trigger = (...argv: string[]) => run(['trigger', ...argv, '--sandbox', sandbox.url]);
const apply = (index: number) => sandbox.applyInBackOffice({ appId, categoryId: leaves[index] ?? '', status: 'open' });

describe('trigger', () => {
  it('decides the newest open audit, with the reason', async () => {
    await apply(0);
    const newest = await apply(1);
    const done = await trigger('rejected', '--reason', '营业执照不清晰', '--json');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.json()).toEqual({
      auditId: newest.id,
      appId,
      categoryId: leaves[1],
      verdict: 'rejected',
      reason: '营业执照不清晰',
    });
    const statuses = sandbox.audits().map(({ categoryId, status, reason }) => [categoryId, status, reason]);
    expect(statuses).toContainEqual([leaves[0], 'open', '']);
    expect(statuses).toContainEqual([leaves[1], 'rejected', '营业执照不清晰']);
  });

  it('decides the audit that is named, whose id is beyond 2^53', async () => {
    const older = await apply(0);
    await apply(1);
    expect(Number(older.id)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(await trigger('cancelled', '--audit', older.id)).toMatchObject({ status: 0 });
    expect(sandbox.audits({ status: 'cancelled' }).map(({ id }) => id)).toEqual([older.id]);
  });

  it('decides the open audit of the account and category that are named, and lists the open ones where there is none', async () => {
    const older = await apply(0);
    const newer = await apply(1);
    const of = (app: string, index: number) => ['--app', app, '--category', leaves[index] ?? ''];
    const nowhere = await trigger('rejected', ...of(fixtures.miniProgram.appId, 0));
    expect(nowhere).toMatchObject({ status: 2, stderr: expect.stringContaining('No audit is open') });
    for (const { id, categoryId } of [older, newer])
      expect(nowhere.stderr).toContain(`--audit ${id}  --app ${appId} --category ${categoryId}`);
    expect(await trigger('rejected', '--audit', older.id, '--category', newer.categoryId)).toMatchObject({ status: 2 });
    expect(sandbox.audits({ status: 'open' })).toHaveLength(2);
    expect(await trigger('rejected', ...of(appId, 0))).toMatchObject({ status: 0 });
    expect(sandbox.audits({ status: 'rejected' }).map(({ id }) => id)).toEqual([older.id]);
    expect(await trigger('lost-callback', '--app', appId)).toMatchObject({ status: 0 });
    expect(sandbox.audits({ status: 'approved' }).map(({ id }) => id)).toEqual([newer.id]);
  });

  it.each([
    ['lost-callback', ['lost']],
    ['duplicate', ['pending', 'pending']],
  ])('%s decides the audit and does that to its callback only', async (kind, pushes) => {
    await apply(0);
    expect(await trigger(kind, '--verdict', 'rejected')).toMatchObject({ status: 0 });
    expect(sandbox.audits({ status: 'rejected' })).toHaveLength(1);
    expect(sandbox.pushes()).toHaveLength(pushes.length);
    expect(sandbox.pushes().some((push) => push.status === 'lost')).toBe(kind === 'lost-callback');
    const before = sandbox.pushes().length;
    await apply(1);
    await trigger('approved');
    expect(sandbox.pushes()).toHaveLength(before + 1);
  });

  it('out-of-order holds the callback until after the next one', async () => {
    const [first, second] = [await apply(0), await apply(1)];
    await trigger('out-of-order', '--audit', first.id);
    await trigger('approved', '--audit', second.id);
    const dueAt = (auditId: string) =>
      Date.parse(sandbox.pushes().find((push) => push.auditId === auditId)?.dueAt ?? '');
    expect(dueAt(first.id)).toBeGreaterThan(dueAt(second.id));
  });

  it('says so when no audit is open, when there is no such audit, and when it is decided already', async () => {
    expect(await trigger('approved')).toMatchObject({ status: 2, stderr: expect.stringContaining('No audit is open') });
    expect(await trigger('approved', '--audit', '1')).toMatchObject({ status: 2 });
    const audit = await apply(0);
    await trigger('approved');
    expect(await trigger('rejected', '--audit', audit.id, '--json')).toMatchObject({ status: 1 });
  });
});

describe('what else happens', () => {
  it.each([
    ['unauthorized', ['--app', fixtures.miniProgram.appId], fixtures.miniProgram.appId, { isAuthorized: false }],
    ['quota', ['--left', '3'], fixtures.miniProgram.appId, { quota: expect.objectContaining({ left: 3 }) }],
    ['ip-refused', ['--app', appId, '--ip', '203.0.113.7'], appId, { refusedIp: '203.0.113.7' }],
    ['ip-refused', ['--app', appId, '--bare'], appId, { ipRefusalAs: 'http-403' }],
    ['rate-limit', ['--app', appId, '--per-minute', '2'], appId, { perMinute: 2 }],
    ['frozen', ['--app', appId], appId, { standing: 'frozen' }],
    ['closing', ['--app', appId], appId, { standing: 'closing' }],
  ])('%s %j', async (kind, argv, who, expected) => {
    const done = await trigger(kind, ...argv, '--json');
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.json()).toMatchObject({ kind, appId: who });
    const shown = () => sandbox.accounts().accounts.find((one) => one.appId === who);
    expect(shown()).toMatchObject(expected);
    await trigger('calm', '--app', who);
    for (const name of ['standing', 'refusedIp', 'perMinute']) expect(shown()).not.toHaveProperty(name);
  });

  it('a person works in the back office, and what was approved lapses', async () => {
    const who = ['--app', appId, '--category', leaves[0] ?? ''];
    expect(await trigger('applied', ...who)).toMatchObject({ status: 0 });
    expect(await trigger('withdrawn-by-hand', ...who)).toMatchObject({ status: 0 });
    expect(await trigger('lapsed', ...who)).toMatchObject({ status: 1, stderr: expect.stringContaining('never held') });
    await trigger('applied', ...who);
    await trigger('forged');
    expect(sandbox.pushes().filter((push) => push.forged)).toHaveLength(1);
    expect(await trigger('lapsed', ...who)).toMatchObject({ status: 0 });
    expect(await trigger('renewed', ...who)).toMatchObject({ status: 0 });
  });

  it('tickets stop, the clock goes on, calls are refused', async () => {
    expect(await trigger('no-tickets', '--json')).toMatchObject({ status: 0 });
    expect(sandbox.accounts().platforms).toMatchObject([{ areTicketsPushed: false }]);
    const before = Date.parse(sandbox.setClock({ advanceSeconds: 0 }).now);
    await trigger('advance-clock', '--seconds', '86400');
    expect(Date.parse(sandbox.setClock({ advanceSeconds: 0 }).now) - before).toBeGreaterThanOrEqual(86_400_000);
    await trigger('chaos', '--operation', 'category/add', '--errcode', '-1', '--times', '2');
    expect(sandbox.setChaos({}).rules).toEqual([{ operation: 'category/add', errcode: -1, times: 2 }]);
  });

  it.each([
    ['approved', ['--left', '1'], '--left'],
    ['approved', ['--verdict', 'rejected'], '--verdict'],
    ['lost-callback', ['--left', '3'], '--left'],
    ['frozen', ['--app', appId, '--category', '6201', '--per-minute', '5'], '--category, --per-minute'],
    ['advance-clock', ['--seconds', '1', '--times', '2'], '--times'],
    ['applied', ['--app', appId, '--category', '6201', '--reason', 'x'], '--reason'],
  ])(
    '%s %j is refused, naming the options that the kind does not use, and nothing is done',
    async (kind, argv, named) => {
      await apply(0);
      const before = JSON.stringify([sandbox.audits(), sandbox.accounts()]);
      const refused = await trigger(kind, ...argv);
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(`${kind} does not use ${named};`) });
      expect(refused.stderr).toMatch(/It takes --/);
      expect(JSON.stringify([sandbox.audits(), sandbox.accounts()])).toBe(before);
    },
  );

  it('every kind of trouble has an example that its own options take', () => {
    for (const [kind, { example, takes }] of Object.entries(triggers)) {
      const names = [...example.matchAll(/--([a-z-]+)/g)].map(([, name = '']) =>
        name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
      );
      expect(example).toContain(`wxq trigger ${kind}`);
      expect(takes).toEqual(expect.arrayContaining(names));
    }
  });

  it('names what is missing, and the accounts that it can be', async () => {
    const lost = await trigger('frozen');
    expect(lost).toMatchObject({ status: 2, stderr: expect.stringContaining(appId) });
    expect(await trigger('applied', '--app', appId)).toMatchObject({ status: 2 });
    expect(await trigger('advance-clock')).toMatchObject({ status: 2, stderr: expect.stringContaining('--seconds') });
    expect(await trigger('closing', '--app', fixtures.miniProgram.appId)).toMatchObject({ status: 2 });
    const real = await run(['trigger', 'frozen', '--sandbox', 'https://api.weixin.qq.com']);
    expect(real).toMatchObject({ status: 2, stderr: expect.stringContaining('real WeChat') });
  });
});

describe('a sandbox that is not well', () => {
  const withServer = async (answer: (url: string) => [number, string] | undefined) => {
    const server = createServer((request, response) => {
      const given = answer(request.url ?? '');
      if (given === undefined) request.socket.destroy();
      else response.writeHead(given[0]).end(given[1]);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const done = await run(['trigger', 'approved', '--json', '--sandbox', url]);
    server.close();
    return done;
  };

  it('that cuts the connection, or is something else, is status 3 and names its address', async () => {
    for (const answer of [undefined, [200, '<html>'], [200, '{}'], [200, '']] as const) {
      const done = await withServer(() => (answer === undefined ? undefined : [...answer]));
      expect(done.status).toBe(3);
      expect(done.json()).toMatchObject({ error: { name: 'SandboxUnreachableError' } });
    }
  });

  it('that refuses is status 1 with its own words', async () => {
    const done = await withServer(() => [400, '{"error":"verdict is missing"}']);
    expect(done.status).toBe(1);
    expect(done.stderr).toContain('verdict is missing');
  });
});
