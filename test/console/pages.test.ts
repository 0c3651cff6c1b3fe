/** The console's pages: what they show, how they refuse, and what they send to a case. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CaseNotFoundError, UpdateRefusedError } from '../../src/client/index.ts';
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

const seen = `1 needs_material ${view.since}`;

describe('a case', () => {
  test('shows reason, who did what, and the way to Temporal', async () => {
    const { body } = await stage.get(caseUrl);
    expect(body).toContain('&lt;b>执照&lt;/b>不清晰');
    expect(body).toContain('王芳');
    expect(body).toContain(
      'http://localhost:8233/namespaces/default/workflows/channels-shop%2Fwx5a2d8f1c3b7e9046%2F6201/run-1/history',
    );
  });

  test('calls a licence and its fields what the rules of the category call them, once these are known', async () => {
    const licences = [{ groupId: '1', licenseId: '2', images: ['/srv/a.jpg'], fields: { no: '914' } }];
    const input = {
      appId: 'wx5a2d8f1c3b7e9046',
      category: { leaf: '6201' },
      material: { form: 'licenses' as const, licenses: licences },
    };
    stage.script.story = async () => ({ ...story, input });
    expect((await stage.get(caseUrl)).body).toMatch(/<legend>Licence 2 \(group 1\)/);
    stage.script.papers = new Map([
      ['licenses/1/2', '营业执照'],
      ['licenses/1/2/fields/no', '证照编号'],
    ]);
    const { body } = await stage.get(caseUrl);
    expect(body).toMatch(/<legend>营业执照 2/);
    expect(body).toContain('证照编号');
  });

  test('that is blocked explains the error code in the language of the reader', async () => {
    const blocked = { during: 'submit', reason: 'invalid ip', errcode: '40164', advice: 'both' } as const;
    stage.script.handle = { view: async () => ({ ...view, status: 'blocked', canDo: ['retry'], blocked }) };
    const { body } = await stage.get(caseUrl, { 'accept-language': 'zh' });
    expect(body).toContain('40164');
    expect(body).toContain('白名单');
  });

  test('that was refused or blocked by ourselves says in the language of the reader what it means and what to do', async () => {
    const attempts = [
      { ...view.attempts[0], number: 1, verdict: 'refused' as const, reason: 'unchanged: the same bytes and fields' },
    ];
    stage.script.handle = { view: async () => ({ ...view, attempts }) };
    const refused = await stage.get(caseUrl, { 'accept-language': 'zh' });
    expect(refused.body).toContain('unchanged: the same bytes');
    expect(refused.body).toContain('内容与被驳回的完全相同，没有提交给微信');
    const blocked = { during: 'submit', reason: 'observe: this installation only reads', advice: 'english' } as const;
    stage.script.handle = { view: async () => ({ ...view, status: 'blocked', canDo: ['retry'], blocked }) };
    const { body } = await stage.get(caseUrl, { 'accept-language': 'zh' });
    expect(body).toContain('取消 WXQ_MODE=observe');
    expect(body).not.toContain('english');
  });

  test('before it is withdrawn, account and category are shown; and then the name goes into its history', async () => {
    const withdrawn: unknown[] = [];
    stage.script.handle = {
      view: async () => view,
      withdraw: async (...given) => {
        withdrawn.push(given);
        return { attempt: 1, status: 'withdrawn' };
      },
    };
    const page = await stage.get(`${caseUrl}/withdraw`);
    expect(page.body).toContain('wx5a2d8f1c3b7e9046');
    expect(page.body).toContain('6201');
    const [, key = ''] = /name="key" value="([^"]+)"/.exec(page.body) ?? [];
    const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie: 'wxq_name=%E9%9F%A9%E6%A2%85' };
    const payload = new URLSearchParams({ token: await stage.token(headers), seen, key, note: '不做了' }).toString();
    const answer = await stage.ask({ method: 'POST', url: `${caseUrl}/withdraw`, headers, payload });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, `${caseUrl}?said=done`]);
    expect(withdrawn).toEqual([
      [{ by: '韩梅', note: '不做了', seenSince: view.since }, { updateId: `console-${key}` }],
    ]);
  });

  test('an action that the case does not take is told in its own words', async () => {
    stage.script.handle = {
      view: async () => view,
      retry: async () => Promise.reject(new UpdateRefusedError(caseId, 'only a blocked case can be tried again')),
    };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const payload = new URLSearchParams({ token: await stage.token(), seen }).toString();
    const answer = await stage.ask({ method: 'POST', url: `${caseUrl}/retry`, headers, payload });
    expect(answer.statusCode).toBe(409);
    expect(answer.body).toContain('only a blocked case can be tried again');
  });

  test('an open audit is followed by the id that a person gives', async () => {
    const adopted: unknown[] = [];
    const blocked = { during: 'submit', reason: 'foreign_audit 77', advice: 'choose' } as const;
    stage.script.handle = {
      view: async () => ({ ...view, status: 'blocked', canDo: ['adopt'], blocked }),
      adopt: async (...given) => {
        adopted.push(given[0]);
        return { attempt: 1, status: 'in_review' };
      },
    };
    expect((await stage.get(caseUrl)).body).toContain('name="auditId"');
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const auditId of [' 9007199254741001 ', '']) {
      const payload = new URLSearchParams({
        token: await stage.token(),
        seen: `1 blocked ${view.since}`,
        auditId,
      }).toString();
      expect((await stage.ask({ method: 'POST', url: `${caseUrl}/adopt`, headers, payload })).statusCode).toBe(303);
    }
    const asked = { by: 'console', seenSince: view.since };
    expect(adopted).toEqual([{ ...asked, auditId: '9007199254741001' }, asked]);
  });

  test('what was refused before an audit says so, with names that read', async () => {
    const reason = 'certificates/%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7/images/1: no such file';
    stage.script.handle = { view: async () => ({ ...view, attempts: [{ number: 1, verdict: 'refused', reason }] }) };
    const { body } = await stage.get(caseUrl);
    expect(body).toContain('certificates/营业执照/images/1: no such file');
    expect(body).toContain('Why it was not sent to an audit');
    expect((await stage.get('/console/')).body).toContain('certificates/营业执照/images/1: no such file');
  });

  test('a case that is not there is told in the language of the reader, with its id', async () => {
    stage.script.handle = { view: async () => Promise.reject(new CaseNotFoundError(view.workflowId)) };
    const { statusCode, body } = await stage.get(caseUrl, { 'accept-language': 'zh' });
    expect(statusCode).toBe(404);
    expect(body).toContain('没有这个流程');
    expect(body).toContain(view.workflowId);
    expect(body).not.toContain('There is no');
  });

  test('an id that is none is no bug', async () => {
    expect((await stage.get('/console/cases/else/wx1/2')).statusCode).toBe(422);
    expect((await stage.get('/console/nowhere')).statusCode).toBe(404);
  });
});
