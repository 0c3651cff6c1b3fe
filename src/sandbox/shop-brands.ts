/** A shop's brands: its valid ones (the source of `brand_list`), its applications, and the library of all brands. */
import type { AccountCall, Answer, Operation } from './operation.ts';
import { bothPrefixes } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, parseWeChatBody, wrongType } from './shape.ts';
import { brandLibrary, shopBrands } from './shop-catalogue.ts';
import type { BrandRecord } from './state.ts';
import { type Drift, wireNumber } from './wire.ts';
import type { World } from './world.ts';

const maxBrandsPerPage = 50;
const defaultPageSize = 10;
/** How long before its end a brand counts as about to expire; WeChat does not say. */
const aboutToExpireMs = 30 * 86_400_000;

const validStatus = { 'in-force': 3, 'about-to-expire': 5 } as const;
/** `brand/list/get`: 3 also for what has run out, or is about to. */
const listStatus: Record<BrandRecord['state'], number> = {
  'in-review': 1,
  rejected: 2,
  'in-force': 3,
  'about-to-expire': 3,
  expired: 3,
  withdrawn: 4,
};

/** The brands of a shop, with what the clock has made of them. */
export function brandsOf(world: World, appId: string): BrandRecord[] {
  const { brands = {} } = world.state;
  const own = (Object.hasOwn(brands, appId) ? brands[appId] : undefined) ?? shopBrands;
  return own.map((brand) => {
    const { state, expiresAt } = brand;
    if (expiresAt === undefined || (state !== 'in-force' && state !== 'about-to-expire')) return brand;
    if (expiresAt <= world.now()) return { ...brand, state: 'expired' };
    return expiresAt - world.now() <= aboutToExpireMs ? { ...brand, state: 'about-to-expire' } : brand;
  });
}

/** Those that may stand in `brand_list`. */
export function validBrandsOf(world: World, appId: string): BrandRecord[] {
  return brandsOf(world, appId).filter(({ state }) => state in validStatus);
}

export function brandOperations(categorySets: readonly number[]): Operation[] {
  const post = (paths: string[], permissionSets: readonly number[], run: (call: AccountCall) => Answer): Operation => ({
    paths,
    methods: ['POST'],
    caller: 'channels-shop',
    permissionSets,
    run,
  });
  return [
    post(['/channels/ec/brand/valid/list/get'], [129], (call) => {
      const { drift } = call.world.state;
      const all = validBrandsOf(call.world, call.account.appId);
      const { items, nextKey } = pageOf(all, asked(call, ['page_size', 'next_key']));
      const brands = items.map((brand) => brandAnswer(brand, brand.state === 'about-to-expire' ? 5 : 3, drift));
      return { brands, total_num: all.length, next_key: nextKey };
    }),
    post(bothPrefixes('/brand/list/get', '/channels/ec'), categorySets, (call) => {
      const { drift } = call.world.state;
      const question = asked(call, ['page_size', 'next_key', 'status']);
      const status = question.status ?? 0;
      if (status < 0 || status > 4) throw new Refusal(10020055, 'invalid parameter');
      const all = brandsOf(call.world, call.account.appId).filter(
        ({ state }) => status === 0 || listStatus[state] === status,
      );
      const { items, nextKey } = pageOf(all, question);
      const brands = items.map((brand) => brandAnswer(brand, listStatus[brand.state], drift));
      return { brands, total_num: all.length, next_key: nextKey };
    }),
    post(bothPrefixes('/brand/all'), categorySets, (call) => {
      const { items, nextKey } = pageOf(brandLibrary, asked(call, ['page_size', 'next_key']));
      const brands = items.map(({ brandId, chName, enName }) => ({
        brand_id: wireNumber(brandId, call.world.state.drift.idsAs, 'string'),
        ch_name: chName,
        en_name: enName,
      }));
      return { brands, next_key: nextKey, continue_flag: nextKey !== '' };
    }),
  ];
}

interface Asked {
  size: number;
  key: string;
  status?: number;
}

function asked(call: AccountCall, names: readonly string[]): Asked {
  const reader = createReader(wrongType, call.world.state.drift.requestIds);
  const body = reader.members(parseWeChatBody(call.body), 'body', names);
  const size = reader.integer(body.page_size, 'page_size');
  const key = body.next_key === undefined ? '' : reader.text(body.next_key, 'next_key');
  if (size < 0 || size > maxBrandsPerPage || !/^\d{0,6}$/.test(key)) throw new Refusal(10020055, 'invalid parameter');
  return { size, key, ...(body.status === undefined ? {} : { status: reader.integer(body.status, 'status') }) };
}

function pageOf<Item>(all: readonly Item[], { size, key }: Asked): { items: Item[]; nextKey: string } {
  const from = Number(key);
  // The official samples ask with `page_size: 0`.
  const to = from + (size === 0 ? defaultPageSize : size);
  return { items: all.slice(from, to), nextKey: to < all.length ? String(to) : '' };
}

function brandAnswer(brand: BrandRecord, status: number, drift: Drift) {
  const endsAt = brand.expiresAt === undefined ? undefined : Math.floor(brand.expiresAt / 1000);
  return {
    brand_id: wireNumber(brand.brandId, drift.idsAs, 'string'),
    ch_name: brand.chName,
    en_name: brand.enName,
    classification_no: '5',
    trade_mark_symbol: 1,
    register_details: {
      registrant: '沙盒科技有限公司',
      register_no: brand.brandId,
      start_time: 1668686275,
      ...(endsAt === undefined ? { is_permanent: true } : { end_time: endsAt, is_permanent: false }),
      register_certifications: [`file_brand_${brand.brandId}`],
      renew_certifications: [],
    },
    application_details: { acceptance_certification: [] },
    grant_type: 1,
    grant_details: { grant_certifications: [], brand_owner_id_photos: [] },
    status: wireNumber(status, drift.statusAs, 'number'),
    create_time: 1668686275,
    update_time: 1668735765,
  };
}
