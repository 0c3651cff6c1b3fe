/** The JSON API under requests that schemathesis makes of its own OpenAPI document, as each role: no 5xx, nothing undocumented. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { type Installation, type Role, startInstallation, tokens } from './installation.ts';
import { runToEnd } from './run-to-end.ts';
import { schemathesisProgram } from './schemathesis.ts';

const image = resolve(import.meta.dirname, '../../examples/images/business-licence.png');
const { shop, categories } = fixtures;
const leaves = categories.byHand.slice(0, 4);

let installation: Installation;
let schemathesis: [string, ...string[]];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-fuzz-'));
  // As fast as they come: a 429 would say nothing about the operation.
  const settings = { WXQ_API_REQUESTS_PER_MINUTE: 'off' };
  [installation, schemathesis] = await Promise.all([startInstallation({ settings }), schemathesisProgram()]);
  await startCases();
}, 600_000);

afterAll(async () => {
  await installation?.stop();
  await rm(folder, { recursive: true, force: true });
}, 100_000);

/** One case in review, one that wants material, one that an audit of somebody else blocks, and one that has ended. */
async function startCases(): Promise<void> {
  const { client, stack } = installation;
  const { sandbox } = stack;
  const [, , foreign] = leaves;
  await sandbox.applyInBackOffice({ appId: shop.appId, categoryId: foreign?.leaf ?? '' });
  const handles = await Promise.all(
    leaves.map(({ leaf }) =>
      client.channelsShop.start({
        appId: shop.appId,
        category: { leaf },
        material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: [image] }] },
      }),
    ),
  );
  const until = async (index: number, status: string): Promise<void> => {
    while ((await handles[index]?.handle.view())?.status !== status) await pause(200);
  };
  const auditOf = (index: number) =>
    sandbox.audits({ appId: shop.appId }).find(({ categoryId }) => categoryId === leaves[index]?.leaf)?.id ?? '';
  for (const index of [0, 1, 3]) await until(index, 'in_review');
  sandbox.decide(auditOf(1), 'rejected', '营业执照不清晰');
  sandbox.decide(auditOf(3), 'approved');
  await until(1, 'needs_material');
  await until(2, 'blocked');
  await until(3, 'approved');
}

/** Half of the requests are about cases that there are; without that nearly every answer would be a 404. */
const settings = `
seed = 20261125
continue-on-failure = true
request-timeout = 120
[generation]
database = "none"
no-shrink = true
[dictionaries.platform]
values = ["channels-shop"]
[dictionaries.app]
values = ["${shop.appId}"]
[dictionaries.category]
values = [${leaves.map(({ leaf }) => `"${leaf}"`).join(', ')}]
[dictionaries.wait]
values = [0, 1]
[parameters]
"path.platform" = { dictionary = "platform", probability = 0.8 }
"path.appId" = { dictionary = "app", probability = 0.8 }
"path.categoryId" = { dictionary = "category", probability = 0.8 }
"query.waitSeconds" = { dictionary = "wait", probability = 0.9 }
# What no schema can say (one entry for each licence group, an image that can be read) is a 422.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "410", "422"]
# A page token is only good for the list that gave it.
[[operations]]
include-operation-id = "listCases"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403"]
`;

/** Gives how many requests of which operation got which status. */
async function fuzz(role: Role | 'nobody', phases: string, examples: number): Promise<Record<string, number>> {
  const config = join(folder, `${role}.toml`);
  const report = join(folder, `${role}.ndjson`);
  await writeFile(config, settings);
  const { url } = installation;
  const [program, ...given] = schemathesis;
  const { status, output } = await runToEnd(
    program,
    [
      ...given,
      ...['--config-file', config, '--no-color', 'run', `${url}/v1/openapi.json`, '--url', url],
      ...['--phases', phases, '--max-examples', String(examples), '--report', 'ndjson', '--report-ndjson-path', report],
      ...(role === 'nobody' ? [] : ['--header', `Authorization: Bearer ${tokens[role]}`]),
    ],
    folder,
  );
  expect(status, output).toBe(0);
  const statuses: Record<string, number> = {};
  for (const [, code = ''] of (await readFile(report, 'utf8')).matchAll(/"status_code": ?(\d{3})/g))
    statuses[code] = (statuses[code] ?? 0) + 1;
  process.stderr.write(
    `schemathesis as ${role}: ${/(\d+) generated/.exec(output)?.[1]} cases, ${JSON.stringify(statuses)}\n`,
  );
  return statuses;
}

test('as an admin, every kind of request of every operation', { timeout: 600_000 }, async () => {
  const statuses = await fuzz('admin', 'examples,coverage,fuzzing,stateful', 10);
  expect(Object.keys(statuses)).toEqual(
    expect.arrayContaining(['200', '201', '202', '404', '405', '409', '415', '422']),
  );
});

test.each(['starter', 'operator', 'viewer'] as const)('as a %s', { timeout: 300_000 }, async (role) => {
  const statuses = await fuzz(role, 'fuzzing', 5);
  expect(Object.keys(statuses)).toContain('200');
  if (role !== 'starter') expect(Object.keys(statuses)).toContain('403');
});

test('without a token everything is a 401', { timeout: 300_000 }, async () => {
  expect(Object.keys(await fuzz('nobody', 'fuzzing', 3))).toEqual(['401']);
});
