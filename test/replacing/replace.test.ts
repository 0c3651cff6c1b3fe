/** One renewed image for many cases: which cases are meant, what each is sent, and that repeating it is harmless. */
import { expect, it } from 'vitest';
import {
  CaseClosedError,
  CaseNotFoundError,
  type CaseRow,
  type CaseView,
  NoWorkerError,
  type QualificationClient,
  type Resubmission,
  UpdateRefusedError,
} from '../../src/client/index.ts';
import { type Renewal, replaceInAll, resubmissionOf, validityChanges } from '../../src/replacing/replace.ts';
import { type CaseMaterial, findUses, paperOf, type UsesAround } from '../../src/replacing/uses.ts';
import { someView } from '../cli/run.ts';

const [old, other, renewed] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
const renewal: Renewal = { replaces: old, source: '/new.png', sha256: renewed, validUntil: '2036-05-20', by: '李雷' };

const view = (appId: string, leaf: string, changes: Partial<CaseView> = {}): CaseView =>
  someView({ appId, categoryId: leaf, workflowId: `channels-shop/${appId}/${leaf}`, ...changes });

/** A client that knows these cases; listed as `needs_material` whatever they are by now. */
function clientOf(views: CaseView[], answer: (workflowId: string) => Error | undefined = () => undefined) {
  const sent: { workflowId: string; resubmission: Resubmission; updateId: string | undefined }[] = [];
  const client: Pick<QualificationClient, 'list' | 'get'> = {
    list: async function* ({ status } = {}) {
      if (status !== 'needs_material') return;
      for (const { workflowId, appId, categoryId } of views)
        yield { workflowId, appId, categoryId, platform: 'channels-shop', status, execution: 'running' } as CaseRow;
    },
    get: (workflowId) =>
      ({
        view: async () => {
          const found = views.find((one) => one.workflowId === workflowId);
          if (found?.categoryId === 'gone') throw new CaseNotFoundError(workflowId);
          return found;
        },
        resubmit: async (resubmission: Resubmission, options?: { updateId?: string }) => {
          sent.push({ workflowId, resubmission, updateId: options?.updateId });
          const error = answer(workflowId);
          if (error !== undefined) throw error;
          return { attempt: 2, status: 'preparing' };
        },
      }) as unknown as ReturnType<QualificationClient['get']>,
  };
  return { client, sent };
}

/** Nothing of the inputs matters where every image was read, and no licence is dated. */
const find = (client: UsesAround['client'], around: Partial<UsesAround> = {}) =>
  findUses({
    client,
    appIds: new Set(['wxours']),
    sha256: old,
    inputOf: async () => undefined,
    sha256At: () => Promise.reject(new Error('nothing is to be fetched')),
    ...around,
  });

it('finds the open cases of these accounts that use the image, and never looks at other accounts', async () => {
  const looked: string[] = [];
  const { client } = clientOf([
    view('wxours', '1', { since: '2026-01-02T00:00:00Z' }),
    view('wxours', '2', { since: '2026-01-01T00:00:00Z', status: 'in_review', canDo: ['withdraw'] }),
    view('wxours', '3', { material: [{ path: 'certificate/0', sha256: other }] }),
    view('wxours', '4', { status: 'approved' }),
    view('wxours', 'gone'),
    view('wxtheirs', '1'),
  ]);
  const get: typeof client.get = (id) => {
    looked.push(id);
    return client.get(id);
  };
  const { uses } = await find({ ...client, get });
  expect(uses.map(({ workflowId, isOpenForMaterial }) => [workflowId, isOpenForMaterial])).toEqual([
    ['channels-shop/wxours/2', false],
    ['channels-shop/wxours/1', true],
  ]);
  expect(looked.some((id) => id.includes('wxtheirs'))).toBe(false);
});

it('replaces every place of the image, and dates the papers that it belongs to', async () => {
  const material = ['licenses/1/2/images/0', 'licenses/1/2/images/3', 'licenses/9/11/images/0', 'baobeihan/1'].map(
    (path) => ({
      path,
      sha256: old,
    }),
  );
  const { client } = clientOf([view('wxours', '1', { material, since: '2026-01-02T00:00:00Z' })]);
  const [use] = (await find(client)).uses;
  if (use === undefined) throw new Error('the case was not found');
  const image = { source: '/new.png', sha256: renewed };
  expect(resubmissionOf(use, renewal)).toEqual({
    set: {
      'licenses/1/2/images/0': image,
      'licenses/1/2/images/3': image,
      'licenses/9/11/images/0': image,
      'baobeihan/1': image,
      'licenses/1/2/validUntil': '2036-05-20',
      'licenses/9/11/validUntil': '2036-05-20',
    },
    by: '李雷',
    seenSince: '2026-01-02T00:00:00Z',
  });
  expect(paperOf('certificates/images/images/0')).toBe('certificates/images');
  expect([paperOf('certificate/0'), paperOf('jingyingliushui/2')]).toEqual([undefined, undefined]);
});

const shopInput = (images: CaseImages, fields?: Record<string, string>): CaseMaterial => ({
  appId: 'wxours',
  category: { leaf: '1' },
  material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images, ...(fields && { fields }) }] },
});
type CaseImages = (string | { source: string; sha256: string })[];

it('finds an image that was never read by what the input names, or by what is at its address now, and says how', async () => {
  const images: CaseImages = [
    '/old.png',
    { source: '/moved.png', sha256: old },
    `material:${old}`,
    'https://example.com/same.png',
    'https://example.com/another.png',
    { source: '/old.png', sha256: other },
    '/gone.png',
  ];
  const material = images.map((_, n) => ({ path: `licenses/1/2/images/${n}` }));
  const { client } = clientOf([
    view('wxours', '1', { material }),
    view('wxours', '2'),
    view('wxtheirs', '1', { material }),
  ]);
  const fetched: string[] = [];
  const asked: string[] = [];
  const { uses, unsure } = await find(client, {
    source: '/old.png',
    inputOf: async (id) => {
      asked.push(id);
      return shopInput(images);
    },
    sha256At: async (source) => {
      fetched.push(source);
      return source.endsWith('gone.png') ? undefined : source.endsWith('same.png') ? old : other;
    },
  });
  expect(uses.find(({ workflowId }) => workflowId.endsWith('/1'))?.matchedBy).toEqual({
    'licenses/1/2/images/0': 'address',
    'licenses/1/2/images/1': 'named',
    'licenses/1/2/images/2': 'named',
    'licenses/1/2/images/3': 'fetched',
  });
  expect(uses.find(({ workflowId }) => workflowId.endsWith('/2'))?.matchedBy).toEqual({
    'licenses/1/2/images/0': 'sent',
  });
  expect(unsure).toEqual(['channels-shop/wxours/1']);
  // What lies elsewhere is read once; of another principal's case nothing is looked at.
  expect(fetched).toEqual(['https://example.com/same.png', 'https://example.com/another.png', '/gone.png']);
  expect(asked.some((id) => id.includes('wxtheirs'))).toBe(false);
});

it('an address that many cases name is read once', async () => {
  const views = ['1', '2', '3'].map((leaf) => view('wxours', leaf, { material: [{ path: 'licenses/1/2/images/0' }] }));
  const { client } = clientOf(views);
  let reads = 0;
  const { uses } = await find(client, {
    inputOf: async () => shopInput(['/shared.png']),
    sha256At: async () => {
      reads += 1;
      return old;
    },
  });
  expect([uses.length, reads]).toEqual([3, 1]);
});

it('writes the new end into the field that WeChat reads as the old one is written, and leaves what it cannot write', async () => {
  const key = 'audit_license_validty_period';
  const changesOf = async (value: string, dated: Partial<Renewal> = renewal) => {
    const { client } = clientOf([view('wxours', '1')]);
    const [use] = (await find(client, { inputOf: async () => shopInput([], { [key]: value, other: 'x' }) })).uses;
    if (use === undefined) throw new Error('the case was not found');
    return [validityChanges(use, dated), resubmissionOf(use, { ...renewal, ...dated }).set];
  };
  const path = `licenses/1/2/fields/${key}`;
  expect(await changesOf('2026年5月21日')).toEqual([
    [{ path, from: '2026年5月21日', to: '2036年5月20日' }],
    expect.objectContaining({ [path]: '2036年5月20日', 'licenses/1/2/validUntil': '2036-05-20' }),
  ]);
  const [changes, set] = await changesOf('2016-05-21至2026-05-20');
  expect(changes).toEqual([{ path, from: '2016-05-21至2026-05-20' }]);
  expect(set).not.toHaveProperty([path]);
  const { client } = clientOf([view('wxours', '1')]);
  const [use] = (await find(client, { inputOf: async () => shopInput([], { [key]: '2026-05-20' }) })).uses;
  expect(use && validityChanges(use, {})).toEqual([]);
});

it('sends to those that take material, tells refused and closed ones apart, and repeats under the same updateId', async () => {
  const errors: Record<string, Error> = {
    'channels-shop/wxours/2': new UpdateRefusedError('channels-shop/wxours/2', 'the case has moved on'),
    'channels-shop/wxours/3': new CaseClosedError('channels-shop/wxours/3', { ending: 'terminated' }),
  };
  const views = ['1', '2', '3', '4'].map((leaf) =>
    view('wxours', leaf, leaf === '4' ? { status: 'blocked', canDo: ['retry'] } : {}),
  );
  const { client, sent } = clientOf(views, (id) => errors[id]);
  const { uses } = await find(client);
  const told: string[] = [];
  const results = await replaceInAll(uses, renewal, { client, onResult: ({ outcome }) => void told.push(outcome) });
  expect(results.map(({ workflowId, outcome }) => [workflowId.at(-1), outcome]).sort()).toEqual([
    ['1', 'resubmitted'],
    ['2', 'refused'],
    ['3', 'closed'],
  ]);
  expect(told).toHaveLength(3);
  await replaceInAll(uses, renewal, { client });
  await replaceInAll(uses, { ...renewal, sha256: other }, { client });
  const ids = sent.filter(({ workflowId }) => workflowId.endsWith('/1')).map(({ updateId }) => updateId);
  expect(ids[0]).toMatch(/^renewed-[0-9a-f]{40}$/);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

it('stops when no worker answers', async () => {
  const { client, sent } = clientOf(
    Array.from({ length: 20 }, (_, at) => view('wxours', String(at + 1))),
    () => new NoWorkerError('queue', 10_000),
  );
  const { uses } = await find(client);
  await expect(replaceInAll(uses, renewal, { client, atOnce: 2 })).rejects.toThrow(NoWorkerError);
  expect(sent.length).toBeLessThan(5);
});
