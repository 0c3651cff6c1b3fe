/** A webhook as Standard Webhooks has it: id, timestamp, a signature by every secret, and the event as JSON. */
import { Webhook } from 'standardwebhooks';
import type { Notification } from '../contract/notification.ts';
import type { WebhookTarget } from './targets.ts';

export interface OutgoingRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** @param now when it is sent: a receiver refuses what is older than five minutes, so every try is signed anew. */
export function webhookRequest(
  { url, secrets }: WebhookTarget,
  notification: Notification,
  now: Date,
): OutgoingRequest {
  const { id, ...event } = notification;
  const body = JSON.stringify(event);
  return {
    url,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'wechat-qualification',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
    },
    body,
  };
}
