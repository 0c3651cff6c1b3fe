/** docs/http-api.md: every command on it is typed as it stands, against server, worker and sandbox, and gets the status below it. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemKinds } from '../../src/api/problem.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { accountsOfOurOwn, type Installation, startInstallation, tokens } from '../callers/installation.ts';
import { runToEnd } from '../callers/run-to-end.ts';
import { blocks, table, textOf } from '../docs/pages.ts';

const root = resolve(import.meta.dirname, '../..');
const page = { name: 'docs/http-api.md', text: textOf('docs/http-api.md') };
const { paths } = JSON.parse(textOf('docs/openapi.json')) as {
  paths: Record<string, Record<string, { operationId: string }>>;
};

interface Command {
  text: string;
  status: string;
  operationId: string | undefined;
}

const commands: Command[] = blocks(page, 'sh').flatMap((block) =>
  [...block.matchAll(/^(curl [\s\S]*?)\n# (\d{3})$/gm)].map(([, text = '', status = '']) => ({
    text,
    status,
    operationId: operationOf(text),
  })),
);

/** Which operation of the OpenAPI document a command calls. */
function operationOf(command: string): string | undefined {
  const [, path = ''] = /"\$API(\/[^"?]*)/.exec(command) ?? [];
  const method = / (-X POST|-d|-F|--data-binary) /.test(command) ? 'post' : 'get';
  const found = Object.entries(paths).find(([template]) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`/v1${path}`),
  );
  return found?.[1][method]?.operationId;
}

test('every operation has an example, and every kind of problem its row', () => {
  const operations = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect([...new Set(commands.map(({ operationId }) => operationId))].sort()).toEqual(operations.sort());
  const typed = blocks(page, 'sh')
    .join('\n')
    .match(/^curl /gm);
  expect(typed).toHaveLength(commands.length);
  expect(table(page, 'Problems')).toEqual(
    Object.entries(problemKinds).map(([kind, [status, title]]) => [`\`${kind}\``, String(status), title]),
  );
});

describe('the commands, from the top of the page to its end', () => {
  const { accounts, appId } = accountsOfOurOwn();
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({ accounts });
  });
  afterAll(() => installation?.stop());

  const until = (leaf: string, status: string): Promise<void> =>
    expect
      .poll(async () => (await installation.client.get(`channels-shop/${appId}/${leaf}`).view()).status, {
        timeout: 60_000,
      })
      .toBe(status);

  /** What has to be so before a command is typed. */
  const before: Record<string, () => Promise<void>> = {
    listCases: () => until('6201', 'in_review'),
    resubmit: async () => {
      const { sandbox } = installation.stack;
      for (const { id } of sandbox.audits({ appId, status: 'open' })) sandbox.decide(id, 'rejected', '营业执照不清晰');
      await until('6201', 'needs_material');
    },
    withdraw: () => until('6201', 'in_review'),
    retry: async () => {
      const { client, stack } = installation;
      await stack.sandbox.applyInBackOffice({ appId, categoryId: '6202' });
      const image = resolve(root, 'examples/images/business-licence.png');
      await client.channelsShop.start({
        appId,
        category: { leaf: '6202' },
        material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: [image] }] },
      });
      await until('6202', 'blocked');
    },
    adopt: () => until('6202', 'blocked'),
  };

  test('are answered as it says', { timeout: 300_000 }, async () => {
    const quiet = 'curl() { command curl -sS --max-time 120 -w "\\n%{http_code}" "$@"; }';
    const answers: string[] = [];
    for (const { text, operationId } of commands) {
      await before[operationId ?? '']?.();
      const settings = `API=${installation.url}/v1 TOKEN=${tokens.starter}`;
      const typed = text.replaceAll(fixtures.shop.appId, appId);
      const { output } = await runToEnd('bash', ['-c', `${quiet}\n${settings}\n${typed}`], root);
      answers.push(`${text}\n${output.trim().split('\n').at(-1)}`);
    }
    expect(answers).toEqual(commands.map(({ text, status }) => `${text}\n${status}`));
    await until('6202', 'in_review');
  });
});
