/** Delivers pushes as WeChat does: 5 s for an answer, up to ten tries over some 3.6 hours, 2xx is enough. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../wechat/deadline.ts';
import { sealPush } from '../wechat/push/index.ts';
import { findAccount, type KnownAccount } from './accounts.ts';
import { takePushChaos } from './chaos.ts';
import { chainOf, findPlatform } from './platform-chain.ts';
import { auditMessage, type OtherEvent, otherMessage, pushFormat } from './push-message.ts';
import type { AuditRecord, PushRecord } from './state.ts';
import type { World } from './world.ts';

/** "0s/0s/10s/1min/5min/30min/60min/60min/60min": the pause before each further try, in seconds. */
export const retryPausesSeconds: readonly number[] = [0, 0, 10, 60, 300, 1800, 3600, 3600, 3600];
const answerTimeoutMs = 5000;
const keptPushes = 2000;
/** Characters of an answer that are kept. */
const keptAnswer = 2000;

export interface PushSender {
  /** A verdict was given: queue the event, with whatever chaos asks for. Nothing happens for an account without an address. */
  announce(audit: AuditRecord, afterMs: number): void;
  /** A ticket, or an authorization: to the platform's own address, if it has one. Tries of the same event before end. */
  announceToPlatform(componentAppId: string, event: string, message: string): void;
  /** An event of another program, to an account's address. */
  announceOther(account: KnownAccount, event: OtherEvent, isForged?: boolean): void;
  /** Sends what is due. */
  sendDue(): void;
  /** Milliseconds of the sandbox clock at which something is due next. */
  nextDueAt(): number | undefined;
  /** Resolves when every push about the audit has been tried at least once, or the time is over. */
  tried(auditId: string, timeoutMs: number): Promise<void>;
  /** Stops waiting for answers. */
  close(): Promise<void>;
}

export function createPushSender(world: World): PushSender {
  const flying = new Map<string, Promise<void>>();
  const closing = new AbortController();
  // One listener for each push under way, taken away when it ends: any number of them is no leak.
  setMaxListeners(0, closing.signal);
  let held: PushRecord | undefined;

  function queue(
    about: { appId: string; id: string },
    fields: Pick<PushRecord, 'event' | 'message' | 'dueAt' | 'toPlatform'>,
    isForged = false,
  ) {
    const push: PushRecord = {
      id: String(world.state.nextPushId),
      appId: about.appId,
      auditId: about.id,
      status: 'pending',
      isForged,
      tries: [],
      ...fields,
    };
    world.state.nextPushId += 1;
    world.state.pushes.push(push);
    const surplus = world.state.pushes.length - keptPushes;
    if (surplus > 0) {
      const finished = world.state.pushes.filter((old) => old.status !== 'pending').slice(0, surplus);
      world.state.pushes = world.state.pushes.filter((old) => !finished.includes(old));
    }
    return push;
  }

  async function attempt(push: PushRecord): Promise<void> {
    const account = receiverOf(push);
    if (account === undefined || account.callback.url === null) {
      push.status = 'given-up';
      return;
    }
    const { url, token, encodingAesKey } = account.callback;
    const sealed = sealPush({
      format: pushFormat(account),
      message: push.message,
      token: push.isForged ? `${token}-guessed` : token,
      encodingAesKey,
      tailAppId: account.componentAppId ?? account.appId,
      toUserName: account.ghId,
      timestamp: String(Math.floor(world.now() / 1000)),
      nonce: String(randomBytes(4).readUInt32BE()),
    });
    const target = new URL(url.replaceAll('$APPID$', account.appId));
    for (const [name, value] of Object.entries({ ...sealed.query, openid: 'oSandboxWeChatTeamOpenId0001' })) {
      target.searchParams.set(name, value);
    }
    // The envelope of an authorization event names the platform's appid where others name the account.
    const body = push.toPlatform ? sealed.body.replaceAll('ToUserName>', 'AppId>') : sealed.body;
    const result = await post(target, body, sealed.contentType);
    push.tries.push({ at: world.now(), ...result });
    settle(push, result.httpStatus);
    world.emit({
      kind: 'push',
      appId: push.appId,
      event: push.event,
      result: result.error ?? `HTTP ${result.httpStatus}`,
    });
    world.changed();
  }

  function receiverOf(push: PushRecord): KnownAccount | undefined {
    if (push.toPlatform === undefined) return findAccount(world.state.accounts, push.appId);
    const platform = findPlatform(world, push.appId);
    if (platform === undefined) return undefined;
    const { componentAppId, callback, eventsUrl = null } = platform;
    return {
      appId: componentAppId,
      platform: 'mini-program',
      ghId: componentAppId,
      componentAppId,
      secret: null,
      callback: { ...callback, url: eventsUrl },
      monthlyLimit: 0,
      categoryLimit: 0,
      permissionSets: null,
    };
  }

  async function post(url: URL, body: string, contentType: string) {
    try {
      return await withDeadline(answerTimeoutMs, closing.signal, async (signal) => {
        const headers = { 'content-type': contentType };
        const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
        const text = await answer.text();
        const kept = text === '' ? {} : { answer: text.slice(0, keptAnswer) };
        return { httpStatus: answer.status, error: null, ...kept };
      });
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      return { httpStatus: null, error: isTimeout ? 'no answer within 5 s' : 'not reachable' };
    }
  }

  /** The text of the answer is not looked at, only that it is a 2xx. */
  function settle(push: PushRecord, httpStatus: number | null): void {
    if (closing.signal.aborted && httpStatus === null) {
      // It is the sandbox that went away, not the receiver: the try does not count.
      push.tries.pop();
      return;
    }
    const pause = retryPausesSeconds[push.tries.length - 1];
    if (httpStatus !== null && httpStatus >= 200 && httpStatus < 300) push.status = 'delivered';
    else if (push.isForged || pause === undefined) push.status = 'given-up';
    else push.dueAt = world.now() + pause * 1000;
  }

  return {
    announce(audit, afterMs) {
      const account = findAccount(world.state.accounts, audit.appId);
      if (account === undefined || account.callback.url === null || !isTold(world, account)) return;
      const { push: chaos } = world.state.chaos;
      const now = world.now();
      const dueAt = now + afterMs + (chaos.delaySeconds ?? 0) * 1000;
      const createTime = Math.floor(now / 1000);
      const { event, text: message } = auditMessage(account, audit, createTime, world.state.drift);
      if (takePushChaos(world, 'forge')) {
        const claimed = {
          ...audit,
          status: audit.status === 'approved' ? ('rejected' as const) : ('approved' as const),
        };
        const forged = auditMessage(account, claimed, createTime, world.state.drift);
        queue(audit, { event, message: forged.text, dueAt: now + afterMs }, true);
      }
      const push = queue(audit, { event, message, dueAt });
      if (takePushChaos(world, 'lose')) push.status = 'lost';
      else if (takePushChaos(world, 'duplicate')) queue(audit, { event, message, dueAt: dueAt + 20 });
      if (held !== undefined && held.status === 'pending') {
        held.dueAt = dueAt + 200;
        held = undefined;
      } else if (push.status === 'pending' && takePushChaos(world, 'shuffle')) {
        push.dueAt = dueAt + 1000;
        held = push;
      }
      world.changed();
    },
    announceToPlatform(componentAppId, event, message) {
      if ((findPlatform(world, componentAppId)?.eventsUrl ?? null) === null) return;
      for (const old of world.state.pushes) {
        const isOvertaken = old.toPlatform && old.event === event && event === 'component_verify_ticket';
        if (isOvertaken && old.appId === componentAppId && old.status === 'pending') old.status = 'given-up';
      }
      queue({ appId: componentAppId, id: '' }, { event, message, dueAt: world.now(), toPlatform: true });
      world.changed();
    },
    announceOther(account, event, isForged = false) {
      if (account.callback.url === null || !isTold(world, account)) return;
      const message = otherMessage(account, event, Math.floor(world.now() / 1000));
      queue({ appId: account.appId, id: '' }, { event: event.event, message, dueAt: world.now() }, isForged);
      world.changed();
    },
    sendDue() {
      const now = world.now();
      for (const push of world.state.pushes) {
        if (push.status !== 'pending' || push.dueAt > now || flying.has(push.id)) continue;
        const flight = attempt(push)
          .catch(() => {
            // Settings that cannot be sealed or addressed: no later try will do better.
            push.status = 'given-up';
          })
          .finally(() => flying.delete(push.id));
        flying.set(push.id, flight);
      }
    },
    nextDueAt() {
      const waiting = world.state.pushes.filter((push) => push.status === 'pending' && !flying.has(push.id));
      return waiting.length === 0 ? undefined : Math.min(...waiting.map((push) => push.dueAt));
    },
    async tried(auditId, timeoutMs) {
      const until = Date.now() + timeoutMs;
      const isWaiting = (): boolean =>
        world.state.pushes.some(
          (push) => push.auditId === auditId && push.status === 'pending' && push.tries.length === 0,
        );
      while (isWaiting() && Date.now() < until && !closing.signal.aborted) await sleep(5);
    },
    async close() {
      closing.abort();
      await Promise.allSettled(flying.values());
    },
  };
}

/** A platform hears of an account only while it is authorised; of a shop only with the set for its messages (174). */
function isTold(world: World, { appId, componentAppId, platform, permissionSets }: KnownAccount): boolean {
  if (componentAppId === null) return true;
  if (chainOf(world, componentAppId).unauthorized.includes(appId)) return false;
  return platform === 'mini-program' || permissionSets === null || permissionSets.includes(174);
}
