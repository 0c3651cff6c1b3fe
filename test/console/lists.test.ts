/** The lists of cases: what they show, how they are filtered, and who takes care of what. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NoWorkerError } from '../../src/client/index.ts';
import { type ConsoleStage, caseId, caseUrl, createConsoleStage, row, story, view } from './console-stage.ts';

let stage: ConsoleStage;
beforeEach(async () => {
  stage = await createConsoleStage({
    script: { rows: [row], handle: { view: async () => view }, story: async () => story },
  });
});
afterEach(async () => {
  await stage.app.close();
  expect(stage.bugs).toEqual([]);
});

describe('waiting for you', () => {
  test('shows account, category, the whole reason inert, and for how long', async () => {
    const { body, statusCode, headers } = await stage.get('/console/');
    expect(statusCode).toBe(200);
    expect(body).toContain('wx5a2d8f1c3b7e9046');
    expect(body).toContain('&lt;b>执照&lt;/b>不清晰');
    expect(body).not.toContain('<b>执照');
    expect(body).toContain('4 days');
    expect(body).toContain('SANDBOX');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['cache-control']).toBe('no-store');
    expect(body).not.toMatch(/(src|href)="https?:/);
    expect((await stage.get('/')).headers.location).toBe('/console/');
  });

  test('speaks Chinese to a Chinese browser, and keeps the language that a person chose', async () => {
    const chinese = { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.8' };
    expect((await stage.get('/console/', chinese)).body).toContain('等你处理');
    expect((await stage.get('/console/', { ...chinese, cookie: 'wxq_language=en' })).body).toContain('Waiting for you');
    const token = await stage.token();
    const payload = new URLSearchParams({ token, language: 'zh', back: '//evil.example/' }).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await stage.ask({ method: 'POST', url: '/console/settings', headers: form, payload });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/console/']);
    expect(answer.headers['set-cookie']).toMatch(/^wxq_language=zh; .*HttpOnly; SameSite=Strict$/);
  });

  test('is filtered by text in the reason, and says so when nothing fits, or nothing waits', async () => {
    expect((await stage.get(`/console/?text=${encodeURIComponent('不清晰')}`)).body).toContain(caseId);
    expect((await stage.get('/console/?text=nothing-like-this')).body).toContain('No case fits');
    stage.script.rows = [];
    expect((await stage.get('/console/')).body).toContain('npx wxq submit');
  });

  test('without a worker the cases are listed all the same, with the command that starts one', async () => {
    stage.script.handle = { view: async () => Promise.reject(new NoWorkerError('queue', 10)) };
    const { statusCode, body } = await stage.get('/console/');
    expect(statusCode).toBe(200);
    expect(body).toContain('npx wxq worker');
    expect(body).toContain(caseId);
  });

  test('the oldest comes first, 25 a page', async () => {
    stage.script.rows = Array.from({ length: 60 }, (_, n) => ({
      ...row,
      workflowId: `channels-shop/wx5a2d8f1c3b7e9046/${7000 + n}`,
      categoryId: String(7000 + n),
      startedAt: new Date(Date.UTC(2026, 9, 60 - n)).toISOString(),
    }));
    const categories = async (url: string) => [
      ...new Set(
        [...(await stage.get(url)).body.matchAll(/cases\/channels-shop\/wx5a2d8f1c3b7e9046\/(\d+)/g)].map(
          ([, id]) => id,
        ),
      ),
    ];
    expect((await categories('/console/')).slice(0, 2)).toEqual(['7059', '7058']);
    expect(await categories('/console/')).toHaveLength(25);
    expect(await categories('/console/?page=3')).toHaveLength(10);
  });

  test('stuck is a review that is overdue, what is on its way for too long, and a workflow that failed', async () => {
    const ids = ['6201', '6202', '6203', '6204'];
    const [overdue, fresh, preparing, failed] = ids.map((categoryId) => ({
      ...row,
      categoryId,
      workflowId: `channels-shop/${row.appId}/${categoryId}`,
      status: 'in_review' as const,
    }));
    if (!overdue || !fresh || !preparing || !failed) throw new Error('no rows');
    stage.script.rows = [
      overdue,
      fresh,
      { ...preparing, status: 'preparing' },
      { ...failed, execution: 'failed', closedAt: '2026-11-24T00:00:00.000Z' },
    ];
    stage.script.viewOf = (workflowId) => ({
      ...view,
      workflowId,
      status: workflowId.endsWith('6203') ? 'preparing' : 'in_review',
      overdue: workflowId.endsWith('6201'),
    });
    const { body } = await stage.get('/console/stuck');
    expect(ids.map((id) => body.includes(`/console/cases/channels-shop/${row.appId}/${id}`))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(body).toContain('Ended without a result');
  });

  test('CSV: no cell is a formula, and quotes stay in their cell', async () => {
    stage.script.handle = {
      view: async () => ({ ...view, attempts: [{ number: 1, reason: '=HYPERLINK("http://evil.example","执照")' }] }),
    };
    const { body, headers } = await stage.get('/console/cases.csv');
    expect(headers['content-disposition']).toBe('attachment; filename="waiting.csv"');
    expect(body).toContain(`"'=HYPERLINK(""http://evil.example"",""执照"")"`);
    expect(body.startsWith('\ufeffcase,platform,appid')).toBe(true);
  });
});

describe('who takes care of it', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const assign = async (values: Record<string, string>, headers: Record<string, string> = {}) => {
    const token = await stage.token(headers);
    const payload = new URLSearchParams({ token, run: row.runId, ...values }).toString();
    return stage.ask({ method: 'POST', url: `${caseUrl}/assign`, headers: { ...form, ...headers }, payload });
  };
  const anna = { cookie: 'wxq_name=Anna' };

  test('a case is taken from the list, filtered by, handed on and given back; its page says who did it', async () => {
    expect((await stage.get('/console/', anna)).body).toContain('I take it');
    const taken = await assign({ seen: '0', to: 'me', back: 'waiting' }, anna);
    expect([taken.statusCode, taken.headers.location]).toEqual([303, '/console/?said=taken']);
    expect((await stage.get('/console/?said=taken', anna)).body).toContain('It is yours now.');
    for (const [query, isThere] of [
      ['assignee=Anna', true],
      ['assignee=-', false],
      ['assignee=Boris', false],
    ] as const)
      expect((await stage.get(`/console/?${query}`)).body.includes(caseUrl)).toBe(isThere);
    const page = (await stage.get(caseUrl)).body;
    expect(page).toContain('I take it over');
    expect(page).toMatch(/assigned to Anna.*Anna/s);
    expect((await stage.get('/console/cases.csv')).body).toMatch(/assignee,asked\r\n.*,Anna,yes\r\n$/s);
    const given = await assign({ seen: '1', to: 'nobody' }, anna);
    expect(given.headers.location).toBe(`${caseUrl}?said=givenBack`);
    expect((await stage.get('/console/?assignee=-')).body).toContain(caseUrl);
  });

  test('a case that Temporal continues as new keeps who takes care of it; one that is started again begins without', async () => {
    await assign({ seen: '0', to: 'me' }, anna);
    stage.script.rows = [{ ...row, runId: 'run-2', firstRunId: row.runId }];
    expect((await stage.get('/console/?assignee=Anna')).body).toContain(caseUrl);
    stage.script.story = async () => ({ ...story, runId: 'run-2', firstRunId: row.runId, isContinued: true });
    const page = (await stage.get(caseUrl)).body;
    expect(page).toContain('<strong>Anna</strong>');
    expect(page).toContain(`name="run" value="${row.runId}"`);
    stage.script.rows = [{ ...row, runId: 'run-3' }];
    expect((await stage.get('/console/?assignee=-')).body).toContain(caseUrl);
  });

  test('of two who take it at once the second is told', async () => {
    await assign({ seen: '0', to: 'me' }, anna);
    const second = await assign({ seen: '0', to: 'me', back: '//evil.example/' });
    expect(second.headers.location).toBe(`${caseUrl}?said=takenByOther`);
    expect((await stage.get(`${caseUrl}?said=takenByOther`)).body).toContain('Somebody else was faster');
    expect((await stage.get(caseUrl)).body).toContain('<strong>Anna</strong>');
  });

  test('an account is found by a part of its name', async () => {
    stage.script.names = { [row.appId]: '示例小店' };
    expect((await stage.get(`/console/?appId=${encodeURIComponent('示例')}`)).body).toContain(caseUrl);
    expect((await stage.get(`/console/?appId=${encodeURIComponent('别家')}`)).body).not.toContain(caseUrl);
  });

  test('from case to case, and to the list past the end', async () => {
    stage.script.rows = [7001, 7002].map((n) => ({
      ...row,
      workflowId: `channels-shop/${row.appId}/${n}`,
      startedAt: `2026-11-0${n - 7000}T00:00:00.000Z`,
    }));
    const next = async (from: string, step: string) =>
      (await stage.get(`/console/next?${new URLSearchParams({ from, step })}`)).headers.location;
    const [first, second] = [7001, 7002].map((n) => `channels-shop/${row.appId}/${n}`);
    expect(await next(first ?? '', '1')).toBe(`/console/cases/${second}`);
    expect(await next(second ?? '', '-1')).toBe(`/console/cases/${first}`);
    expect(await next(second ?? '', '1')).toBe('/console/');
    expect(await next(caseId, '1')).toBe(`/console/cases/${first}`);
  });
});
