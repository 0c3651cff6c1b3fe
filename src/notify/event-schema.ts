/** The events as zod schemas: where docs/webhook-events.schema.json comes from, and what the tests hold real events against. */
import { z } from 'zod';
import type { Notification } from '../contract/notification.ts';
import { statuses } from '../contract/qualification.ts';

const platform = z.enum(['channels-shop', 'mini-program']);
const isoTime = z.iso.datetime();

const caseEvent = z.object({
  workflowId: z.string(),
  runId: z.string().describe('Which run of the case: a later case of the same account and category has another one.'),
  platform,
  appId: z.string(),
  categoryId: z
    .string()
    .describe('The leaf of a Channels Shop category, `{first}-{second}` of a Mini Program category.'),
  externalId: z.string().optional().describe("The caller's own number, as it was given at the start."),
  status: z.enum(statuses),
  attempt: z.int().min(1),
  auditId: z.string().optional(),
  reason: z.string().optional(),
  blocked: z
    .object({
      during: z.enum(['preflight', 'upload', 'submit', 'read']),
      errcode: z.string().optional(),
      advice: z.string(),
    })
    .optional(),
  dueAt: isoTime.optional().describe('When the time for a correction ends, or when the review counts as overdue.'),
  precheck: z
    .object({ allPass: z.boolean(), failReasons: z.array(z.string()) })
    .optional()
    .describe(
      'Of an approved shop category: whether the shop may publish in it now, and if not, why. Absent: not known.',
    ),
  canDo: z.array(z.enum(['resubmit', 'withdraw', 'retry', 'adopt', 'readAuditNow'])),
});

const category = {
  platform,
  appId: z.string(),
  categoryId: z.string(),
  workflowId: z.string().optional(),
  externalId: z.string().optional(),
};

const event = { version: z.literal(1), timestamp: isoTime.describe('When it happened; not when it was sent.') };

/** The body of a webhook. Members may be added: a receiver ignores what it does not know. */
export const webhookBodySchema = z.discriminatedUnion('type', [
  z.object({
    ...event,
    type: z.enum([
      'case.submitted',
      'case.rejected',
      'case.needs_material',
      'case.blocked',
      'case.reminder',
      'case.overdue',
      'case.approved',
      'case.withdrawn',
      'case.expired',
    ]),
    data: caseEvent,
  }),
  z.object({
    ...event,
    type: z.literal('category.lapsed'),
    data: z.object({ ...category, reason: z.string().optional() }),
  }),
  z.object({
    ...event,
    type: z.literal('license.expiring'),
    data: z.object({
      ...category,
      path: z.string().optional().describe('Which paper, as a path of a resubmission.'),
      validUntil: z.iso.date(),
      daysLeft: z.int(),
    }),
  }),
]);

/** A type that the schema does not know, or the other way round, does not compile. */
type Told = Notification['type'];
type Described = z.infer<typeof webhookBodySchema>['type'];
export const describesEveryType: [Told, Described] extends [Described, Told] ? true : never = true;

/** The JSON schema (2020-12), as text. */
export const webhookJsonSchema = (): string =>
  `${JSON.stringify({ title: 'Webhook of wechat-qualification, version 1', ...z.toJSONSchema(webhookBodySchema, { io: 'input' }) }, null, 2)}\n`;
