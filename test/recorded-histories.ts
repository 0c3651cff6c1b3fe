/** Histories that later versions of the workflows must still replay: how they are recorded, and where they lie. */
import { realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const folder = join(import.meta.dirname, 'histories');
const root = resolve(import.meta.dirname, '..');
/** Where the packages really lie: `node_modules` may be a link. */
const packages = resolve(realpathSync(join(root, 'node_modules')), '..');

/**
 * `WXQ_RECORD_HISTORIES=v1 npx vitest run … -t "…"` keeps the histories of those tests in `test/histories/v1/`: of a test
 * with several workflows of a type the last one.
 */
export async function recordIfAsked(title: string | undefined, history: History): Promise<void> {
  const version = process.env.WXQ_RECORD_HISTORIES;
  if (!version || title === undefined) return;
  const type = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
  // Cases are known by their test alone; what is started beside them would overwrite them.
  const name = type.endsWith('Qualification')
    ? words
    : `${words}-${type.replace(/[A-Z]/g, (l) => `-${l.toLowerCase()}`)}`;
  await mkdir(join(folder, version), { recursive: true });
  const json = withoutThisMachine(JSON.parse(historyToJSON(history)));
  await writeFile(join(folder, version, `${name}.json`), `${JSON.stringify(json)}\n`);
}

/** Every recorded history: version and name, and its JSON. */
export async function recordedHistories(): Promise<{ name: string; history: unknown }[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => ({
      name: file,
      history: JSON.parse(await readFile(join(folder, file), 'utf8')) as unknown,
    })),
  );
}

/** Payloads are base64 and hold the paths of images; identities hold the name of this machine. */
function withoutThisMachine(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'identity') return 'worker@example';
    if (key === 'data') return Buffer.from(clean(Buffer.from(value, 'base64').toString('utf8'))).toString('base64');
    return clean(value);
  }
  if (Array.isArray(value)) return value.map((item) => withoutThisMachine(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutThisMachine(item, name)]));
}

const clean = (text: string): string =>
  text
    .replaceAll(root, '/srv/qualification')
    .replaceAll(packages, '/srv/qualification')
    .replaceAll(/\/tmp\/[\w.-]+/g, '/srv/tmp');
