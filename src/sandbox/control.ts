/** What the control API can do to a sandbox, as functions: the HTTP routes and the tests call the same ones. */

import { type AccountControl, createAccountControl } from './account-control.ts';
import type { Authorizer, ShopAccount } from './accounts.ts';
import { type AuditView, accountNamed, auditView, isoTime, verdictChecked } from './audit-view.ts';
import type { Audits } from './audits.ts';
import { findAudit, findPermission, permissionKey } from './audits.ts';
import { createBackOffice, type HandWork } from './back-office.ts';
import type { ChaosRule, PushChaos } from './chaos.ts';
import { chainOf } from './platform-chain.ts';
import type { PushSender } from './push-sender.ts';
import { BadControlRequest } from './refusal.ts';
import type { AuditStatus, RequestRecord, Verdict, VerdictRule } from './state.ts';
import type { PlatformControl, TicketPushes } from './ticket-pushes.ts';
import { secondsLeft, tokenFor } from './tokens.ts';
import type { Drift } from './wire.ts';
import type { World } from './world.ts';

export interface UploadView {
  id: string;
  kind: 'qualification' | 'img' | 'media';
  appId: string;
  sha256: string;
  bytes: number;
  filename: string;
  uploadedAt: string;
}

export interface PushView {
  id: string;
  appId: string;
  event: string;
  auditId: string;
  status: 'pending' | 'delivered' | 'given-up' | 'lost';
  forged: boolean;
  dueAt: string;
  /** `answer`: the beginning of what came back. */
  tries: { at: string; httpStatus: number | null; error: string | null; answer?: string }[];
}

/** A platform as `PUT /sandbox/accounts` changes it: what is given replaces, authorizers are added or changed by appid. */
export interface AccountChanges {
  shops: (Pick<ShopAccount, 'appId'> &
    Partial<Omit<ShopAccount, 'callback'>> & { callback?: Partial<ShopAccount['callback']> })[];
  platforms: {
    componentAppId: string;
    secret?: string;
    tokenServiceBearer?: string;
    eventsUrl?: string | null;
    callback?: Partial<ShopAccount['callback']>;
    authorizers?: (Pick<Authorizer, 'appId' | 'platform'> & Partial<Authorizer>)[];
  }[];
}

/** A rule as it is given; without `times` it meets one call. */
export type NewChaosRule = Omit<ChaosRule, 'times'> & { times?: number };

export interface Control extends PlatformControl, AccountControl {
  audits(filter?: { appId?: string; categoryId?: string; status?: string }): AuditView[];
  /** A verdict by hand. 404 for an unknown audit, 409 for one that is decided already. */
  decide(id: string, verdict: Verdict, reason?: string): AuditView;
  /** A person applies in the back office; status default `open`. */
  applyInBackOffice(application: {
    appId: string;
    categoryId: string;
    status?: AuditStatus;
    reason?: string;
  }): Promise<AuditView>;
  /** The other things that a person can do there. */
  workInBackOffice(work: HandWork): Promise<AuditView>;
  addVerdictRule(rule: VerdictRule): VerdictRule[];
  /** What is given replaces what was; what is absent stays. */
  setChaos(chaos: { rules?: NewChaosRule[]; push?: PushChaos }): { rules: ChaosRule[]; push: PushChaos };
  setClock(change: { advanceSeconds: number } | { now: number }): { now: string };
  setDrift(drift: Partial<Drift>): Drift;
  setAccounts(changes: AccountChanges): {
    shops: string[];
    platforms: { componentAppId: string; authorizers: string[] }[];
  };
  /** A permission lapses, or comes back; a Mini Program's passed category runs out (`is_expired`). No push goes out. */
  setPermission(change: {
    appId: string;
    categoryId: string;
    inForce: boolean;
    reason?: string;
    /** With `inForce`: it lapses by itself after so many seconds of the sandbox clock. */
    lapsesInSeconds?: number;
  }): void;
  issueToken(asked: { appId: string; componentAppId?: string; rejectedToken?: string }): {
    accessToken: string;
    expiresInSeconds: number;
  };
  requests(operation?: string): RequestRecord[];
  uploads(): { counts: Record<string, number>; files: UploadView[] };
  pushes(): PushView[];
  reset(): void;
}

export interface ControlDeps {
  world: World;
  audits: Audits;
  pushes: PushSender;
  tickets: TicketPushes;
  requests: RequestRecord[];
  /** Does at once what the moved clock has made due. */
  catchUp(): void;
  reset(): void;
}

export function createControl({ world, audits, pushes, tickets, requests, catchUp, reset }: ControlDeps): Control {
  const accountControl = createAccountControl(world, pushes, (rule) => control.addVerdictRule(rule));
  const backOffice = createBackOffice(world, audits);

  const control: Control = {
    ...accountControl,
    audits(filter = {}) {
      return Object.values(world.state.audits)
        .filter((audit) => filter.appId === undefined || audit.appId === filter.appId)
        .filter((audit) => filter.categoryId === undefined || audit.categoryId === filter.categoryId)
        .filter((audit) => filter.status === undefined || audit.status === filter.status)
        .map(auditView);
    },
    decide(id, verdict, reason = verdict === 'rejected' ? '资质图片不清晰，请重新上传' : '') {
      const audit = findAudit(world, id);
      if (audit === undefined) throw new BadControlRequest(`audit ${id} does not exist`, 404);
      verdictChecked(audit.platform, verdict);
      if (audit.status !== 'open') throw new BadControlRequest(`audit ${id} is decided already: ${audit.status}`, 409);
      audits.decide(audit, verdict, reason);
      return auditView(audit);
    },
    applyInBackOffice: (application) => backOffice.work({ deed: 'apply', ...application }),
    workInBackOffice: backOffice.work,
    addVerdictRule(rule) {
      const isSame = (other: VerdictRule): boolean =>
        other.appId === rule.appId && other.categoryId === rule.categoryId;
      world.state.verdictRules = [...world.state.verdictRules.filter((other) => !isSame(other)), rule];
      world.changed();
      return world.state.verdictRules;
    },
    setChaos({ rules, push }) {
      if (rules !== undefined)
        world.state.chaos.rules = rules.map((rule) => ({ times: 1, ...rule })).filter(({ times }) => times > 0);
      if (push !== undefined) world.state.chaos.push = { ...push };
      world.changed();
      return world.state.chaos;
    },
    setClock(change) {
      const before = world.now();
      const by = 'now' in change ? change.now - before : change.advanceSeconds * 1000;
      world.state.clockOffsetMs += by;
      // A clock that is put back must not put off what was due already.
      if (by < 0) for (const push of world.state.pushes) if (push.status === 'pending') push.dueAt += by;
      world.changed();
      catchUp();
      return { now: isoTime(before + by) };
    },
    setDrift(drift) {
      Object.assign(world.state.drift, drift);
      world.changed();
      return world.state.drift;
    },
    setAccounts(changes) {
      const { accounts } = world.state;
      for (const { callback, ...change } of changes.shops) {
        const known = accounts.shops.find(({ appId }) => appId === change.appId);
        const before = known ?? { secret: `sandbox-secret-of-${change.appId}`, ghId: `gh_${change.appId.slice(-12)}` };
        const settings = { url: null, token: '', encodingAesKey: '', ...known?.callback, ...callback };
        callbackChecked(settings, change.appId);
        const changed = { ...before, ...change, callback: settings };
        accounts.shops = [...accounts.shops.filter((other) => other !== known), changed];
      }
      for (const { callback, authorizers = [], ...change } of changes.platforms) {
        const known = accounts.platforms.find(({ componentAppId }) => componentAppId === change.componentAppId);
        const before = known ?? { secret: '', tokenServiceBearer: '' };
        const settings = { url: null, token: '', encodingAesKey: '', ...known?.callback, ...callback };
        callbackChecked(settings, change.componentAppId);
        const joined = (known?.authorizers ?? []).filter(
          ({ appId }) => !authorizers.some((one) => one.appId === appId),
        );
        const added = authorizers.map((one) => ({
          ghId: `gh_${one.appId.slice(-12)}`,
          ...known?.authorizers.find(({ appId }) => appId === one.appId),
          ...one,
        }));
        const changed = { ...before, ...change, callback: settings, authorizers: [...joined, ...added] };
        accounts.platforms = [...accounts.platforms.filter((other) => other !== known), changed];
      }
      world.changed();
      return {
        shops: accounts.shops.map(({ appId }) => appId),
        platforms: accounts.platforms.map(({ componentAppId, authorizers }) => ({
          componentAppId,
          authorizers: authorizers.map(({ appId }) => appId),
        })),
      };
    },
    setPermission({ appId, categoryId, inForce, reason = '', lapsesInSeconds }) {
      const end = lapsesInSeconds === undefined ? undefined : world.now() + lapsesInSeconds * 1000;
      const { platform } = accountNamed(world, appId);
      if (platform === 'mini-program') {
        const audit = findAudit(world, `${appId}:${categoryId}`);
        if (audit?.status !== 'approved') throw new BadControlRequest(`categoryId ${categoryId} is not passed`, 409);
        if (inForce) delete audit.isExpired;
        else audit.isExpired = true;
        if (end === undefined) delete audit.papersEndAt;
        else audit.papersEndAt = end;
      } else {
        const permission = findPermission(world, appId, categoryId);
        if (permission === undefined) throw new BadControlRequest(`categoryId ${categoryId} was never held`, 409);
        const { lapsesAt: _before, ...rest } = permission;
        world.state.permissions[permissionKey(appId, categoryId)] = {
          ...rest,
          ...(end === undefined ? {} : { lapsesAt: end }),
          isInForce: inForce,
          reason: inForce ? '' : reason,
          uneffectiveTime: inForce ? 0 : Math.floor(world.now() / 1000),
        };
      }
      world.changed();
    },
    issueToken({ appId, componentAppId, rejectedToken }) {
      const found = accountNamed(world, appId);
      if (componentAppId !== undefined && componentAppId !== found.componentAppId) {
        throw new BadControlRequest(`appId ${appId} has not authorised componentAppId ${componentAppId}`, 404);
      }
      if (found.componentAppId !== null && chainOf(world, found.componentAppId).unauthorized.includes(appId)) {
        throw new BadControlRequest(`appId ${appId} has withdrawn its authorization`, 403);
      }
      const [accessToken, record] = tokenFor(world, found, rejectedToken);
      return { accessToken, expiresInSeconds: secondsLeft(world, record) };
    },
    pushTicket: tickets.pushTicket,
    setTicketPushes: tickets.setTicketPushes,
    changeAuthorization: tickets.changeAuthorization,
    requests: (operation) => requests.filter((entry) => operation === undefined || entry.operation === operation),
    uploads() {
      const counts: Record<string, number> = {};
      const files = Object.values(world.state.uploads).map(({ uploadedAt, ...file }) => {
        counts[file.appId] = (counts[file.appId] ?? 0) + 1;
        return { ...file, uploadedAt: isoTime(uploadedAt) };
      });
      return { counts, files };
    },
    pushes: () =>
      world.state.pushes.map(({ id, appId, event, auditId, status, isForged, dueAt, tries }) => ({
        id,
        appId,
        event,
        auditId,
        status,
        forged: isForged,
        dueAt: isoTime(dueAt),
        tries: tries.map((one) => ({ ...one, at: isoTime(one.at) })),
      })),
    reset,
  };
  return control;
}

function callbackChecked(settings: ShopAccount['callback'], appId: string): void {
  if (settings.url === null) return;
  if (!URL.canParse(settings.url)) throw new BadControlRequest(`callback.url of ${appId} is not an address`);
  if (!/^[A-Za-z0-9+/]{43}$/.test(settings.encodingAesKey)) {
    throw new BadControlRequest(`callback.encodingAesKey of ${appId} must be 43 characters of base64`);
  }
  if (settings.token === '') throw new BadControlRequest(`callback.token of ${appId} is missing`);
}
