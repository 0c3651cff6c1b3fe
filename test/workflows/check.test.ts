/** `client.check`: a backend that has only Temporal asks a worker what the live rules say, and nothing is started or sent. */
import { connect, NoWorkerError, RulesUnavailableError } from '../../src/client/index.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, type Stage, test } from '../stage.ts';

const { categories, miniProgramCategories, brands } = fixtures;
const codesOf = ({ findings }: { findings: { level: string; code: string }[] }): string[] =>
  findings.map(({ level, code }) => `${level} ${code}`);

/** Every check's history is replayed with the cases'. */
async function checksOf(stage: Stage): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId, taskQueue } of stage.client.temporal.workflow.list({
    query: 'WorkflowType = "qualificationCheck"',
  }))
    if (taskQueue === stage.taskQueue) ids.push(workflowId);
  for (const id of ids) stage.started.add(id);
  return ids;
}

test('L2 check tells what the rules say of a shop case, images included, and sends nothing to WeChat', async ({
  stage,
}) => {
  const input = stage.shopInput({}, categories.needsBrands);
  const wrong = await stage.client.check({ ...input, brandIds: [brands.foreign] });
  expect(codesOf(wrong)).toEqual(['error brand-not-valid', 'note category-tips']);
  expect(wrong.rules).toMatchObject({ source: 'live', ageSeconds: expect.any(Number) });
  const [license] = 'licenses' in input.material ? input.material.licenses : [];
  if (license === undefined) throw new Error('the fixture has no licence');
  const broken = await stage.client.check({
    ...input,
    brandIds: [brands.own],
    material: { form: 'licenses', licenses: [{ ...license, images: [image('README.md')] }] },
  });
  expect(codesOf(broken)).toEqual(['error image-refused', 'note category-tips']);
  expect(broken.findings[0]?.path).toBe('material.licenses[0].images[0]');
  expect(codesOf(await stage.client.check({ ...input, brandIds: [brands.own] }))).toEqual(['note category-tips']);
  expect(stage.sandbox.requests('category/all')).toHaveLength(1);
  expect(stage.sandbox.requests('category/add')).toEqual([]);
  expect(stage.sandbox.uploads().counts[stage.appId] ?? 0).toBe(0);
  await expect.poll(() => checksOf(stage), { timeout: 20_000 }).toHaveLength(3);
});

test('L2 check tells what the rules say of a Mini Program case', async ({ stage }) => {
  const answer = await stage.client.check(
    stage.miniInput(
      { certificates: [{ key: '《营业执照》', images: [image('business-licence.png')] }] },
      miniProgramCategories.alternatives,
    ),
  );
  expect(codesOf(answer)).toEqual(['error certificate-missing', 'note category-remark']);
  expect(stage.sandbox.requests('wxopen/addcategory')).toEqual([]);
});

test('L2 check tells what is wrong with the shape without any worker', async ({ stageOf }) => {
  const stage = await stageOf({ pushes: false });
  const answer = await stage.client.check({ ...stage.shopInput(), brandIds: [] });
  expect(codesOf(answer)).toEqual(['error input']);
  expect(answer.findings[0]).toMatchObject({ path: 'brandIds', zh: expect.stringMatching(/\p{Script=Han}/u) });
  expect(answer.rules).toBeUndefined();
});

test('L15 check without a worker says so, and leaves nothing behind that would be done later', async ({ stageOf }) => {
  const stage = await stageOf({ pushes: false });
  const client = await connect({ connection: stage.connection, taskQueue: stage.taskQueue, updateTimeoutMs: 1_500 });
  await expect(client.check(stage.shopInput())).rejects.toThrow(NoWorkerError);
  const stillThere = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { taskQueue, status } of client.temporal.workflow.list({
      query: 'WorkflowType = "qualificationCheck" AND ExecutionStatus = "Terminated"',
    }))
      if (taskQueue === stage.taskQueue) found.push(status.name);
    return found;
  };
  await expect.poll(stillThere, { timeout: 20_000 }).toEqual(['TERMINATED']);
  await client.close();
});

test('L2 check says with code, request id and advice why WeChat gives no rules, and asks anew the next time', async ({
  stage,
}) => {
  stage.sandbox.setChaos({ rules: [{ operation: 'category/all', errcode: 61007, times: 1 }] });
  const failed = await stage.client.check(stage.shopInput()).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(RulesUnavailableError);
  expect(failed).toMatchObject({
    errcode: '61007',
    rid: expect.any(String),
    advice: expect.stringMatching(/\p{Script=Han}/u),
  });
  expect(codesOf(await stage.client.check(stage.shopInput()))).toEqual(['note category-tips']);
});

test('L10 check that another program starts with something else fails at once', async ({ stage }) => {
  const raw = await stage.client.temporal.workflow.start('qualificationCheck', {
    workflowId: `check/${stage.appId}`,
    taskQueue: stage.taskQueue,
    args: ['case'],
  });
  stage.started.add(raw.workflowId);
  await expect(raw.result()).rejects.toMatchObject({ cause: { type: 'BadInput' } });
});

test('L2 check works with encrypted histories', async ({ stageOf }) => {
  const stage = await stageOf({ pushes: false, codecKeys: `one:${Buffer.alloc(32, 7).toString('base64')}` });
  const worker = await stage.workerProcess();
  await worker.start();
  const answer = await stage.client.check(stage.shopInput());
  expect(codesOf(answer)).toEqual(['note category-tips']);
});
