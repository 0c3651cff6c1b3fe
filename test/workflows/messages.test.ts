import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { CaseClosedError, UpdateRefusedError } from '../../src/client/index.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, test } from '../stage.ts';

const set = { 'licenses/1/2/images/0': image('food-permit.jpg') };
const leaf = fixtures.categories.byHand[0]?.leaf ?? '';

describe('messages', () => {
  for (const [what, argument] of Object.entries({
    nothing: undefined,
    null: null,
    'a text': 'approved',
    'a list': [1, 2],
    'an unknown kind': { kind: 'rumour' },
    'a verdict that nobody knows': { kind: 'read', auditId: '1', verdict: 'maybe', rawStatus: '9' },
    'an id that is a number': { kind: 'read', auditId: 4403159413, verdict: 'approved', rawStatus: '3' },
  }))
    test(`L10 a signal with ${what} is counted and ignored; the case lives on`, async ({ stage }) => {
      const handle = await stage.startShop(stage.shopInput());
      await stage.until(handle.workflowId, 'in_review');
      const workflow = stage.workflow(handle.workflowId);
      await (argument === undefined ? workflow.signal('auditReported') : workflow.signal('auditReported', argument));
      await stage.until(handle.workflowId, (view) => view.ignoredMessages === 1);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    });

  test('L10 what was decided by an older look is refused, whatever the status is now', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput());
    const { since } = await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit({ set, seenSince: since });
    await stage.until(handle.workflowId, (view) => view.status === 'needs_material' && view.attempts.length === 2);
    for (const late of [
      () => handle.resubmit({ set: { 'licenses/1/2/images/0': image('icp-filing.png') }, seenSince: since }),
      () => handle.withdraw({ seenSince: since }),
      () => handle.readAuditNow({ seenSince: since }),
    ])
      await expect(late()).rejects.toThrow(/has moved since it was looked at/);
    const { since: now } = await handle.view();
    await handle.withdraw({ seenSince: now });
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L10 of two corrections at the same moment one is taken and the other is told so; nothing is lost', async ({
    stage,
  }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    await stage.stopWorkers();
    const both = [image('food-permit.jpg'), image('icp-filing.png')].map((file) =>
      handle.resubmit({ set: { 'licenses/1/2/images/0': file } }).then(
        () => 'taken',
        (error: unknown) => error,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    stage.sandbox.addVerdictRule({ categoryId: leaf, when: 'by-hand' });
    await stage.startWorker();
    const answers = await Promise.all(both);
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(answers.find((answer) => answer !== 'taken')).toBeInstanceOf(UpdateRefusedError);
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.attempts).toHaveLength(2);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L10 the same correction sent twice under one update id is one correction', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    stage.sandbox.addVerdictRule({ categoryId: leaf, when: 'by-hand' });
    const updateId = randomUUID();
    const first = await handle.resubmit({ set }, { updateId });
    await stage.until(handle.workflowId, 'in_review');
    expect(await handle.resubmit({ set }, { updateId })).toEqual(first);
    expect((await handle.view()).attempts).toHaveLength(2);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L10 what does not fit the status is refused with a sentence, and leaves no trace in the history', async ({
    stage,
  }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    const before = (await stage.eventsOf(handle.workflowId)).length;
    await expect(handle.resubmit({ set })).rejects.toThrow(/in_review/);
    await expect(handle.retry()).rejects.toThrow(/only a blocked case/);
    await expect(handle.adopt()).rejects.toThrow(/foreign_audit/);
    const accepted = (await stage.eventsOf(handle.workflowId)).slice(before).map(({ type }) => type);
    expect(accepted).not.toContain('EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L10 empty corrections and paths outside the grammar are refused, each with its path', async ({ stage }) => {
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'rejected' });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'needs_material');
    await expect(handle.resubmit({})).rejects.toThrow(/nothing is corrected/);
    await expect(handle.resubmit({ set: { 'licences/1': 'x' } })).rejects.toThrow(/licences\/1/);
    await expect(handle.resubmit({ remove: ['licenses/1/2/images/7'] })).rejects.toThrow(/images\/7/);
    await expect(
      stage.workflow(handle.workflowId).executeUpdate('resubmit', { args: ['everything'] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('one object') } });
    expect(await handle.view()).toMatchObject({ status: 'needs_material' });
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L10 a withdrawal while submitting is acted on when the answer is known: the audit id is not lost', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'category/add', delayMs: 2500 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'submitting');
    expect(await handle.withdraw({ by: '小王' })).toMatchObject({ status: 'submitting', pending: 'withdraw' });
    await expect(handle.withdraw()).rejects.toThrow(/asked for already/);
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn', auditId: expect.stringMatching(/^\d+$/) });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'cancelled' }]);
  });

  test('L10 every signal, update and query is described for Web UI', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    const metadata = await stage.workflow(handle.workflowId).query<{
      currentDetails: string;
      definition: Record<string, { name: string; description?: string }[]>;
    }>('__temporal_workflow_metadata');
    const { queryDefinitions = [], signalDefinitions = [], updateDefinitions = [] } = metadata.definition;
    const ours = [...queryDefinitions, ...signalDefinitions, ...updateDefinitions].filter(
      ({ name }) => !name.startsWith('__'),
    );
    expect(ours.map(({ name }) => name).sort()).toEqual(
      ['accountChanged', 'adopt', 'auditReported', 'caseView', 'readAuditNow', 'resubmit', 'retry', 'withdraw'].sort(),
    );
    for (const { description } of ours) expect(description).toMatch(/\w{4}/);
    expect(metadata.currentDetails).toContain('in_review');
    const { staticSummary } = await stage.workflow(handle.workflowId).describe();
    expect(await staticSummary()).toContain(stage.appId);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });
});

describe('withdrawing', () => {
  test('L12 from review cancels the audit at WeChat', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'cancelled' }]);
  });

  test('L12 loses against an approval that was faster', async ({ stageOf }) => {
    const stage = await stageOf({ pushes: false });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L12 whose answer is lost is asked again and ends withdrawn', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: 'audit/cancel', loseAnswer: true }], push: { lose: true } });
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L12 that WeChat refuses for a person’s reason stays asked for, and is carried out later', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.setChaos({ rules: [{ operation: 'audit/cancel', errcode: 40164, times: 2 }] });
    await handle.withdraw();
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view).toMatchObject({ pending: 'withdraw', blocked: { errcode: '40164' } });
    await stage.advance(handle.workflowId, 900);
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'cancelled' }]);
  });

  test('L12 from a Mini Program’s review is refused with the sentence that says why', async ({ stage }) => {
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    await expect(handle.withdraw()).rejects.toThrow(/no call that withdraws/);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L12 an audit that the merchant cancels in the back office ends the case withdrawn', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'cancelled');
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });
});

describe('the end', () => {
  test('L13 cancelling the workflow in Temporal stops tracking and leaves WeChat’s audit alone', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    await stage.workflow(handle.workflowId).cancel();
    await expect(handle.result()).rejects.toMatchObject({ name: 'CaseCancelledError' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toMatchObject([{ status: 'open' }]);
  });

  test('L13 cancelled while submitting, the submission is finished before the workflow ends', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'category/add', delayMs: 1500 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'submitting');
    await stage.workflow(handle.workflowId).cancel();
    await expect(handle.result()).rejects.toMatchObject({ name: 'CaseCancelledError' });
    const events = await stage.eventsOf(handle.workflowId);
    const answer = events.find(({ event }) =>
      event.activityTaskCompletedEventAttributes?.result?.payloads?.some((payload) =>
        Buffer.from(payload.data ?? []).includes('auditId'),
      ),
    );
    expect(answer).toBeDefined();
  });

  test('L13 an end is a result: after it every message says that the case is closed, with the result', async ({
    stage,
  }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
    await expect(handle.resubmit({ set })).rejects.toBeInstanceOf(CaseClosedError);
    expect(await handle.view()).toMatchObject({ status: 'approved', canDo: [], waitingFor: 'nothing' });
  });

  test('L1 an approved case with three images costs no more events than promised', async ({ stage }) => {
    const input = stage.shopInput();
    if (input.material.form === 'licenses')
      for (const license of input.material.licenses)
        license.images = ['business-licence.png', 'food-permit.jpg', 'icp-filing.png'].map(image);
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
    const types = (await stage.eventsOf(handle.workflowId)).map(({ type }) => type.replace('EVENT_TYPE_', ''));
    // 24 of the bare workflow and 10; each upload that ends at another moment may cost a workflow task (3) in both.
    // The first read may still find the verdict before its push does: 2 more.
    expect(types.length).toBeLessThanOrEqual(34 + 6 + 2);
    expect(types.filter((type) => type === 'UPSERT_WORKFLOW_SEARCH_ATTRIBUTES')).toHaveLength(2);
    expect(types.filter((type) => type === 'TIMER_STARTED')).toHaveLength(0);
  });
});
