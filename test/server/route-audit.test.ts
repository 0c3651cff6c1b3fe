/** What a case hears about its audit, and what WeChat hears about its push. */
import { describe, expect, test } from 'vitest';
import {
  auditId,
  authorizerAppId,
  componentAppId,
  createStage,
  FakeWeChatError,
  miniProgramEvent,
  never,
  platformPush,
  readAt,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopEventXml,
  shopPush,
} from './callback-server.ts';

const shopCase = `channels-shop/${shopAppId}/6033`;
const miniProgramCase = `mini-program/${authorizerAppId}/8-39`;
const quick = { limits: { readBackMs: 60, answerMs: 200 } };
const pushes = (result: string, route = 'channels-shop') =>
  `wxq_callback_pushes_total{route="${route}",result="${result}"}`;

async function expectAnswer(
  stage: Stage,
  push: Parameters<typeof send>[1],
  status: number,
  body: string,
): Promise<void> {
  const answer = await send(stage.app, push);
  expect([answer.statusCode, answer.body]).toEqual([status, body]);
  expect(answer.headers['content-type']).toContain('text/plain');
}

describe('L7 a shop audit is read back, and its case hears what was read', () => {
  test.each([
    ['3', 'approved'],
    ['2', 'rejected'],
    ['4', 'cancelled'],
  ])('status %s of the read-back is %s', async (status, verdict) => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status, auditReason: '营业执照不清晰' });
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    expect(stage.reads).toEqual([{ call: 'getBizCatFlowDetail', account: { appId: shopAppId }, auditId }]);
    expect(stage.reports).toEqual([
      {
        workflowId: shopCase,
        report: { kind: 'read', auditId, verdict, rawStatus: status, reason: '营业执照不清晰', readAt },
      },
    ]);
    expect(await stage.counted(pushes('delivered'))).toBe(1);
    expect(stage.log.at(-1)?.fields).toMatchObject({ workflowId: shopCase, result: 'delivered', auditId });
  });

  test('an approval says whether the category can be used; where that is not known in time it arrives without', async () => {
    const stage = createStage();
    const precheck = { allPass: false, failReasons: ['店铺未缴纳保证金'] };
    stage.precheck = async () => precheck;
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    stage.precheck = () => Promise.reject(new Error('48001'));
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    stage.precheck = (_, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new Error('too late')));
      });
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    const [known, ...unknown] = stage.reports.map(({ report }) => report);
    expect(known).toMatchObject({ kind: 'read', verdict: 'approved', precheck });
    expect(unknown).toHaveLength(2);
    for (const report of unknown) expect(report).not.toHaveProperty('precheck');
  });

  test('an audit without a reason is reported without one', async () => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status: '3', auditReason: '' });
    await send(stage.app, shopPush(shopEvent()));
    expect(stage.reports[0]?.report).not.toHaveProperty('reason');
  });

  test('a push that came through a platform is read back in the name of the shop, called for by the platform', async () => {
    const stage = createStage();
    await expectAnswer(stage, platformPush(shopEventXml()), 200, 'success');
    expect(stage.reads[0]?.account).toEqual({ appId: authorizerAppId, componentAppId });
    expect(stage.reports[0]?.workflowId).toBe(`channels-shop/${authorizerAppId}/6033`);
  });

  test('the largest audit id arrives without a digit lost', async () => {
    const stage = createStage();
    await send(stage.app, shopPush(shopEvent('3', '18446744073709551615')));
    expect(stage.reports[0]?.report).toMatchObject({ auditId: '18446744073709551615' });
  });

  test('when the push claims an approval and the read-back shows a rejection, the read-back wins', async () => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status: '2', auditReason: '不清晰' });
    await expectAnswer(stage, shopPush(shopEvent('3')), 200, 'success');
    expect(stage.reports[0]?.report).toMatchObject({ verdict: 'rejected', rawStatus: '2' });
  });

  test('a push with a status of another table still leads to the verdict that was read', async () => {
    const stage = createStage();
    await expectAnswer(stage, shopPush(shopEvent('9')), 200, 'success');
    expect(stage.reports[0]?.report).toMatchObject({ kind: 'read', verdict: 'approved' });
  });

  test('while the audit is in review nobody is signalled', async () => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status: '1' });
    await expectAnswer(stage, shopPush(shopEvent('1')), 200, 'success');
    expect(stage.reports).toEqual([]);
    expect(await stage.counted(pushes('in_review'))).toBe(1);
  });

  test("a verdict that is ahead of WeChat's own records is acknowledged, and counted apart", async () => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status: '1' });
    await expectAnswer(stage, shopPush(shopEvent('3')), 200, 'success');
    expect(stage.reports).toEqual([]);
    expect(await stage.counted(pushes('early'))).toBe(1);
  });

  test('a status that nobody knows is a hint: the case reads for itself', async () => {
    const stage = createStage();
    stage.readFlow = async (id) => ({ auditId: id, catId: '6033', status: '12' });
    await expectAnswer(stage, shopPush(shopEvent('12')), 200, 'success');
    expect(stage.reports).toEqual([{ workflowId: shopCase, report: { kind: 'hint', auditId } }]);
    expect(await stage.counted(pushes('hinted'))).toBe(1);
  });
});

describe('L7 a shop audit that can not be read back', () => {
  const failures: [string, Stage['readFlow']][] = [
    ['WeChat refuses', async () => Promise.reject(new FakeWeChatError('48001', 'needs-person'))],
    ['the answer is lost', async () => Promise.reject(new FakeWeChatError('-1', 'unanswered'))],
    ['WeChat does not answer', never],
    ['the answer is about another audit', async () => ({ auditId: '5', catId: '6033', status: '3' })],
    ['the answer names no category', async (id) => ({ auditId: id, catId: '', status: '3' })],
    ['the answer names a category that is no id', async (id) => ({ auditId: id, catId: '../1', status: '3' })],
  ];

  test.each(failures)('%s: 503, so that WeChat pushes again', async (_what, readFlow) => {
    const stage = createStage(quick);
    stage.readFlow = readFlow;
    await expectAnswer(stage, shopPush(shopEvent()), 503, 'try again');
    expect(stage.reports).toEqual([]);
    expect(await stage.counted(pushes('unreadable'))).toBe(1);
  });

  test.each(failures)('%s, but an open case waits for this audit: it gets a hint', async (_what, readFlow) => {
    const stage = createStage(quick);
    stage.readFlow = readFlow;
    stage.findByAudit = async (appId, id) => (appId === shopAppId && id === auditId ? shopCase : undefined);
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    expect(stage.reports).toEqual([{ workflowId: shopCase, report: { kind: 'hint', auditId } }]);
  });

  test('the read that takes too long is aborted', async () => {
    const stage = createStage(quick);
    let seen: AbortSignal | undefined;
    stage.readFlow = (_id, signal) => {
      seen = signal;
      return never();
    };
    await send(stage.app, shopPush(shopEvent()));
    expect(seen?.aborted).toBe(true);
  });

  test.each([
    ['fails', async () => Promise.reject(new Error('down'))],
    ['does not answer', () => never<string | undefined>()],
  ])('the search for its case %s as well: 503', async (_what, findByAudit) => {
    const stage = createStage(quick);
    stage.readFlow = async () => Promise.reject(new FakeWeChatError('9401020'));
    stage.findByAudit = findByAudit;
    await expectAnswer(stage, shopPush(shopEvent()), 503, 'try again');
  });

  test("another shop's audit, unknown to WeChat under this account, is acknowledged: pushing it again can not help", async () => {
    const stage = createStage();
    stage.readFlow = async () => Promise.reject(new FakeWeChatError('9401020'));
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    expect(stage.reports).toEqual([]);
    expect(await stage.counted(pushes('not_ours'))).toBe(1);
  });
});

describe("L7 a Mini Program's category is read back", () => {
  const category = { first: '8', second: '39', isExpired: false };

  test.each([
    ['3', 'approved'],
    ['2', 'rejected'],
  ])('status %s of the read-back is %s', async (auditStatus, verdict) => {
    const stage = createStage();
    const other = { first: '8', second: '40', auditStatus: '1', isExpired: false };
    stage.readCategories = async () => ({
      categories: [other, { ...category, auditStatus, auditReason: '缺少许可证' }],
    });
    await expectAnswer(stage, platformPush(miniProgramEvent('2')), 200, 'success');
    expect(stage.reads).toEqual([{ call: 'getCategory', account: { appId: authorizerAppId, componentAppId } }]);
    expect(stage.reports).toEqual([
      {
        workflowId: miniProgramCase,
        report: { kind: 'read', verdict, rawStatus: auditStatus, reason: '缺少许可证', readAt },
      },
    ]);
  });

  test('a Mini Program that is pushed for at its own address is read in its own name', async () => {
    const stage = createStage();
    await expectAnswer(stage, shopPush(miniProgramEvent()), 200, 'success');
    expect(stage.reads).toEqual([{ call: 'getCategory', account: { appId: shopAppId } }]);
    expect(stage.reports[0]?.workflowId).toBe(`mini-program/${shopAppId}/8-39`);
  });

  test('while it is in review nobody is signalled', async () => {
    const stage = createStage();
    stage.readCategories = async () => ({ categories: [{ ...category, auditStatus: '1' }] });
    await expectAnswer(stage, platformPush(miniProgramEvent('3')), 200, 'success');
    expect(stage.reports).toEqual([]);
    expect(await stage.counted(pushes('early', 'platform'))).toBe(1);
  });

  const hints: [string, Stage['readCategories']][] = [
    ['WeChat refuses', async () => Promise.reject(new FakeWeChatError('61007', 'needs-person'))],
    ['the answer is lost', async () => Promise.reject(new FakeWeChatError('-1', 'unanswered'))],
    ['WeChat does not answer', never],
    ['the category is gone', async () => ({ categories: [] })],
    ['its papers have lapsed', async () => ({ categories: [{ ...category, auditStatus: '3', isExpired: true }] })],
    ['its status is one that nobody knows', async () => ({ categories: [{ ...category, auditStatus: '7' }] })],
  ];
  test.each(hints)('%s: the case gets a hint and reads for itself', async (_what, readCategories) => {
    const stage = createStage(quick);
    stage.readCategories = readCategories;
    await expectAnswer(stage, platformPush(miniProgramEvent('3')), 200, 'success');
    expect(stage.reports).toEqual([{ workflowId: miniProgramCase, report: { kind: 'hint' } }]);
    expect(await stage.counted(pushes('hinted', 'platform'))).toBe(1);
  });
});

describe('L8 the case is found by its address, without a search', () => {
  test('a case that is closed, or never was, is acknowledged and counted', async () => {
    const stage = createStage();
    stage.report = async () => 'no-such-case';
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    await expectAnswer(stage, platformPush(miniProgramEvent()), 200, 'success');
    expect(await stage.counted(pushes('no_case'))).toBe(1);
    expect(await stage.counted(pushes('no_case', 'platform'))).toBe(1);
  });

  test('an index is not asked while WeChat names the category', async () => {
    const stage = createStage();
    stage.findByAudit = async () => {
      throw new Error('asked');
    };
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    expect(stage.reports[0]?.workflowId).toBe(shopCase);
  });

  test.each([
    ['is refused', async () => Promise.reject(new Error('UNAVAILABLE'))],
    ['gets no answer', () => never<'delivered'>()],
  ])(
    'a signal that %s: 503, so that WeChat pushes again, and the case can be told from the log',
    async (_what, report) => {
      const stage = createStage(quick);
      stage.report = report;
      await expectAnswer(stage, shopPush(shopEvent()), 503, 'try again');
      await expectAnswer(stage, platformPush(miniProgramEvent()), 503, 'try again');
      expect(await stage.counted(pushes('undeliverable'))).toBe(1);
      expect(stage.log.map((line) => [line.level, line.fields.workflowId])).toEqual([
        ['warn', shopCase],
        ['warn', miniProgramCase],
      ]);
    },
  );

  test('the next push of the same verdict gets through once the case can be reached again', async () => {
    const stage = createStage(quick);
    stage.report = async () => Promise.reject(new Error('UNAVAILABLE'));
    await expectAnswer(stage, shopPush(shopEvent()), 503, 'try again');
    stage.report = async () => 'delivered';
    await expectAnswer(stage, shopPush(shopEvent()), 200, 'success');
    expect(stage.reports).toHaveLength(1);
  });

  test('with WeChat and Temporal both silent, the answer still comes within 3 s', async () => {
    const stage = createStage();
    stage.readFlow = never;
    stage.readCategories = never;
    stage.findByAudit = never;
    stage.report = never;
    const startedAt = performance.now();
    await Promise.all([
      expectAnswer(stage, shopPush(shopEvent()), 503, 'try again'),
      expectAnswer(stage, platformPush(miniProgramEvent()), 503, 'try again'),
    ]);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
