/** Who is told: receivers of signed webhooks and group robots, each under a name that shows no secret. */
import { createHash } from 'node:crypto';
import type { Notification, TargetId } from '../contract/notification.ts';

/** A receiver of webhooks of one's own; every secret signs (rotation). */
export interface WebhookTarget {
  kind: 'webhook';
  url: string;
  secrets: readonly string[];
}

/** A robot of a chat group. */
export interface RobotTarget {
  kind: 'wecom' | 'feishu' | 'dingtalk';
  url: string;
  /** Feishu's and DingTalk's 签名校验 (加签). */
  secret?: string;
}

export type Target = WebhookTarget | RobotTarget;

/** The receivers of an installation, by their names. */
export type Targets = ReadonlyMap<TargetId, Target>;

/** A robot is for people: only what one of them should do something about. */
const robotEvents: readonly Notification['type'][] = [
  'case.rejected',
  'case.needs_material',
  'case.blocked',
  'case.overdue',
  'case.reminder',
  'case.expired',
  'category.lapsed',
  'license.expiring',
] satisfies Notification['type'][];

/** Names them. The digest tells two robots of one host apart and changes when an address does; it shows no key. */
export function targetsOf(targets: readonly Target[]): Targets {
  return new Map(targets.map((target) => [idOf(target), target]));
}

function idOf({ kind, url }: Target): TargetId {
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return `${kind}:${new URL(url).host}:${digest}`;
}

/** The names of those that are told of this type of event. */
export const targetsFor = (targets: Targets, type: Notification['type']): TargetId[] =>
  [...targets].flatMap(([id, { kind }]) => (kind === 'webhook' || robotEvents.includes(type) ? [id] : []));
