/** The control API's routes about accounts and platforms, with their bodies read strictly. */
import { LosslessNumber } from 'lossless-json';
import type { AuditorKind } from './account-control.ts';
import { deeds } from './back-office.ts';
import type { Control } from './control.ts';
import type { DefineRoute } from './control-api.ts';
import {
  authorizationEventOf,
  categoryIdNeeded,
  controlBody,
  countOf,
  momentRangeOf,
  oneOf,
  optionalText,
  optionalTruth,
  permissionSetsOf,
  statusOf,
  textOf,
  truthOf,
} from './control-shapes.ts';
import { BadControlRequest } from './refusal.ts';
import { createReader, isObject, type Members } from './shape.ts';
import type { BrandRecord, Standing } from './state.ts';

const reader = createReader((sentence) => new BadControlRequest(sentence), 'either');
const standings = ['good', 'frozen', 'banned', 'secret-frozen', 'closing', 'closed'] as const satisfies Standing[];
const brandStates = ['in-review', 'rejected', 'in-force', 'about-to-expire', 'expired', 'withdrawn'] as const;
const auditors = ['by-hand', 'instant', 'human'] as const satisfies AuditorKind[];

export function defineAccountRoutes(route: DefineRoute, control: Control): void {
  route('GET', '/sandbox/accounts', 'how every account and platform stands; no secrets', () => control.accounts());
  route('PUT', '/sandbox/standing', `{appId, standing: ${standings.join(' | ')}}`, ({ body: raw }) => {
    const body = controlBody(raw, ['appId', 'standing']);
    const change = { appId: textOf(body, 'appId'), standing: oneOf(textOf(body, 'standing'), 'standing', standings) };
    control.setStanding(change);
    return change;
  });
  route(
    'PUT',
    '/sandbox/ip',
    '{appId or componentAppId as appId, address | null, as?: errcode | http-403}',
    ({ body: raw }) => {
      const body = controlBody(raw, ['appId', 'address', 'as']);
      if (body.address === undefined) throw new BadControlRequest('address is missing (null ends it)');
      const address = body.address === null ? null : textOf(body, 'address');
      if (address !== null && !/^[0-9A-Fa-f.:]{2,45}$/.test(address)) {
        throw new BadControlRequest('address must be an IP address, or null');
      }
      const as = body.as === undefined ? {} : { as: oneOf(textOf(body, 'as'), 'as', ['errcode', 'http-403']) };
      const change = { appId: textOf(body, 'appId'), address, ...as };
      control.setRefusedIp(change);
      return change;
    },
  );
  route(
    'PUT',
    '/sandbox/limits',
    '{appId, perMinute?: n | null, perDay?: n | null}: calls of one path (45011, 45009)',
    ({ body: raw }) => {
      const body = controlBody(raw, ['appId', 'perMinute', 'perDay']);
      if (body.perMinute === undefined && body.perDay === undefined) {
        throw new BadControlRequest('perMinute or perDay is missing (null takes a limit away)');
      }
      const limit = (name: 'perMinute' | 'perDay') =>
        body[name] === undefined ? {} : { [name]: body[name] === null ? null : countOf(body, name) };
      const change = { appId: textOf(body, 'appId'), ...limit('perMinute'), ...limit('perDay') };
      control.setLimits(change);
      return change;
    },
  );
  route(
    'PUT',
    '/sandbox/quota',
    "{appId, monthlyLimit?, left?, categoryLimit?}: a Mini Program's changes",
    ({ body: raw }) => {
      const body = controlBody(raw, ['appId', 'monthlyLimit', 'left', 'categoryLimit']);
      const given = (name: 'monthlyLimit' | 'left' | 'categoryLimit') =>
        body[name] === undefined ? {} : { [name]: countOf(body, name) };
      const change = { ...given('monthlyLimit'), ...given('left'), ...given('categoryLimit') };
      if (Object.keys(change).length === 0)
        throw new BadControlRequest('monthlyLimit, left or categoryLimit is missing');
      const appId = textOf(body, 'appId');
      control.setQuota({ appId, ...change });
      return control.accounts().accounts.find((account) => account.appId === appId);
    },
  );
  route(
    'PUT',
    '/sandbox/brands',
    `{appId, brands: [{brandId, chName?, enName?, state?: ${brandStates.join(' | ')}, expiresAt?}]}`,
    ({ body: raw }) => {
      const body = controlBody(raw, ['appId', 'brands']);
      if (body.brands === undefined) throw new BadControlRequest('brands is missing');
      const brands = reader.list(body.brands, 'brands').map(brandOf);
      control.setBrands({ appId: textOf(body, 'appId'), brands });
      return { brands };
    },
  );
  route(
    'PUT',
    '/sandbox/auditor',
    '{kind: by-hand | instant | human, appId?, betweenSeconds?: [from, to], rejectOneIn?: n}',
    ({ body: raw }) => {
      const body = controlBody(raw, ['kind', 'appId', 'betweenSeconds', 'rejectOneIn']);
      const auditor = {
        kind: oneOf(textOf(body, 'kind'), 'kind', auditors),
        ...optionalText(body, 'appId'),
        ...(body.betweenSeconds === undefined
          ? {}
          : { betweenSeconds: momentRangeOf(body.betweenSeconds, 'betweenSeconds') }),
        ...(body.rejectOneIn === undefined ? {} : { rejectOneIn: Math.max(1, countOf(body, 'rejectOneIn')) }),
      };
      control.setAuditor(auditor);
      return auditor;
    },
  );
  for (const deed of deeds) {
    route(
      'POST',
      `/sandbox/back-office/${deed}`,
      '{appId, categoryId, status?, reason?}: a person does it by hand',
      async ({ body: raw }) => {
        const isDecided = deed === 'withdraw' || deed === 'delete';
        const body = controlBody(raw, ['appId', 'categoryId', ...(isDecided ? [] : ['status']), 'reason']);
        const categoryId = categoryIdNeeded(body);
        const work = {
          deed,
          appId: textOf(body, 'appId'),
          categoryId,
          ...statusOf(body),
          ...optionalText(body, 'reason'),
        };
        return { deed, audit: await control.workInBackOffice(work) };
      },
    );
  }
  route(
    'POST',
    '/sandbox/pushes',
    '{appId, event, msgType?, fields?, forged?}: an event of another program',
    ({ body: raw }) => {
      const body = controlBody(raw, ['appId', 'event', 'msgType', 'fields', 'forged']);
      const fields = body.fields === undefined ? {} : body.fields;
      if (!isObject(fields)) throw new BadControlRequest('fields must be an object');
      const bad = badName(fields);
      if (bad !== undefined) throw new BadControlRequest(`fields.${bad} is not a name that XML can carry`);
      const { forged: isForged = false } = optionalTruth(body, 'forged');
      const event = { appId: textOf(body, 'appId'), event: textOf(body, 'event'), ...optionalText(body, 'msgType') };
      control.sendOtherEvent({ ...event, fields, isForged });
      return event;
    },
  );
  definePlatformRoutes(route, control);
}

function definePlatformRoutes(route: DefineRoute, control: Control): void {
  /** Both addresses do the same: the platform's name stands in the path, or in the body. */
  const both = (
    method: 'POST' | 'PUT',
    what: string,
    says: string,
    names: string[],
    run: (body: Members, componentAppId: string) => unknown,
  ): void => {
    route(method, `/sandbox/${what}`, `{componentAppId${says}`, ({ body: raw }) => {
      const body = controlBody(raw, ['componentAppId', ...names]);
      return run(body, textOf(body, 'componentAppId'));
    });
    route(
      method,
      `/sandbox/platforms/:componentAppId/${what}`,
      `{${says.replace(/^, /, '')}`,
      ({ body: raw, params }) => run(controlBody(raw, names), (params as { componentAppId: string }).componentAppId),
    );
  };
  both('POST', 'tickets', '}: pushes one ticket at once', [], (_body, componentAppId) => {
    control.pushTicket(componentAppId);
    return { pushed: true };
  });
  both('PUT', 'tickets', ', pushing}: whether they come every ten minutes', ['pushing'], (body, componentAppId) => {
    const pushing = truthOf(body, 'pushing');
    control.setTicketPushes(componentAppId, pushing);
    return { pushing };
  });
  const names = ['appId', 'event', 'isTold', 'permissionSets', 'platform'];
  const says = ', appId, event: authorized | updateauthorized | unauthorized, isTold?, permissionSets?, platform?}';
  both('POST', 'authorizations', says, names, (body, componentAppId) => {
    const who = { componentAppId, appId: textOf(body, 'appId') };
    const event = authorizationEventOf(body);
    const platform =
      body.platform === undefined
        ? {}
        : { platform: oneOf(textOf(body, 'platform'), 'platform', ['mini-program', 'channels-shop']) };
    control.changeAuthorization({
      ...who,
      event,
      ...optionalTruth(body, 'isTold'),
      ...platform,
      ...permissionSetsOf(body),
    });
    return { event, ...who };
  });
}

function brandOf(item: unknown, index: number): BrandRecord {
  const where = `brands[${index}]`;
  const brand = reader.members(item, where, ['brandId', 'chName', 'enName', 'state', 'expiresAt']);
  const brandId = reader.id(brand.brandId, `${where}.brandId`, 'string');
  const expiresAt = brand.expiresAt === undefined ? undefined : timeOf(brand.expiresAt, `${where}.expiresAt`);
  return {
    brandId,
    chName: optionalText(brand, 'chName').chName ?? `品牌${brandId}`,
    enName: optionalText(brand, 'enName').enName ?? '',
    state: brand.state === undefined ? 'in-force' : oneOf(textOf(brand, 'state'), `${where}.state`, brandStates),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** ISO 8601 or Unix seconds, as milliseconds. */
function timeOf(value: unknown, where: string): number {
  const time = value instanceof LosslessNumber ? Number(value.value) * 1000 : Date.parse(reader.text(value, where));
  if (!Number.isFinite(time)) throw new BadControlRequest(`${where} must be ISO 8601, or Unix seconds`);
  return time;
}

/** A member's name, at any depth, that would not be an element's. */
function badName(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(badName).find((name) => name !== undefined);
  if (!isObject(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!/^[A-Za-z_][\w.-]{0,60}$/.test(name)) return name;
    const inside = badName(member);
    if (inside !== undefined) return `${name}.${inside}`;
  }
  return undefined;
}
