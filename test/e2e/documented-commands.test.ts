/** Every command of README and docs, typed as it stands, against one `wxq dev`; what cannot run here is in the table with its reason. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { documented, elsewhere } from '../docs/command-table.ts';
import { pages } from '../docs/pages.ts';
import { missingLine, shellCommands } from '../docs/shell-commands.ts';
import { newDatabaseAt } from '../postgres.ts';
import { buildIfMissing, DocumentedStage } from './documented-stage.ts';

let stage: DocumentedStage;
let database: Awaited<ReturnType<typeof newDatabaseAt>>;

beforeAll(async () => {
  await buildIfMissing();
  database = await newDatabaseAt(inject('postgresAdminUrl'));
  await (await openDatabase({ url: database.url, dataDir: '' })).close();
  stage = await DocumentedStage.open({
    DOCUMENTED_DATABASE_URL: database.url,
    WXQ_EVENTS_TOKEN: 'a-token-of-the-documents',
  });
}, 400_000);

afterAll(async () => {
  await stage?.close();
  await database?.drop();
}, 120_000);

describe('every command of the documents', () => {
  const withCommands = pages().filter((page) => page.name in documented);

  test.each(withCommands)('$name', { timeout: 300_000 }, async (page) => {
    const { given, expected = [] } = documented[page.name] ?? {};
    await stage.newTerminal();
    await given?.(stage);
    for (const command of shellCommands(page)) {
      if (elsewhere.some((one) => one.command.test(command.text))) continue;
      const where = `${page.name}:${command.line}: ${command.text}`;
      const wanted = expected.find((one) => command.text.startsWith(one.command));
      await wanted?.given?.(stage);
      const { status, output } =
        wanted?.goesOn === undefined
          ? await stage.type(command.text)
          : await stage.typeInBackground(command.text, wanted.goesOn);
      expect(status, `${where}\n${output}`).toBe(wanted?.status ?? 0);
      if (wanted?.prints !== undefined) expect(output, where).toMatch(wanted.prints);
      expect(missingLine(command.output, output), `${where}\n${output}`).toBeUndefined();
    }
    stage.endBackground();
  });
});
