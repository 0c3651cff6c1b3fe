/** The start itself compares the input with the live rules: what WeChat would refuse is not even uploaded. */
import { describe } from 'vitest';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { CaseView } from '../../src/contract/qualification.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, type Stage, test } from '../stage.ts';

const { categories, miniProgramCategories, brands } = fixtures;
const licence = image('business-licence.png');
const permit = image('food-permit.jpg');

/** The two groups of a thermometer's category, answered as they should be. */
const licenses = [
  { groupId: '10', licenseId: '12', images: [licence] },
  { groupId: '9', licenseId: '14', images: [permit], fields: { audit_license_registration_no: '京械备20210001号' } },
];
const thermometer = (material: Partial<Extract<ChannelsShopInput['material'], { form: 'licenses' }>> = {}) => ({
  category: { catsV2: categories.needsLicenses.catsV2 },
  material: { form: 'licenses' as const, licenses, ...material },
});

const nothingSent = (stage: Stage, appId = stage.appId): void => {
  expect(stage.sandbox.uploads().counts[appId] ?? 0).toBe(0);
  for (const operation of ['category/add', 'wxopen/addcategory', 'wxopen/modifycategory'])
    expect(stage.sandbox.requests(operation)).toEqual([]);
};
const errorsOf = ({ findings = [] }: CaseView): string[] =>
  findings.filter(({ level }) => level === 'error').map(({ code, path }) => `${code} ${path}`);

interface Wrong {
  input: (stage: Stage) => Partial<ChannelsShopInput>;
  errors: string[];
  /** The resubmission that mends it; without one the case is given up. */
  mend?: Parameters<Awaited<ReturnType<Stage['startShop']>>['resubmit']>[0];
}

const wrong: Record<string, Wrong> = {
  'a wrong licence group, so that a necessary one is missing': {
    input: () =>
      thermometer({ licenses: licenses.map((one) => (one.groupId === '9' ? { ...one, groupId: '99' } : one)) }),
    errors: ['license-group-missing material.licenses', 'license-group-unknown material.licenses[1].groupId'],
    mend: {
      set: {
        'licenses/9/14/images/0': permit,
        'licenses/9/14/fields/audit_license_registration_no': '京械备20210001号',
      },
      remove: ['licenses/99/14'],
    },
  },
  'a necessary field missing': {
    input: () => thermometer({ licenses: licenses.map(({ fields: _fields, ...one }) => one) }),
    errors: ['license-field-missing material.licenses[1].fields'],
    mend: { set: { 'licenses/9/14/fields/audit_license_registration_no': '京械备20210001号' } },
  },
  'a field that does not match its expression': {
    input: () =>
      thermometer({
        licenses: licenses.map((one) =>
          one.fields === undefined ? one : { ...one, fields: { audit_license_registration_no: '无' } },
        ),
      }),
    errors: ['license-field-format material.licenses[1].fields["audit_license_registration_no"]'],
    mend: { set: { 'licenses/9/14/fields/audit_license_registration_no': '京械备20210001号' } },
  },
  'a brand that is not valid for this shop': {
    input: (stage) => ({ ...stage.shopInput({}, categories.needsBrands), brandIds: [brands.foreign] }),
    errors: ['brand-not-valid brandIds[0]'],
    mend: { set: { brandIds: [brands.own] } },
  },
  'no brand where one is needed': {
    input: (stage) => stage.shopInput({}, categories.needsBrands),
    errors: ['brand-missing brandIds'],
    mend: { set: { brandIds: [brands.own] } },
  },
  'a brand that the category does not list': {
    input: (stage) => ({ ...stage.shopInput({}, categories.directedEntry), brandIds: [brands.ownToo] }),
    errors: ['brand-not-in-category brandIds[0]'],
    mend: { set: { brandIds: [brands.own] } },
  },
  'a category that takes no applications': {
    input: (stage) => ({
      ...stage.shopInput({}, categories.takesNoApplications),
      material: { form: 'certificate', certificate: [licence] },
    }),
    errors: ['category-takes-no-application category'],
  },
  'a category that is no leaf': {
    input: (stage) => ({
      ...stage.shopInput(),
      category: { catsV2: categories.needsLicenses.catsV2.slice(0, -1) },
    }),
    errors: ['category-not-leaf category', 'license-group-unknown material.licenses[0].groupId'],
  },
};

describe('a Channels Shop case whose input the rules refuse stops before anything is sent', () => {
  for (const [what, { input, errors, mend }] of Object.entries(wrong))
    test(`L2 L9 with ${what}`, async ({ stage }) => {
      const handle = await stage.startShop({ ...stage.shopInput(), ...input(stage) });
      const view = await stage.until(handle.workflowId, 'needs_material');
      expect(errorsOf(view)).toEqual(errors);
      expect(view.attempts).toMatchObject([
        {
          number: 1,
          verdict: 'refused',
          source: 'refused',
          reason: expect.stringMatching(/^check: .*\p{Script=Han}/u),
        },
      ]);
      for (const finding of view.findings ?? [])
        if (finding.level === 'error') {
          expect(view.attempts[0]?.reason).toContain(finding.zh);
          expect(view.attempts[0]?.reason).toContain(finding.en);
        }
      nothingSent(stage);
      if (mend === undefined) {
        await handle.withdraw();
        expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
        return;
      }
      await handle.resubmit(mend);
      const mended = await stage.until(handle.workflowId, 'in_review');
      expect(errorsOf(mended)).toEqual([]);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us', attempts: [{}, { number: 2 }] });
    });

  test('L2 L9 with more than ten images, which only another program can start', async ({ stage }) => {
    const input = stage.shopInput({
      material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: Array(11).fill(licence) }] },
    });
    const workflowId = `channels-shop/${stage.appId}/${categories.byHand[0]?.leaf}`;
    stage.started.add(workflowId);
    await stage.client.temporal.workflow.start('channelsShopQualification', {
      workflowId,
      taskQueue: stage.taskQueue,
      args: [input],
    });
    const view = await stage.until(workflowId, 'needs_material');
    expect(errorsOf(view)).toEqual(['image-count material.licenses[0].images']);
    nothingSent(stage);
    await stage.client.get(workflowId).withdraw();
    await stage.client.get(workflowId).result();
  });

  test('L2 a correction is checked again, and force sends it against the rules', async ({ stage }) => {
    const handle = await stage.startShop({
      ...stage.shopInput(),
      ...thermometer({ licenses: licenses.slice(0, 1) }),
    });
    await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit({ set: { 'licenses/10/12/images/0': permit } });
    const still = await stage.until(
      handle.workflowId,
      ({ status, attempts }) => status === 'needs_material' && attempts.length === 2,
    );
    expect(errorsOf(still)).toEqual(['license-group-missing material.licenses']);
    nothingSent(stage);
    await handle.resubmit({ force: true });
    const refused = await stage.until(
      handle.workflowId,
      ({ status, attempts }) => status === 'needs_material' && attempts.length === 3,
    );
    expect(refused.attempts.at(-1)?.reason).toContain('9700234');
    expect(stage.sandbox.requests('category/add')).toHaveLength(1);
    await handle.withdraw();
    await handle.result();
  });

  test('L2 skipCheck at the start: WeChat itself says what is wrong', async ({ stage }) => {
    const handle = await stage.startShop({
      ...stage.shopInput({ skipCheck: true }),
      ...thermometer({ licenses: licenses.slice(0, 1) }),
    });
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ source: 'refused', reason: expect.stringContaining('9700234') }]);
    expect(view.findings).toBeUndefined();
    expect(stage.sandbox.requests('category/all')).toEqual([]);
    await handle.withdraw();
    await handle.result();
  });

  test('L2 warnings and the words of the category are shown and stop nothing', async ({ stage }) => {
    const handle = await stage.startShop({
      ...stage.shopInput({}, categories.needsBrands),
      brandIds: [brands.aboutToExpire],
    });
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(view.findings?.map(({ code, level }) => `${level} ${code}`)).toEqual([
      'warning brand-expiring',
      'note category-tips',
    ]);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect((await handle.result()).outcome).toBe('approved');
  });

  test('L2 an approved case costs as many history events as without the check', async ({ stage }) => {
    const events = async (skipCheck: boolean): Promise<number> => {
      const handle = await stage.startShop(stage.shopInput({ skipCheck }, categories.byHand[skipCheck ? 1 : 0]));
      await stage.until(handle.workflowId, 'in_review');
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      await handle.result();
      const types = (await stage.eventsOf(handle.workflowId)).map(({ type }) => type);
      // The moments at which uploads end, and whether the first look was slow, are not this test's matter.
      return types.filter((type) => !/WORKFLOW_TASK|ACTIVITY/.test(type)).length;
    };
    // The first case reads the rules, which may take longer than a first look may.
    expect(await events(false)).toBe(await events(true));
  });
});

describe('rules that cannot be read never stop a case', () => {
  for (const [what, rule] of Object.entries({
    'WeChat refuses (48001)': { errcode: 48001 },
    'WeChat refuses (61007)': { errcode: 61007 },
    'nobody answers': { status: 502 },
    'no whole answer comes': { reset: true as const },
  }))
    test(`L2 ${what}: it goes on and says so`, async ({ stage }) => {
      stage.sandbox.setChaos({ rules: [{ operation: 'category/all', times: 99, ...rule }] });
      const handle = await stage.startShop(stage.shopInput());
      const view = await stage.until(handle.workflowId, 'in_review');
      expect(view.findings).toMatchObject([{ code: 'rules-unread', level: 'warning' }]);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect((await handle.result()).outcome).toBe('approved');
    });
});

describe('many cases of one shop', () => {
  test('L2 read its trees once', async ({ stage }) => {
    const handles = await Promise.all(
      categories.byHand.slice(0, 6).map((fixture) => stage.startShop(stage.shopInput({}, fixture))),
    );
    for (const { workflowId } of handles) await stage.until(workflowId, 'in_review', 60_000);
    expect(stage.sandbox.requests('category/all')).toHaveLength(1);
    for (const audit of stage.sandbox.audits({ appId: stage.appId, status: 'open' }))
      stage.sandbox.decide(audit.id, 'approved');
    await Promise.all(handles.map((handle) => handle.result()));
  });
});

describe('a Mini Program case whose input the rules refuse stops before anything is sent', () => {
  test('L2 L9 with a key that is not byte for byte the name', async ({ stage }) => {
    const [[name = ''] = []] = miniProgramCategories.blankedName.alternatives;
    const handle = await stage.startMini(
      stage.miniInput({ certificates: [{ key: name.trim(), images: [licence] }] }, miniProgramCategories.blankedName),
    );
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(errorsOf(view)).toEqual(['certificate-key-not-exact certificates[0].key']);
    expect(view.attempts[0]?.reason).toContain(JSON.stringify(name));
    nothingSent(stage, stage.miniAppId);
    await handle.resubmit({
      set: { [`certificates/${encodeURIComponent(name)}/images/0`]: licence },
      remove: [`certificates/${encodeURIComponent(name.trim())}`],
    });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 L9 with no quota left it is blocked, and only a person goes on', async ({ stage }) => {
    const wechat = stage.wechat.miniProgram({ appId: stage.miniAppId, componentAppId: stage.componentAppId });
    const setQuota = (monthlyLimit: number) =>
      stage.sandbox.setAccounts({
        shops: [],
        platforms: [
          {
            componentAppId: stage.componentAppId,
            authorizers: [{ appId: stage.miniAppId, platform: 'mini-program', monthlyLimit }],
          },
        ],
      });
    setQuota(0);
    expect((await wechat.getCategory()).quota).toBe(0);
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ during: 'preflight', errcode: '53300', onlyByRetry: true });
    expect(view.blocked?.reason).toMatch(/^quota: .*53300/);
    nothingSent(stage, stage.miniAppId);
    setQuota(5);
    await handle.readAuditNow();
    await stage.until(handle.workflowId, 'blocked');
    nothingSent(stage, stage.miniAppId);
    await handle.retry();
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});
