/** What `wxq trigger` can make the sandbox do besides a verdict: one row for each, with what it says and one example. */
import { UsageError } from '../exit-status.ts';
import type { SandboxAccount, SandboxControl } from '../sandbox-control.ts';

/** What the command line gave. */
export interface Asked {
  app?: string | undefined;
  category?: string | undefined;
  reason?: string | undefined;
  seconds?: number | undefined;
  left?: number | undefined;
  perMinute?: number | undefined;
  ip?: string | undefined;
  bare?: boolean | undefined;
  operation?: string | undefined;
  errcode?: number | undefined;
  times?: number | undefined;
}

export interface Done {
  facts: Record<string, unknown>;
  line: string;
}

export interface Trigger {
  says: string;
  example: string;
  /** The options that it looks at. */
  takes: readonly (keyof Asked)[];
  run(sandbox: SandboxControl, asked: Asked): Promise<Done>;
}

const platformEvent = (event: string, says: string): Trigger => ({
  says,
  example: `wxq trigger ${event} --app wx1f6b3d8a5c2e7094`,
  takes: ['app'],
  async run(sandbox, asked) {
    const { appId, componentAppId } = await account(sandbox, asked, (one) => one.componentAppId !== null);
    await sandbox.call('POST', '/sandbox/authorizations', { componentAppId, appId, event });
    return { facts: { appId, componentAppId }, line: `${appId}: ${event}, and platform ${componentAppId} is told` };
  },
});

const standing = (name: string, says: string, isFor: (one: SandboxAccount) => boolean = () => true): Trigger => ({
  says,
  example: `wxq trigger ${name} --app wx5a2d8f1c3b7e9046`,
  takes: ['app'],
  async run(sandbox, asked) {
    const { appId } = await account(sandbox, asked, isFor);
    await sandbox.call('PUT', '/sandbox/standing', { appId, standing: name });
    return { facts: { appId, standing: name }, line: `${appId} is ${name} until: wxq trigger calm --app ${appId}` };
  },
});

const deed = (kind: string, name: string, says: string, takes: Trigger['takes'] = ['app', 'category']): Trigger => ({
  says,
  example: `wxq trigger ${kind} --app wx5a2d8f1c3b7e9046 --category 6201`,
  takes,
  async run(sandbox, asked) {
    const { appId } = await account(sandbox, asked);
    const categoryId = needed(asked.category, '--category');
    const reason = asked.reason === undefined ? {} : { reason: asked.reason };
    await sandbox.call('POST', `/sandbox/back-office/${name}`, { appId, categoryId, ...reason });
    return {
      facts: { appId, categoryId, deed: name },
      line: `${appId}, category ${categoryId}: ${name} in the back office`,
    };
  },
});

const tickets = (pushing: boolean, name: string, says: string): Trigger => ({
  says,
  example: `wxq trigger ${name}`,
  takes: ['app'],
  async run(sandbox, asked) {
    const componentAppId = await platform(sandbox, asked);
    if (pushing) await sandbox.call('POST', '/sandbox/tickets', { componentAppId });
    await sandbox.call('PUT', '/sandbox/tickets', { componentAppId, pushing });
    return {
      facts: { componentAppId, pushing },
      line: `${componentAppId}: ${pushing ? 'one ticket now, and every ten minutes' : 'no more tickets'}`,
    };
  },
});

const isShop = (one: SandboxAccount): boolean => one.platform === 'channels-shop';

export const triggers: Record<string, Trigger> = {
  ticket: tickets(true, 'ticket', "pushes a platform's ticket, and lets them come again"),
  'no-tickets': tickets(false, 'no-tickets', 'no more tickets come'),
  authorized: platformEvent('authorized', 'the owner authorises the platform (again)'),
  unauthorized: platformEvent('unauthorized', 'the owner withdraws the authorization'),
  lapsed: {
    says: 'a permission that is held runs out',
    example: 'wxq trigger lapsed --app wx5a2d8f1c3b7e9046 --category 6201',
    takes: ['app', 'category', 'reason'],
    async run(sandbox, asked) {
      const { appId } = await account(sandbox, asked);
      const categoryId = needed(asked.category, '--category');
      const reason = asked.reason ?? '资质已过期';
      await sandbox.call('PUT', '/sandbox/permissions', { appId, categoryId, inForce: false, reason });
      return { facts: { appId, categoryId }, line: `${appId}, category ${categoryId}: the permission has lapsed` };
    },
  },
  quota: {
    says: "what is left of a Mini Program's changes this month",
    example: 'wxq trigger quota --app wx1f6b3d8a5c2e7094 --left 0',
    takes: ['app', 'left'],
    async run(sandbox, asked) {
      const { appId } = await account(sandbox, asked, (one) => !isShop(one));
      const left = asked.left ?? 0;
      await sandbox.call('PUT', '/sandbox/quota', { appId, left });
      return { facts: { appId, left }, line: `${appId}: ${left} changes left this month` };
    },
  },
  'ip-refused': {
    says: 'calls come from an address that is not on the list; --bare: a 403 without JSON',
    example: 'wxq trigger ip-refused --app wx5a2d8f1c3b7e9046 --ip 203.0.113.9',
    takes: ['app', 'ip', 'bare'],
    async run(sandbox, asked) {
      const { appId } = await account(sandbox, asked);
      const address = asked.ip ?? '203.0.113.9';
      const as = asked.bare === true ? 'http-403' : 'errcode';
      await sandbox.call('PUT', '/sandbox/ip', { appId, address, as });
      return {
        facts: { appId, address, as },
        line: `${appId}: ${address} is refused until: wxq trigger calm --app ${appId}`,
      };
    },
  },
  'rate-limit': {
    says: 'so many calls of one path in a minute (45011)',
    example: 'wxq trigger rate-limit --app wx5a2d8f1c3b7e9046 --per-minute 5',
    takes: ['app', 'perMinute'],
    async run(sandbox, asked) {
      const { appId } = await account(sandbox, asked);
      const perMinute = asked.perMinute ?? 5;
      await sandbox.call('PUT', '/sandbox/limits', { appId, perMinute });
      return { facts: { appId, perMinute }, line: `${appId}: ${perMinute} calls of one path a minute` };
    },
  },
  frozen: standing('frozen', 'the account is frozen (50007, 50002)'),
  closing: standing('closing', 'the shop is in its closing period (10080000)', isShop),
  closed: standing('closed', 'the shop is closed (10080001)', isShop),
  calm: {
    says: "takes an account's trouble away, and every chaos rule",
    example: 'wxq trigger calm --app wx5a2d8f1c3b7e9046',
    takes: ['app'],
    async run(sandbox, asked) {
      const { appId } = await account(sandbox, asked);
      await sandbox.call('PUT', '/sandbox/standing', { appId, standing: 'good' });
      await sandbox.call('PUT', '/sandbox/ip', { appId, address: null });
      await sandbox.call('PUT', '/sandbox/limits', { appId, perMinute: null, perDay: null });
      await sandbox.call('PUT', '/sandbox/chaos', { rules: [], push: {} });
      return { facts: { appId }, line: `${appId}: nothing is the matter any more` };
    },
  },
  applied: deed('applied', 'apply', 'a person applies in the back office'),
  'withdrawn-by-hand': deed('withdrawn-by-hand', 'withdraw', 'a person withdraws an application there (shop)', [
    'app',
    'category',
    'reason',
  ]),
  corrected: deed('corrected', 'correct', 'a person corrects a rejected one there'),
  deleted: deed('deleted', 'delete', 'a person deletes a category there (Mini Program)'),
  renewed: deed('renewed', 'renew', 'a person renews a category there'),
  'advance-clock': {
    says: "the sandbox's clock goes on",
    example: 'wxq trigger advance-clock --seconds 86400',
    takes: ['seconds'],
    async run(sandbox, asked) {
      const advanceSeconds = needed(asked.seconds, '--seconds');
      const clock = await sandbox.call('PUT', '/sandbox/clock', { advanceSeconds });
      return { facts: { advanceSeconds, clock }, line: `the sandbox's clock went on by ${advanceSeconds} s` };
    },
  },
  chaos: {
    says: 'the next calls of an operation are refused',
    example: 'wxq trigger chaos --operation category/add --errcode -1 --times 2',
    takes: ['operation', 'errcode', 'times'],
    async run(sandbox, asked) {
      const errcode = needed(asked.errcode, '--errcode');
      const rule = { operation: asked.operation ?? '*', errcode, times: asked.times ?? 1 };
      await sandbox.call('PUT', '/sandbox/chaos', { rules: [rule] });
      return { facts: rule, line: `the next ${rule.times} of ${rule.operation} get ${errcode}` };
    },
  },
};

/** The account that is named, or the only one that fits. */
async function account(
  sandbox: SandboxControl,
  { app }: Asked,
  isFit: (one: SandboxAccount) => boolean = () => true,
): Promise<SandboxAccount> {
  const fit = (await sandbox.accounts()).accounts.filter(isFit);
  const named = app === undefined ? fit : fit.filter(({ appId }) => appId === app);
  const [only, ...others] = named;
  if (only !== undefined && others.length === 0) return only;
  const names = fit.map((one) => `${one.appId} (${one.platform})`).join(', ') || 'none';
  throw new UsageError(
    app === undefined ? '--app must say which account.' : `${app} is not an account that this is for.`,
    `In this sandbox it can be: ${names}.`,
  );
}

async function platform(sandbox: SandboxControl, { app }: Asked): Promise<string> {
  const all = (await sandbox.accounts()).platforms.map(({ componentAppId }) => componentAppId);
  const [only, ...others] = app === undefined ? all : all.filter((one) => one === app);
  if (only !== undefined && others.length === 0) return only;
  throw new UsageError('--app must name a platform.', `In this sandbox: ${all.join(', ') || 'none'}.`);
}

function needed<Value>(value: Value | undefined, option: string): Value {
  if (value === undefined) throw new UsageError(`${option} is missing.`, 'See `wxq trigger --help`.');
  return value;
}
