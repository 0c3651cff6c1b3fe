/** `WXQ_MODE=observe`: everything is read, nothing is written to WeChat, whatever the activity. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  addRequest,
  byHand,
  type Environment,
  image,
  miniByHand,
  openEnvironment,
  program,
  resultOf,
  shop,
  uploadRequest,
  writeRequest,
} from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const observing = { deps: { mode: 'observe' as const } };
const writes = /upload|category\/add|audit\/cancel|addcategory|modifycategory|deletecategory/;
const written = () => env.sandbox.requests().filter(({ operation }) => writes.test(operation));

test('L13 observe: no activity that writes sends anything, and each says why', async () => {
  const [add, write] = [await addRequest(env), await writeRequest(env)];
  const audit = await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf });
  const before = written().length;
  const licence = uploadRequest([image('business-licence.png')]);
  const ended = [
    await env.run('uploadQualificationImage', licence, observing),
    await env.run('addCategory', add, observing),
    await env.run('addCategory', { ...add, pace: 'slow' }, { ...observing, attempt: 2 }),
    await env.run('cancelCategoryAudit', { account: shop, auditId: audit.id }, observing),
    await env.run('uploadTemporaryImage', { ...licence, account: program }, observing),
    await env.run('addMiniProgramCategory', write, observing),
    await env.run('modifyCategory', write, observing),
  ];
  for (const { failure, details } of ended) {
    expect(failure?.type).toBe('NeedsPerson');
    expect(details?.reason).toMatch(/^observe: /);
    expect(details?.advice).toContain('WXQ_MODE');
  }
  expect(written()).toHaveLength(before);
  expect(env.sandbox.audits({ status: 'cancelled' })).toEqual([]);
});

test('L13 observe: every read goes on, and an image is still fetched and judged', async () => {
  await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf, status: 'approved' });
  const permission = { account: shop, leaf: byHand.leaf };
  expect(resultOf(await env.run('readCategoryPermission', permission, observing)).inForce).toBe(true);
  const { first, second } = miniByHand;
  const setting = await env.run('readCategorySetting', { account: program, first, second }, observing);
  expect(setting.result?.state).toBe('absent');
  const missing = await env.run('uploadQualificationImage', uploadRequest(['nowhere.png']), observing);
  expect(missing.failure?.type).toBe('MaterialRefused');
});

test('the search for secrets finds one: a failure that holds it does not pass', async () => {
  const leak = async () => {
    throw new Error(`https://example.com/?token=${env.sandbox.issueToken(shop).accessToken}`);
  };
  await env.run('readCategoryPermission', { account: shop, leaf: byHand.leaf });
  const upload = env.run('uploadQualificationImage', uploadRequest(['x.png']), { deps: { fetchImage: leak } });
  await expect(upload).rejects.toThrow('a secret is in the failure of uploadQualificationImage');
});
