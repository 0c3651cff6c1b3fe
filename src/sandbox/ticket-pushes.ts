/** The pushes to a platform's authorization address: a ticket every ten minutes, and who authorises it. */

import { findAccount } from './accounts.ts';
import { authorize, chainOf, findPlatform, newTicket, ticketEveryMs, unauthorize } from './platform-chain.ts';
import type { PushSender } from './push-sender.ts';
import { BadControlRequest } from './refusal.ts';
import type { SandboxPlatform } from './state.ts';
import { seconds, type World } from './world.ts';

export type AuthorizationEvent = 'authorized' | 'updateauthorized' | 'unauthorized';

/** What the control API can do to a platform. 404 for an account that is not there. */
export interface PlatformControl {
  /** One ticket at once. */
  pushTicket(componentAppId: string): void;
  /** Whether tickets come by themselves, every ten minutes of the sandbox clock. */
  setTicketPushes(componentAppId: string, isPushing: boolean): void;
  /** The account's owner decides in WeChat; the platform is told. Without `isTold`, the push is lost. */
  changeAuthorization(change: {
    componentAppId: string;
    appId: string;
    event: AuthorizationEvent;
    isTold?: boolean;
    /** What the account grants from now on. */
    permissionSets?: number[];
    /** Of an account that the platform did not have yet. */
    platform?: SandboxPlatform;
  }): void;
}

export interface TicketPushes extends PlatformControl {
  sendDue(): void;
  nextDueAt(): number | undefined;
}

export function createTicketPushes(world: World, pushes: PushSender): TicketPushes {
  function known(componentAppId: string): void {
    if (findPlatform(world, componentAppId) === undefined) {
      throw new BadControlRequest(`componentAppId ${componentAppId} is not a platform of this sandbox`, 404);
    }
  }

  function send(componentAppId: string, infoType: string, fields: string): void {
    const head = `<AppId>${cdata(componentAppId)}</AppId><CreateTime>${seconds(world)}</CreateTime><InfoType>${cdata(infoType)}</InfoType>`;
    pushes.announceToPlatform(componentAppId, infoType, `<xml>${head}${fields}</xml>`);
  }

  function pushTicket(componentAppId: string): void {
    known(componentAppId);
    // Where none can be pushed to, none is made: the first is due as soon as there is an address.
    if ((findPlatform(world, componentAppId)?.eventsUrl ?? null) === null) return;
    const ticket = newTicket(world, componentAppId);
    send(componentAppId, 'component_verify_ticket', `<ComponentVerifyTicket>${cdata(ticket)}</ComponentVerifyTicket>`);
    world.changed();
  }

  /** Who has an address, and when its next ticket is due; a clock that was put back does not put it off. */
  function due(): { componentAppId: string; at: number }[] {
    const now = world.now();
    return world.state.accounts.platforms.flatMap(({ componentAppId, eventsUrl }) => {
      if (eventsUrl === undefined || eventsUrl === null) return [];
      const { isPushing, nextTicketAt } = chainOf(world, componentAppId);
      return isPushing ? [{ componentAppId, at: Math.min(nextTicketAt ?? now, now + ticketEveryMs) }] : [];
    });
  }

  return {
    pushTicket,
    setTicketPushes(componentAppId, isPushing) {
      known(componentAppId);
      chainOf(world, componentAppId).isPushing = isPushing;
      world.changed();
    },
    changeAuthorization({ componentAppId, appId, event, isTold = true, permissionSets, platform }) {
      known(componentAppId);
      const authorizers = findPlatform(world, componentAppId)?.authorizers ?? [];
      const before = authorizers.find((authorizer) => authorizer.appId === appId);
      const isFirst = before === undefined && platform !== undefined && event !== 'unauthorized';
      if (before === undefined && !isFirst) {
        throw new BadControlRequest(`appId ${appId} is not an authorizer of ${componentAppId}`, 404);
      }
      if (isFirst && findAccount(world.state.accounts, appId) !== undefined) {
        throw new BadControlRequest(`appId ${appId} is another account's already`, 409);
      }
      if (isFirst) authorizers.push({ appId, platform, ghId: `gh_${appId.slice(-12)}` });
      const authorizer = authorizers.find((one) => one.appId === appId);
      if (authorizer !== undefined && permissionSets !== undefined) authorizer.permissionSets = permissionSets;
      const who = `<AuthorizerAppid>${cdata(appId)}</AuthorizerAppid>`;
      if (event === 'unauthorized') {
        unauthorize(world, componentAppId, appId);
        if (isTold) send(componentAppId, event, who);
      } else {
        const { code, expiresAt } = authorize(world, componentAppId, appId, {
          isFirst,
          isAgain: event === 'authorized',
        });
        const fields = `<AuthorizationCode>${cdata(code)}</AuthorizationCode><AuthorizationCodeExpiredTime>${Math.floor(expiresAt / 1000)}</AuthorizationCodeExpiredTime><PreAuthCode>${cdata('preauthcode@@@sandbox')}</PreAuthCode>`;
        if (isTold) send(componentAppId, event, `${who}${fields}`);
      }
      world.changed();
    },
    sendDue() {
      for (const { componentAppId, at } of due()) if (at <= world.now()) pushTicket(componentAppId);
    },
    nextDueAt() {
      const moments = due().map(({ at }) => at);
      return moments.length === 0 ? undefined : Math.min(...moments);
    },
  };
}

function cdata(text: string): string {
  return `<![CDATA[${text}]]>`;
}
