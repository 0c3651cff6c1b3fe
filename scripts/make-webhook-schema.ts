/** Writes docs/webhook-events.schema.json from the schemas of the events: `npm run docs:webhooks`. A test fails when it is stale. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { webhookJsonSchema } from '../src/notify/event-schema.ts';

await writeFile(join(process.cwd(), 'docs/webhook-events.schema.json'), webhookJsonSchema());
