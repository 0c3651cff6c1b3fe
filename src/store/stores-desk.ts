/** The server's side of `stores-beside.ts`: turns and measured quota for a worker of its data folder. */
import type { AccountStores } from './account-stores.ts';

interface Answer {
  status?: number;
  body: object;
}

type Fields = Readonly<Record<string, unknown>>;

/** Answers one call. A body that is none is 400; a database that fails is thrown on. */
export async function answerAccountStores(stores: AccountStores, body: Fields): Promise<Answer> {
  const name = String(body.operation);
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  const answer = await call?.(stores, body);
  return answer ?? { status: 400, body: { reason: 'this is no call of the stores of accounts' } };
}

/** Each answers `undefined` when a field is missing or has another type. */
const calls: Readonly<Record<string, (stores: AccountStores, body: Fields) => Promise<Answer | undefined>>> = {
  async 'turns.take'({ turns }, { appId, caseId, priority }) {
    if (!isText(appId) || !isText(caseId) || !isNumber(priority)) return undefined;
    return { body: await turns.take({ appId, caseId, priority }) };
  },
  async 'turns.giveBack'({ turns }, { appId, caseId, ticket }) {
    if (!isText(appId) || !isText(caseId) || !isText(ticket)) return undefined;
    await turns.giveBack({ appId, caseId, ticket });
    return { body: {} };
  },
  async 'holds.heldFor'({ holds }, { appId }) {
    if (!isText(appId)) return undefined;
    const held = await holds.heldFor(appId);
    return { body: held === undefined ? {} : { held } };
  },
  async 'holds.hold'({ holds }, { appId, errcode, forMs }) {
    if (!isText(appId) || !isText(errcode) || !isNumber(forMs)) return undefined;
    await holds.hold({ appId, errcode, forMs });
    return { body: {} };
  },
  async 'holds.lift'({ holds }, { appId }) {
    if (!isText(appId)) return undefined;
    await holds.lift(appId);
    return { body: {} };
  },
  async 'quota.wrote'({ quota }, { appId, caseId, wrote, before }) {
    if (!isText(appId) || !isText(caseId) || !isNumber(before)) return undefined;
    if (wrote !== 'add' && wrote !== 'modify') return undefined;
    await quota.wrote({ appId, caseId, operation: wrote, before });
    return { body: {} };
  },
  async 'quota.saw'({ quota }, { appId, left, startedMsAgo }) {
    if (!isText(appId) || !isNumber(left) || !isNumber(startedMsAgo)) return undefined;
    return { body: { measured: await quota.saw({ appId, left, startedMsAgo }) } };
  },
  async 'quota.lastOf'({ quota }, { caseId }) {
    if (!isText(caseId)) return undefined;
    const last = await quota.lastOf(caseId);
    return { body: last === undefined ? {} : { last } };
  },
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
