/** The client against the sandbox, whose strict shapes were written by hand from the pages and know nothing of ours. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSandbox, fixtures } from '../../src/sandbox/index.ts';
import { channelsAuditVerdict, createAccessTokens, miniProgramAuditState } from '../../src/wechat/index.ts';
import { clientFor } from './loopback.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const image = { bytes: png, filename: '营业执照.png', contentType: 'image/png' };

async function start() {
  const sandbox = await createSandbox({ port: 0, callbackBaseUrl: 'http://127.0.0.1:1' });
  onTestFinished(() => sandbox.close());
  const tokens = createAccessTokens({
    baseUrl: sandbox.url,
    credentialsOf: ({ componentAppId }) =>
      componentAppId === undefined
        ? { secret: fixtures.shop.secret }
        : { tokenService: { url: `${sandbox.url}/sandbox/token`, bearer: fixtures.platform.tokenServiceBearer } },
  });
  const client = clientFor(sandbox.url, { tokens });
  const { componentAppId } = fixtures.platform;
  return {
    sandbox,
    shop: client.channelsShop({ appId: fixtures.shop.appId }),
    platformShop: client.channelsShop({ appId: fixtures.platformShop.appId, componentAppId }),
    miniProgram: client.miniProgram({ appId: fixtures.miniProgram.appId, componentAppId }),
  };
}

describe('the client against the sandbox', () => {
  it.each(['shop', 'platformShop'] as const)('%s: upload, submit, rejected, submit again, approved', async (who) => {
    const started = await start();
    const { sandbox } = started;
    const shop = started[who];
    const category = fixtures.categories.byHand[0];
    if (category === undefined) throw new Error('no category by hand');
    const submit = async () => {
      const { fileId } = await shop.uploadQualification(image);
      const licenseGroups = category.groups.map(({ groupId, licences: [licence] }) => ({
        licenseGroupId: groupId,
        licenseId: licence?.licenseId ?? '',
        fileIds: [fileId],
        fields: [],
      }));
      return await shop.addCategory({ catsV2: category.catsV2, isNewApplyCat: true, licenseGroups });
    };
    expect(await shop.getCategoryRelationDetail(category.leaf)).toEqual({ categoryId: category.leaf });

    const first = await submit();
    expect(BigInt(first.auditId)).toBeGreaterThan(2n ** 53n);
    await expect(submit()).rejects.toMatchObject({ errcode: '10020064', kind: 'already-landed', delivery: 'answered' });
    const open = await shop.getBizCatFlowDetail(first.auditId);
    expect(open).toMatchObject({ catId: category.leaf, auditId: first.auditId });
    expect(channelsAuditVerdict(open.status, 'flow')).toBe('in_review');

    sandbox.decide(first.auditId, 'rejected', '图片不清晰');
    const rejected = await shop.getBizCatFlowDetail(first.auditId);
    expect(rejected).toMatchObject({ auditReason: '图片不清晰' });
    expect(channelsAuditVerdict(rejected.status, 'flow')).toBe('rejected');

    const second = await submit();
    sandbox.decide(second.auditId, 'approved');
    const flows = await shop.getBizCatFlowList({ offset: 0, limit: 10 });
    expect(flows.map(({ auditId }) => auditId).sort()).toEqual([first.auditId, second.auditId].sort());
    expect(await shop.getCategoryRelationDetail(category.leaf)).toMatchObject({
      status: '1',
      quaId: expect.any(String),
    });
    expect((await shop.getCategoryRelationList()).map(({ categoryId }) => categoryId)).toContain(category.leaf);
  });

  it('an audit is cancelled, and one that never was is refused', async () => {
    const { shop } = await start();
    const { catsV2 } = fixtures.categories.olderFormAccepted;
    const { fileId } = await shop.uploadQualification(image);
    const { auditId } = await shop.addCategory({ catsV2, isNewApplyCat: false, certificate: [fileId] });
    await shop.cancelCategoryAudit(auditId);
    const { status } = await shop.getBizCatFlowDetail(auditId);
    expect(channelsAuditVerdict(status, 'flow')).toBe('cancelled');
    await expect(shop.cancelCategoryAudit('1')).rejects.toMatchObject({ errcode: '10020006' });
  });

  it('the surroundings of an application are read', async () => {
    const { shop } = await start();
    const { needsLicenses, needsBrands } = fixtures.categories;
    const { cats, catsV2 } = await shop.getAllCategories();
    expect(catsV2.flat().map(({ catId }) => catId)).toContain(needsLicenses.leaf);
    const groups = cats.flat().find(({ catId }) => catId === needsLicenses.leaf)?.qua?.licenseGroups;
    expect(groups?.map(({ licenseGroupId }) => licenseGroupId)).toEqual(
      needsLicenses.groups.map(({ groupId }) => groupId),
    );
    expect((await shop.getCategoryDetail(needsBrands.leaf)).isLimitBrand).toBe(true);
    const { brands } = await shop.getValidBrands({ pageSize: 50 });
    expect(brands.map(({ brandId }) => brandId)).toContain(fixtures.brands.own);
    expect((await shop.getShopInfo()).username).toBe(fixtures.shop.ghId);
    expect((await shop.categoryPrecheck(needsBrands.leaf)).allPass).toEqual(expect.any(Boolean));
  });

  it('the Mini Program: upload, add, rejected, modify, passed, delete', async () => {
    const { sandbox, miniProgram } = await start();
    const category = fixtures.miniProgramCategories.byHand[0];
    if (category === undefined) throw new Error('no category by hand');
    const { first, second } = category;
    const application = async () => {
      const { mediaId } = await miniProgram.uploadTemporaryMedia(image);
      return { first, second, certificates: (category.alternatives[0] ?? []).map((key) => ({ key, mediaId })) };
    };
    const state = async () => {
      const { categories } = await miniProgram.getCategory();
      const found = categories.find((one) => one.first === first && one.second === second);
      return found === undefined ? 'absent' : miniProgramAuditState(found.auditStatus, found.isExpired);
    };
    const openAudit = () => sandbox.audits().find(({ status }) => status === 'open')?.id ?? '';

    expect((await miniProgram.getAllCategories()).map(({ id }) => id)).toContain(second);
    expect(await miniProgram.getCategoriesByType(1)).not.toEqual([]);
    expect(await state()).toBe('absent');
    await expect(miniProgram.modifyCategory(await application())).rejects.toMatchObject({ errcode: '53306' });
    await miniProgram.addCategory(await application());
    expect(await state()).toBe('in_review');
    await expect(miniProgram.addCategory(await application())).rejects.toMatchObject({
      errcode: '53304',
      kind: 'already-landed',
    });
    sandbox.decide(openAudit(), 'rejected', '执照过期');
    expect(await state()).toBe('rejected');
    await miniProgram.modifyCategory(await application());
    sandbox.decide(openAudit(), 'approved');
    expect(await state()).toBe('approved');
    await miniProgram.deleteCategory({ first, second });
    expect(await state()).toBe('absent');
  });

  it('L9 a token that ran out is renewed inside the call', async () => {
    const { sandbox, shop, miniProgram } = await start();
    await shop.getShopInfo();
    await miniProgram.getCategory();
    sandbox.setClock({ advanceSeconds: 8_000 });
    expect((await shop.getShopInfo()).username).toBe(fixtures.shop.ghId);
    await miniProgram.getCategory();
    const renewed = sandbox.requests().filter(({ errcode }) => String(errcode) === '42001');
    expect(renewed.map(({ path }) => path)).toEqual(['/channels/ec/basics/info/get', '/cgi-bin/wxopen/getcategory']);
  });
});
