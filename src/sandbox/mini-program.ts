/** The Mini Program's calls on behalf (小程序类目): read the setting and the catalogue, add, modify, delete. */
import { type Audits, auditsOf, earliest, findAudit, miniAuditId } from './audits.ts';
import { findMiniCategory, type MiniCategory, miniCategories } from './mini-program-catalogue.ts';
import type { AccountCall, Answer, Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, parseWeChatBody, type Reader, wrongType } from './shape.ts';
import type { AuditRecord, AuditStatus } from './state.ts';
import { isMediaUsable } from './uploads.ts';
import { wireNumber } from './wire.ts';
import { beijingMonth, type World } from './world.ts';

/** 1 in review, 2 rejected, 3 passed. Nothing cancels a review here. */
const settingStatus: Record<AuditStatus, number> = { open: 1, rejected: 2, approved: 3, cancelled: 2 };

interface Certificate {
  key: string;
  mediaId: string;
  /** Milliseconds; `null`: for ever, or not said. */
  endsAt: number | null;
}

interface Asked {
  category: MiniCategory;
  certificates: Certificate[];
}

export function miniProgramOperations(audits: Audits): Operation[] {
  const call = (
    name: string,
    methods: Operation['methods'],
    run: (call: AccountCall) => Answer | Promise<Answer>,
  ): Operation => ({ paths: [`/cgi-bin/wxopen/${name}`], methods, caller: 'mini-program', permissionSets: [30], run });
  return [
    // Documented as GET; widely used clients send POST and are answered.
    call('getcategory', ['GET', 'POST'], (request) => setting(request, audits)),
    call('getallcategories', ['GET', 'POST'], () => catalogue(miniCategories)),
    call('getcategoriesbytype', ['POST'], (request) => {
      const reader = readerFor(request);
      const body = reader.members(parseWeChatBody(request.body), 'body', ['verify_type']);
      const type = body.verify_type === undefined ? 0 : reader.integer(body.verify_type, 'verify_type');
      if (type < 0 || type > 4) throw new Refusal(53303, 'invalid verify_type');
      return catalogue(miniCategories.filter((category) => category.verifyTypes.includes(type)));
    }),
    call('addcategory', ['POST'], (request) => add(request, audits)),
    call('modifycategory', ['POST'], (request) => modify(request, audits)),
    call('deletecategory', ['POST'], remove),
    { paths: ['/wxa/get_category'], methods: ['GET'], caller: 'mini-program', permissionSets: [18], run: passed },
  ];
}

function setting(call: AccountCall, audits: Audits): Answer {
  const { world, account } = call;
  const held = auditsOf(world, account.appId).reverse();
  const { drift } = world.state;
  const categories = held.map((audit) => {
    const [first = '', second = ''] = audit.categoryId.split('-');
    const category = findMiniCategory(first, second);
    return {
      first: wireNumber(first, drift.idsAs, 'number'),
      first_name: category?.firstName ?? '',
      second: wireNumber(second, drift.idsAs, 'number'),
      second_name: category?.name ?? '',
      audit_status: wireNumber(settingStatus[audit.status], drift.statusAs, 'number'),
      ...(audit.status === 'rejected' ? { audit_reason: audit.reason } : {}),
      // Undocumented: a passed qualification that has run out keeps audit_status 3.
      ...(audit.isExpired === true ? { is_expired: 1 } : {}),
    };
  });
  for (const audit of held) audits.countRead(audit);
  return {
    categories,
    limit: account.monthlyLimit,
    quota: Math.max(0, account.monthlyLimit - usedThisMonth(world, account.appId)),
    category_limit: account.categoryLimit,
  };
}

/** What code may be submitted for: passed, and not run out. */
function passed({ world, account }: AccountCall): Answer {
  const held = auditsOf(world, account.appId).filter((audit) => audit.status === 'approved' && !audit.isExpired);
  return {
    category_list: held.map((audit) => {
      const [first = '', second = ''] = audit.categoryId.split('-');
      const category = findMiniCategory(first, second);
      return {
        first_class: category?.firstName ?? '',
        second_class: category?.name ?? '',
        first_id: BigInt(first),
        second_id: BigInt(second),
      };
    }),
  };
}

async function add(call: AccountCall, audits: Audits): Promise<Answer> {
  const { world, account } = call;
  const reader = readerFor(call);
  const body = reader.members(parseWeChatBody(call.body), 'body', ['categories']);
  const asked = reader
    .list(body.categories, 'categories')
    .map((item, index) => read(reader, item, `categories[${index}]`));
  if (asked.length === 0) throw new Refusal(53303, 'categories is empty');
  const ids = asked.map(({ category }) => idOf(category));
  for (const { category } of asked) {
    if (findAudit(world, miniAuditId(account.appId, idOf(category))) !== undefined) {
      throw new Refusal(53304, 'the category repeats an existing one');
    }
    if (category.refusal !== null) throw new Refusal(category.refusal, refusalTexts[category.refusal] ?? 'refused');
  }
  if (new Set(ids).size !== ids.length) throw new Refusal(53304, 'the category repeats an existing one');
  const used = usedThisMonth(world, account.appId);
  if (used + asked.length > account.monthlyLimit) throw new Refusal(53300, 'over the monthly number of changes');
  if (auditsOf(world, account.appId).length + asked.length > account.categoryLimit) {
    throw new Refusal(53301, 'over the total number of categories');
  }
  // Everything is judged before anything is kept: whether WeChat does so for several categories is not documented.
  for (const one of asked) certificatesChecked(call, one);
  world.state.quotas[account.appId] = { month: beijingMonth(world), used: used + asked.length };
  for (const one of asked) await submit(call, audits, one);
  return {};
}

async function modify(call: AccountCall, audits: Audits): Promise<Answer> {
  const reader = readerFor(call);
  const asked = read(reader, parseWeChatBody(call.body), 'body');
  const audit = findAudit(call.world, miniAuditId(call.account.appId, idOf(asked.category)));
  if (audit === undefined) throw new Refusal(53306, 'only the qualification may be modified, not the category id');
  if (audit.status !== 'rejected') throw new Refusal(53307, 'only a rejected category may be modified');
  certificatesChecked(call, asked);
  await submit(call, audits, asked);
  return {};
}

function remove(call: AccountCall): Answer {
  const { world, account } = call;
  const reader = readerFor(call);
  const body = reader.members(parseWeChatBody(call.body), 'body', ['first', 'second']);
  const first = reader.id(body.first, 'first', 'number');
  const second = reader.id(body.second, 'second', 'number');
  const audit: AuditRecord | undefined = findAudit(world, miniAuditId(account.appId, `${first}-${second}`));
  if (audit === undefined) throw new Refusal(53303, 'invalid parameter');
  if (findMiniCategory(first, second)?.isDeletionForbidden === true) {
    throw new Refusal(53309, 'the category may not be deleted');
  }
  if (audit.status === 'open') throw new Refusal(53308, 'a category in review may not be deleted');
  delete world.state.audits[audit.id];
  world.changed();
  return {};
}

async function submit({ account }: AccountCall, audits: Audits, { category, certificates }: Asked): Promise<void> {
  await audits.submit({
    account,
    categoryId: idOf(category),
    material: certificates.length,
    origin: 'api',
    isApprovedAtOnce: category.isApprovedAtOnce,
    papersEndAt: earliest(certificates.map(({ endsAt }) => endsAt)),
  });
}

function read(reader: Reader, value: unknown, where: string): Asked {
  const item = reader.members(value, where, ['first', 'second', 'certicates']);
  const first = reader.id(item.first, `${where}.first`, 'number');
  const second = reader.id(item.second, `${where}.second`, 'number');
  const certificates = reader.list(item.certicates ?? [], `${where}.certicates`).map((entry, index) => {
    const at = `${where}.certicates[${index}]`;
    const { key, value: mediaId, ...life } = reader.members(entry, at, ['key', 'value', 'expire_time', 'is_permanent']);
    if (mediaId === undefined) throw new Refusal(41006, 'media_id missing');
    const endsAt = life.expire_time === undefined ? null : reader.integer(life.expire_time, `${at}.expire_time`) * 1000;
    const permanence = life.is_permanent === undefined ? 0 : reader.integer(life.is_permanent, `${at}.is_permanent`);
    if (permanence !== 0 && permanence !== 1) throw wrongType(`${at}.is_permanent must be 0 or 1`);
    return {
      key: reader.text(key, `${at}.key`),
      mediaId: reader.text(mediaId, `${at}.value`),
      endsAt: permanence === 1 ? null : endsAt,
    };
  });
  const category = findMiniCategory(first, second);
  if (category === undefined) throw new Refusal(53303, 'invalid category');
  return { category, certificates };
}

function certificatesChecked({ world, account }: AccountCall, { category, certificates }: Asked): void {
  for (const { mediaId } of certificates) {
    if (!isMediaUsable(world, account.appId, mediaId)) throw new Refusal(40007, 'invalid media_id');
  }
  const keys = certificates.map(({ key }) => key);
  const known = new Set(category.alternatives.flat());
  if (category.isSensitive && known.size === 0) {
    // Sensitive, and the catalogue does not say which papers (users report such): any will do, none will not.
    if (keys.length === 0) throw new Refusal(53311, 'material or information must be submitted');
    return;
  }
  const isComplete =
    category.alternatives.length === 0 ||
    category.alternatives.some((needed) => needed.every((key) => keys.includes(key)));
  if (!isComplete) throw new Refusal(53311, 'material or information must be submitted');
  if (keys.some((key) => !known.has(key)) || new Set(keys).size !== keys.length) {
    throw new Refusal(53303, 'invalid certicates');
  }
}

function catalogue(categories: readonly MiniCategory[]): Answer {
  const firsts = [...new Map(categories.map((category) => [category.first, category.firstName]))];
  return {
    categories_list: {
      categories: [
        { id: 0, children: firsts.map(([id]) => BigInt(id)) },
        ...firsts.map(([id, name]) => ({
          id: BigInt(id),
          name,
          level: 1,
          father: 0,
          children: categories.filter((category) => category.first === id).map((category) => BigInt(category.second)),
          sensitive_type: 0,
        })),
        ...categories.map((category) => ({
          id: BigInt(category.second),
          name: category.name,
          level: 2,
          father: BigInt(category.first),
          children: [],
          sensitive_type: category.isSensitive ? 1 : 0,
          qualify: {
            exter_list: category.alternatives.map((inner) => ({
              inner_list: inner.map((name) => ({ name, url: '' })),
            })),
            ...(category.remark === '' ? {} : { remark: category.remark }),
          },
        })),
      ],
    },
  };
}

const refusalTexts: Readonly<Record<number, string>> = {
  53302: 'the subject type may not have this category',
  53305: 'a category without ICP proof is held',
  53310: 'over the category limit, apply_reason may be added',
};

/** Adds of the month in Beijing; the month turns by the sandbox clock. */
export function usedThisMonth(world: World, appId: string): number {
  const quota = world.state.quotas[appId];
  return quota?.month === beijingMonth(world) ? quota.used : 0;
}

function idOf({ first, second }: MiniCategory): string {
  return `${first}-${second}`;
}

function readerFor(call: AccountCall): Reader {
  return createReader(wrongType, call.world.state.drift.requestIds);
}
