/** One account for each case, so that the sandbox counts and disturbs each on its own. New ids every time: another demo may run on the same Temporal. */
import { randomBytes } from 'node:crypto';
import { fixtureAccounts, fixtures, type SandboxAccounts } from '../../sandbox/index.ts';
import type { DemoAccount, DemoCase } from './case-play.ts';

export interface DemoAccounts {
  /** The sandbox's fixtures and, besides, the cases' accounts. */
  accounts: SandboxAccounts;
  accountOf(demoCase: DemoCase): DemoAccount;
}

/** Shops that call for themselves, and Mini Programs that have authorised the fixtures' platform. */
export function createDemoAccounts(cases: readonly DemoCase[]): DemoAccounts {
  const accounts = fixtureAccounts();
  const [platform] = accounts.platforms;
  if (platform === undefined) throw new Error('the sandbox has no platform');
  const known = new Map<string, DemoAccount>();
  for (const { name, platform: kind } of cases) {
    const appId = `wx${randomBytes(8).toString('hex')}`;
    const ghId = `gh_${randomBytes(6).toString('hex')}`;
    if (kind === 'channels-shop') {
      accounts.shops.push({ ...fixtures.shop, appId, ghId, callback: { ...fixtures.shop.callback, url: null } });
      known.set(name, { appId });
    } else {
      platform.authorizers.push({ appId, ghId, platform: kind });
      known.set(name, { appId, via: { componentAppId: platform.componentAppId } });
    }
  }
  return {
    accounts,
    accountOf({ name }) {
      const account = known.get(name);
      if (account === undefined) throw new RangeError(`${name} is no case of this demo`);
      return account;
    },
  };
}
