/** The bodies of the control API, read strictly: a wrong one gets 400 with a sentence that names the field. */
import { LosslessNumber, parse } from 'lossless-json';
import type { ChaosRule, PushChaos } from './chaos.ts';
import type { AccountChanges } from './control.ts';
import { BadControlRequest } from './refusal.ts';
import { createReader, type Members } from './shape.ts';
import type { AuditStatus, Verdict, VerdictMoment, VerdictRule } from './state.ts';
import type { AuthorizationEvent } from './ticket-pushes.ts';
import type { Drift } from './wire.ts';

const reader = createReader((sentence) => new BadControlRequest(sentence), 'either');

/** The body as an object; an empty one is `{}`. */
export function controlBody(body: unknown, allowed: readonly string[]): Members {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw new BadControlRequest('the body is not JSON');
  }
  return reader.members(value, 'the body', allowed);
}

export function textOf(body: Members, name: string): string {
  if (body[name] === undefined) throw new BadControlRequest(`${name} is missing`);
  return reader.text(body[name], name);
}

export function optionalText<Name extends string>(body: Members, name: Name): { [name in Name]?: string } {
  return body[name] === undefined ? {} : (asMember(name, textOf(body, name)) as { [name in Name]?: string });
}

export function optionalTruth<Name extends string>(body: Members, name: Name): { [name in Name]?: boolean } {
  return body[name] === undefined
    ? {}
    : (asMember(name, reader.truth(body[name], name)) as { [name in Name]?: boolean });
}

/** A category id may be written as a number. */
export function categoryIdOf(body: Members): { categoryId?: string } {
  const value = body.categoryId;
  if (value === undefined) return {};
  return { categoryId: value instanceof LosslessNumber ? value.value : textOf(body, 'categoryId') };
}

export function categoryIdNeeded(body: Members): string {
  const { categoryId } = categoryIdOf(body);
  if (categoryId === undefined) throw new BadControlRequest('categoryId is missing');
  return categoryId;
}

export function truthOf(body: Members, name: string): boolean {
  if (body[name] === undefined) throw new BadControlRequest(`${name} is missing`);
  return reader.truth(body[name], name);
}

/** A whole number of zero or more. */
export function countOf(body: Members, name: string): number {
  const count = positive(body[name], name);
  if (!Number.isSafeInteger(count)) throw new BadControlRequest(`${name} must be a whole number`);
  return count;
}

/** `[from, to]` in seconds. */
export function momentRangeOf(value: unknown, where: string): [number, number] {
  const [from, to, ...more] = reader.list(value, where).map((one, index) => positive(one, `${where}[${index}]`));
  if (from === undefined || to === undefined || more.length > 0 || to < from) {
    throw new BadControlRequest(`${where} must be [from, to], from not after to`);
  }
  return [from, to];
}

export function verdictOf(body: Members): Verdict {
  return oneOf(textOf(body, 'verdict'), 'verdict', ['approved', 'rejected', 'cancelled']);
}

export function statusOf(body: Members): { status?: AuditStatus } {
  if (body.status === undefined) return {};
  const status = textOf(body, 'status');
  return {
    status: oneOf(status === 'in_review' ? 'open' : status, 'status', ['open', 'approved', 'rejected', 'cancelled']),
  };
}

export function verdictRuleOf(body: Members): VerdictRule {
  const when = momentOf(body.when);
  return {
    ...optionalText(body, 'appId'),
    ...categoryIdOf(body),
    when,
    ...(when === 'by-hand' && body.verdict === undefined ? {} : { verdict: verdictOf(body) }),
    ...optionalText(body, 'reason'),
    ...(body.rejectOneIn === undefined ? {} : { rejectOneIn: Math.max(1, countOf(body, 'rejectOneIn')) }),
    ...optionalTruth(body, 'pushFirst'),
  };
}

export function chaosOf(body: Members): { rules?: ChaosRule[]; push?: PushChaos } {
  return {
    ...(body.rules === undefined ? {} : { rules: reader.list(body.rules, 'rules').map(chaosRuleOf) }),
    ...(body.push === undefined ? {} : { push: pushChaosOf(body.push) }),
  };
}

export function authorizationEventOf(body: Members): AuthorizationEvent {
  return oneOf(textOf(body, 'event'), 'event', ['authorized', 'updateauthorized', 'unauthorized']);
}

export function clockOf(body: Members): { advanceSeconds: number } | { now: number } {
  if ((body.now === undefined) === (body.advanceSeconds === undefined)) {
    throw new BadControlRequest('give either advanceSeconds or now');
  }
  if (body.now === undefined) return { advanceSeconds: positive(body.advanceSeconds, 'advanceSeconds') };
  const now = body.now instanceof LosslessNumber ? Number(body.now.value) * 1000 : Date.parse(textOf(body, 'now'));
  if (!Number.isFinite(now) || Math.abs(now) > 8e15)
    throw new BadControlRequest('now must be ISO 8601, or Unix seconds');
  return { now };
}

export function driftOf(body: Members): Partial<Drift> {
  const drift: Partial<Drift> = { ...optionalTruth(body, 'filterLeak') };
  for (const name of ['idsAs', 'statusAs', 'auditIdAs', 'errcodeAs'] as const) {
    if (body[name] !== undefined) drift[name] = oneOf(textOf(body, name), name, ['documented', 'number', 'string']);
  }
  if (body.refreshTokens !== undefined) {
    drift.refreshTokens = oneOf(textOf(body, 'refreshTokens'), 'refreshTokens', ['anew', 'kept']);
  }
  if (body.requestIds !== undefined) {
    drift.requestIds = oneOf(textOf(body, 'requestIds'), 'requestIds', ['documented', 'either']);
  }
  return drift;
}

/** The format of `WXQ_ACCOUNTS_FILE`, plus what only WeChat's side knows: `ghId`, `callback.url`, `authorizers`. */
export function accountsOf(body: Members): AccountChanges {
  const shops = reader.list(body.shops ?? [], 'shops').map((item, index) => {
    const shop = reader.members(item, `shops[${index}]`, ['appId', 'secret', 'ghId', 'callback']);
    return {
      appId: textOf(shop, 'appId'),
      ...optionalText(shop, 'secret'),
      ...optionalText(shop, 'ghId'),
      ...callbackOf(shop),
    };
  });
  const platforms = reader.list(body.platforms ?? [], 'platforms').map((item, index) => {
    const platform = reader.members(item, `platforms[${index}]`, [
      'componentAppId',
      'secret',
      'tokenService',
      'eventsUrl',
      'callback',
      'authorizers',
    ]);
    const service = reader.members(platform.tokenService ?? {}, 'tokenService', ['url', 'bearer']);
    return {
      componentAppId: textOf(platform, 'componentAppId'),
      ...optionalText(platform, 'secret'),
      ...(service.bearer === undefined ? {} : { tokenServiceBearer: textOf(service, 'bearer') }),
      ...(platform.eventsUrl === undefined
        ? {}
        : { eventsUrl: platform.eventsUrl === null ? null : textOf(platform, 'eventsUrl') }),
      ...callbackOf(platform),
      ...(platform.authorizers === undefined
        ? {}
        : { authorizers: reader.list(platform.authorizers, 'authorizers').map(authorizerOf) }),
    };
  });
  return { shops, platforms };
}

function authorizerOf(item: unknown, index: number) {
  const words = ['ghId', 'nickName', 'principalName'] as const;
  const names = ['appId', 'platform', 'monthlyLimit', 'categoryLimit', 'permissionSets', ...words];
  const authorizer = reader.members(item, `authorizers[${index}]`, names);
  const limit = (name: 'monthlyLimit' | 'categoryLimit') =>
    authorizer[name] === undefined ? {} : { [name]: positive(authorizer[name], name) };
  return {
    appId: textOf(authorizer, 'appId'),
    platform: oneOf(textOf(authorizer, 'platform'), 'platform', ['mini-program', 'channels-shop']),
    ...Object.assign({}, ...words.map((word) => optionalText(authorizer, word))),
    ...permissionSetsOf(authorizer),
    ...limit('monthlyLimit'),
    ...limit('categoryLimit'),
  };
}

/** `permissionSets`: the numbers of the sets that an account grants. */
export function permissionSetsOf(body: Members): { permissionSets?: number[] } {
  if (body.permissionSets === undefined) return {};
  const sets = reader.list(body.permissionSets, 'permissionSets');
  return { permissionSets: sets.map((set, index) => reader.integer(set, `permissionSets[${index}]`)) };
}

function callbackOf(owner: Members): { callback?: { url?: string | null; token?: string; encodingAesKey?: string } } {
  if (owner.callback === undefined) return {};
  const callback = reader.members(owner.callback, 'callback', ['url', 'token', 'encodingAesKey']);
  // More than one key means rotation: WeChat seals with the newest.
  const key = Array.isArray(callback.encodingAesKey) ? callback.encodingAesKey[0] : callback.encodingAesKey;
  return {
    callback: {
      ...(callback.url === undefined ? {} : { url: callback.url === null ? null : textOf(callback, 'url') }),
      ...optionalText(callback, 'token'),
      ...(key === undefined ? {} : { encodingAesKey: reader.text(key, 'callback.encodingAesKey') }),
    },
  };
}

function momentOf(value: unknown): VerdictMoment {
  const refused = new BadControlRequest(
    "when must be 'by-hand', 'at-once', {afterReads: n}, {afterSeconds: n} or {betweenSeconds: [from, to]}",
  );
  if (value === 'by-hand' || value === 'at-once') return value;
  if (value === undefined || typeof value === 'string') throw refused;
  const moment = reader.members(value, 'when', ['afterReads', 'afterSeconds', 'betweenSeconds']);
  if (Object.keys(moment).length !== 1) throw refused;
  if (moment.betweenSeconds !== undefined) {
    return { betweenSeconds: momentRangeOf(moment.betweenSeconds, 'when.betweenSeconds') };
  }
  if (moment.afterReads === undefined) return { afterSeconds: positive(moment.afterSeconds, 'when.afterSeconds') };
  return { afterReads: Math.max(1, positive(moment.afterReads, 'when.afterReads')) };
}

function chaosRuleOf(item: unknown, index: number): ChaosRule {
  const where = `rules[${index}]`;
  const faults = ['errcode', 'status', 'reset', 'loseAnswer'] as const;
  const names = ['operation', 'appId', 'categoryId', 'times', 'delayMs', ...faults];
  const rule = reader.members(item, where, names);
  const given = faults.filter((fault) => rule[fault] !== undefined && rule[fault] !== false);
  if (given.length > 1) throw new BadControlRequest(`${where} has more than one fault: ${given.join(', ')}`);
  if (given.length === 0 && rule.delayMs === undefined)
    throw new BadControlRequest(`${where} has no fault and no delayMs`);
  const status = rule.status === undefined ? undefined : reader.integer(rule.status, `${where}.status`);
  if (status !== undefined && (status < 200 || status > 599))
    throw new BadControlRequest(`${where}.status must be 200-599`);
  return {
    operation: textOf(rule, 'operation'),
    ...optionalText(rule, 'appId'),
    ...categoryIdOf(rule),
    times: rule.times === undefined ? 1 : positive(rule.times, `${where}.times`),
    ...(rule.delayMs === undefined ? {} : { delayMs: positive(rule.delayMs, `${where}.delayMs`) }),
    ...(rule.errcode === undefined ? {} : { errcode: reader.integer(rule.errcode, `${where}.errcode`) }),
    ...(status === undefined ? {} : { status }),
    ...(flag(rule.reset, `${where}.reset`) ? { reset: true } : {}),
    ...(flag(rule.loseAnswer, `${where}.loseAnswer`) ? { loseAnswer: true } : {}),
  };
}

function pushChaosOf(value: unknown): PushChaos {
  const push = reader.members(value, 'push', ['lose', 'duplicate', 'delaySeconds', 'shuffle', 'forge']);
  const chaos: PushChaos = {};
  for (const name of ['lose', 'duplicate', 'shuffle', 'forge'] as const) {
    const setting = push[name];
    if (setting === undefined) continue;
    chaos[name] = typeof setting === 'boolean' ? setting : positive(setting, `push.${name}`);
  }
  if (push.delaySeconds !== undefined) chaos.delaySeconds = positive(push.delaySeconds, 'push.delaySeconds');
  return chaos;
}

/** A count or a duration: zero or more. */
function positive(value: unknown, where: string): number {
  const number = value instanceof LosslessNumber ? Number(value.value) : Number.NaN;
  if (!Number.isFinite(number) || number < 0) throw new BadControlRequest(`${where} must be a number of zero or more`);
  return number;
}

function flag(value: unknown, where: string): boolean {
  return value === undefined ? false : reader.truth(value, where);
}

export function oneOf<const Value extends string>(value: string, where: string, allowed: readonly Value[]): Value {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new BadControlRequest(`${where} must be one of ${allowed.join(', ')}`);
  return found;
}

function asMember<Value>(name: string, value: Value): Record<string, Value> {
  return { [name]: value };
}
