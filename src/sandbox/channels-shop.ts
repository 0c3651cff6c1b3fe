/** The shop's calls (微信小店): categories, submission, forms, permissions, brands, shop info. */
import { type Audits, auditsOf, findAudit, findPermission } from './audits.ts';
import { type AccountCall, type Answer, bothPrefixes, type Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, isObject, type Members, parseWeChatBody, type Reader, wrongType } from './shape.ts';
import { auditInfo, categoryDetail, categoryTrees, formAnswer, formStatus, permissionAnswer } from './shop-answers.ts';
import { brandOperations } from './shop-brands.ts';
import { findShopCategory } from './shop-catalogue.ts';
import { nodeNames } from './shop-nodes.ts';
import { judgedSubmission } from './shop-submission.ts';
import type { AuditRecord, Standing } from './state.ts';
import { troubleOf } from './troubles.ts';
import { wireNumber } from './wire.ts';

/** "No documented maximum": the sandbox takes this one, so that a client pages. */
const maxFlowsPerPage = 100;
const shopStatus: Partial<Record<Standing, string>> = { closing: 'closing', closed: 'close_finished' };
/** Either of 85 and 129; newer copies of the pages add 192 (suppliers). */
const categorySets = [85, 129, 192];

/** Withdrawn on 2025-07-01: refused, so that nobody builds on them. */
export const withdrawnPaths: readonly string[] = [
  ...bothPrefixes('/category/audit/get'),
  ...bothPrefixes('/category/list/get'),
];

export function channelsShopOperations(audits: Audits): Operation[] {
  const post = (
    paths: string[],
    run: (call: AccountCall) => Answer | Promise<Answer>,
    permissionSets: readonly number[] = categorySets,
  ): Operation => ({ paths, methods: ['POST'], caller: 'channels-shop', permissionSets, run });
  const get = (paths: string[], run: (call: AccountCall) => Answer): Operation => ({
    paths,
    methods: ['GET'],
    caller: 'channels-shop',
    permissionSets: categorySets,
    run,
  });
  return [
    post(bothPrefixes('/category/add', '/channels/ec'), async (call) => {
      const { category, form, material, papersEndAt } = judgedSubmission(call);
      const audit = await audits.submit({
        account: call.account,
        categoryId: category.leaf,
        material,
        form,
        origin: 'api',
        isApprovedAtOnce: category.isApprovedAtOnce,
        papersEndAt,
      });
      return { audit_id: wireNumber(audit.id, call.world.state.drift.auditIdAs, 'number') };
    }),
    get(bothPrefixes('/category/all'), (call) => categoryTrees(call.world.state.drift)),
    post(bothPrefixes('/category/detail'), (call) => {
      const { body, reader } = bodyOf(call, ['cat_id']);
      const id = reader.id(body.cat_id, 'cat_id', 'number');
      if (nodeNames[id] !== undefined) throw new Refusal(10020079, 'invalid third-level category id');
      const category = findShopCategory(id);
      if (category === undefined) throw new Refusal(10020063, 'invalid category id');
      return categoryDetail(category, call.world.state.drift);
    }),
    post(bothPrefixes('/category/getbizcatflowlist'), (call) => flowList(call, audits)),
    post(bothPrefixes('/category/getbizcatflowdetail'), (call) => {
      const { body, reader } = bodyOf(call, ['audit_id']);
      const audit = ownAudit(call, reader.id(body.audit_id, 'audit_id', 'number'));
      if (audit === undefined) throw new Refusal(9401020, 'invalid parameter');
      const info = formAnswer(audit, call.world.state.drift);
      audits.countRead(audit);
      return { info };
    }),
    post(bothPrefixes('/category/get_category_relation_list'), relationList),
    post(bothPrefixes('/category/get_category_relation_detail'), relationDetail),
    post(bothPrefixes('/category/audit/cancel'), (call) => {
      const { body, reader } = bodyOf(call, ['audit_id']);
      const audit = ownAudit(call, reader.id(body.audit_id, 'audit_id', 'string'));
      if (audit === undefined || audit.status !== 'open') throw new Refusal(10020006, 'invalid audit id');
      audits.decide(audit, 'cancelled', '', 30);
      return {};
    }),
    ...brandOperations(categorySets),
    {
      paths: ['/channels/ec/basics/info/get'],
      methods: ['GET'],
      caller: 'channels-shop',
      permissionSets: [129, 131, 192],
      isForClosedShops: true,
      run: ({ account, world }) => ({
        info: {
          nickname: '沙盒小店',
          headimg_url: '',
          subject_type: '企业',
          status: shopStatus[troubleOf(world, account.appId).standing ?? 'good'] ?? 'open_finished',
          username: account.ghId,
          is_local_life: 0,
          open_timestamp: 1662480000,
        },
      }),
    },
    post(
      ['/channels/ec/product/categoryprecheck'],
      (call) => {
        const { body, reader } = bodyOf(call, ['cat_id']);
        if (body.cat_id === undefined) return { all_pass: true, fail_reasons: [] };
        const id = reader.id(body.cat_id, 'cat_id', 'number');
        if (nodeNames[id] !== undefined) throw new Refusal(10020504, 'the category is not a leaf');
        if (findShopCategory(id) === undefined) throw new Refusal(10020017, 'invalid category id');
        const isHeld = findPermission(call.world, call.account.appId, id)?.isInForce === true;
        const isPassed = isHeld || findShopCategory(id)?.isFree === true;
        return { all_pass: isPassed, fail_reasons: isPassed ? [] : ['店铺未获得该类目的发布权限'] };
      },
      [129],
    ),
  ];
}

/** The category ids that a body names, for the filters of chaos rules; nothing is refused here. */
export function categoryIdsNamedIn(body: unknown): string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    if (!isObject(value)) return;
    for (const [key, member] of Object.entries(value)) {
      if (['cat_id', 'category_id', 'level3'].includes(key)) found.push(String(member));
      else look(member);
    }
    if (value.first !== undefined && value.second !== undefined) found.push(`${value.first}-${value.second}`);
  };
  look(body);
  return found;
}

function flowList(call: AccountCall, audits: Audits): Answer {
  const { body, reader } = bodyOf(call, ['is_filter_status', 'status', 'offset', 'limit']);
  const { isFiltered, status } = statusFilter(body, reader);
  const offset = reader.integer(body.offset, 'offset');
  const limit = reader.integer(body.limit, 'limit');
  if (offset < 0 || limit < 1 || limit > maxFlowsPerPage) throw new Refusal(9401020, 'invalid offset or limit');
  const { drift } = call.world.state;
  const all = auditsOf(call.world, call.account.appId);
  const isAsked = (audit: AuditRecord): boolean => !isFiltered || formStatus[audit.status] === status;
  // The official sample asks for status 1 and is shown a 3 as well.
  const leak = drift.filterLeak ? all.find((audit) => !isAsked(audit)) : undefined;
  const shown = all.filter((audit) => isAsked(audit) || audit === leak).slice(offset, offset + limit);
  const list = shown.map((audit) => formAnswer(audit, drift));
  for (const audit of shown) audits.countRead(audit);
  return { list };
}

function relationList(call: AccountCall): Answer {
  const { body, reader } = bodyOf(call, ['is_filter_status', 'status']);
  const { isFiltered, status } = statusFilter(body, reader);
  const { drift, permissions } = call.world.state;
  const all = Object.values(permissions).filter((permission) => permission.appId === call.account.appId);
  const isAsked = (isInForce: boolean): boolean => !isFiltered || (isInForce ? 1 : 2) === status;
  const leak = drift.filterLeak ? all.find((permission) => !isAsked(permission.isInForce)) : undefined;
  return {
    list: all
      .filter((permission) => isAsked(permission.isInForce) || permission === leak)
      .map((permission) => ({
        id: wireNumber(permission.categoryId, drift.idsAs, 'number'),
        ...permissionAnswer(permission, drift),
      })),
  };
}

function relationDetail(call: AccountCall): Answer {
  const { body, reader } = bodyOf(call, ['category_id']);
  const id = reader.id(body.category_id, 'category_id', 'number');
  if (findShopCategory(id) === undefined) throw new Refusal(9401020, 'invalid parameter');
  const { drift } = call.world.state;
  const permission = findPermission(call.world, call.account.appId, id);
  // What WeChat answers for a category that was never held is undocumented: no error, and nothing but the id.
  const categoryId = { category_id: wireNumber(id, drift.idsAs, 'number') };
  if (permission === undefined) return categoryId;
  return {
    ...categoryId,
    ...permissionAnswer(permission, drift),
    audit_info: auditInfo(findAudit(call.world, permission.auditId)?.form, drift),
  };
}

function statusFilter(body: Members, reader: Reader): { isFiltered: boolean; status: number } {
  if (body.is_filter_status === undefined) throw new Refusal(9401020, 'is_filter_status is missing');
  const isFiltered = reader.truth(body.is_filter_status, 'is_filter_status');
  return { isFiltered, status: body.status === undefined ? 0 : reader.integer(body.status, 'status') };
}

/** An audit of another shop is as unknown as one that never was. */
function ownAudit(call: AccountCall, id: string): AuditRecord | undefined {
  const audit = findAudit(call.world, id);
  return audit?.appId === call.account.appId ? audit : undefined;
}

function bodyOf(call: AccountCall, allowed: readonly string[]): { body: Members; reader: Reader } {
  const reader = createReader(wrongType, call.world.state.drift.requestIds);
  return { reader, body: reader.members(parseWeChatBody(call.body), 'body', allowed) };
}
