import { expect, test } from 'vitest';
import { webhookBodySchema, webhookJsonSchema } from '../../src/notify/event-schema.ts';
import { blocks, textOf } from './pages.ts';

test('the JSON schema of webhooks is what `npm run docs:webhooks` makes; run that when this fails', () => {
  expect(JSON.parse(textOf('docs/webhook-events.schema.json'))).toEqual(JSON.parse(webhookJsonSchema()));
});

test('the event that is shown is one', () => {
  const [shown = ''] = blocks({ name: 'docs/webhooks.md', text: textOf('docs/webhooks.md') }, 'json');
  expect(webhookBodySchema.parse(JSON.parse(shown)).type).toBe('case.rejected');
  expect(webhookBodySchema.safeParse({ ...JSON.parse(shown), version: 2 }).success).toBe(false);
});
