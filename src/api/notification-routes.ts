/** `/v1/notifications`: what backends were told about a case, what became of one event, and the same once more. */
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type CaseNotification,
  notificationById,
  type QualificationClient,
  redeliverById,
  toldAbout,
} from '../client/index.ts';
import { callerOf } from './access.ts';
import { answers, ofTemporal } from './answers.ts';
import { registry } from './schema-registry.ts';

const delivery = z.looseObject({
  target: z.string(),
  outcome: z.enum(['under_way', 'delivered', 'gone', 'given_up']),
  httpStatus: z.int().exactOptional(),
  attempt: z.int().exactOptional(),
  deliveredAt: z.string().exactOptional(),
  reason: z.string().exactOptional(),
});
const told = z.looseObject({
  id: z.string(),
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({}),
  deliveries: z.array(delivery),
});
registry.add(delivery.shape.target, {
  description: 'kind, host and a digest of the address; never the address itself',
});
registry.add(delivery.shape.outcome, { description: '`gone`: it answered 410, or is no longer in the settings' });
registry.add(told.shape.id, { description: '`webhook-id`: the same for every try and every redelivery' });
registry.add(told.shape.type, { description: 'as in docs/webhook-events.schema.json' });
registry.add(told.shape.data, { description: 'the body of the event: docs/webhook-events.schema.json' });
registry.add(told.shape.deliveries, { description: 'one for each receiver; empty where nobody is told of this type' });
registry.add(told, { id: 'ToldEvent', description: 'An event, and how far it is with each receiver.' });

const ofCase = z.strictObject({
  workflowId: z
    .string()
    .regex(
      /^(channels-shop\/wx[0-9A-Za-z]{6,30}\/[1-9]\d{0,19}|mini-program\/wx[0-9A-Za-z]{6,30}\/[1-9]\d{0,19}-[1-9]\d{0,19})$/,
    ),
});
registry.add(ofCase.shape.workflowId, { description: 'of the case: its newest run and those that it continues' });
const toldEvents = z.strictObject({ notifications: z.array(told), olderGone: z.boolean() });
registry.add(toldEvents.shape.olderGone, {
  description: 'some were told longer ago than Temporal keeps closed workflows',
});
registry.add(toldEvents, {
  id: 'ToldEvents',
  description: 'Oldest first; empty where nobody was to be told, or nothing is kept any more.',
});
/** Any text may be asked for: what is none of our ids is not there. */
const byId = z.strictObject({ id: z.string() });

/** Registers them; the scope has the guard and the error handler. */
export function registerNotificationRoutes(app: FastifyInstance, client: QualificationClient): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();

  typed.get(
    '/notifications',
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'listNotifications',
        summary: 'What was told about a case',
        description: 'Of the newest run of the case and those that it continues, oldest first. A worker answers.',
        tags: ['notifications'],
        querystring: ofCase,
        response: answers({ 200: ['What was told.', toldEvents] }, [...ofTemporal, 'no-such-case', 'no-worker']),
      },
    },
    async ({ query: { workflowId } }) => {
      const { notifications, olderGone } = await toldAbout(client, workflowId);
      return { notifications: notifications.map(toldOf), olderGone };
    },
  );

  typed.get(
    '/notifications/:id',
    {
      config: { role: 'viewer' },
      schema: {
        operationId: 'viewNotification',
        summary: 'What became of one event',
        description: 'By its `webhook-id`. A worker answers.',
        tags: ['notifications'],
        params: byId,
        response: answers({ 200: ['The event.', told] }, [...ofTemporal, 'no-such-notification', 'no-worker']),
      },
    },
    async ({ params: { id } }) => toldOf(await notificationById(client, id)),
  );

  typed.post(
    '/notifications/:id/redeliver',
    {
      config: { role: 'operator' },
      schema: {
        operationId: 'redeliverNotification',
        summary: 'Tell one event again',
        description:
          'Under the same `webhook-id`, to the receivers that are in the settings now. What is still being tried is tried at once. The answer is the event as it was before.',
        tags: ['notifications'],
        params: byId,
        response: answers({ 202: ['It is told again; ask for the event to see how far.', told] }, [
          ...ofTemporal,
          'no-such-notification',
          'no-worker',
          'too-large',
          'media-type',
        ]),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { name } = callerOf(request);
      const found = await redeliverById(client, id, name === undefined ? {} : { by: name });
      return reply
        .code(202)
        .header('location', `/v1/notifications/${encodeURIComponent(id)}`)
        .send(toldOf(found));
    },
  );
}

const toldOf = ({ notification, deliveries }: CaseNotification): z.infer<typeof told> => ({
  id: notification.id,
  type: notification.type,
  timestamp: notification.timestamp,
  data: { ...notification.data },
  deliveries: deliveries.map((one) => ({ ...one })),
});
