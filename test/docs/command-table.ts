/**
 * The commands of the documents: every one is run by test/e2e/documented-commands.test.ts, in the order of its page, and
 * must end with status 0. Here stands what a page or a command needs before it, another status or what it has to print;
 * and the few that cannot be run here, with the reason.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DocumentedStage, miniCase, shopCase } from '../e2e/documented-stage.ts';

type Given = (stage: DocumentedStage) => Promise<void>;

export interface Expected {
  /** The command begins with this. */
  command: string;
  /** What is done before it. */
  given?: Given;
  /** Default: 0. */
  status?: number;
  prints?: RegExp;
  /** It goes on: the next command is typed when this is printed. It is ended after the page. */
  goesOn?: RegExp;
}

export interface PageCommands {
  /** What is done before the first command. */
  given?: Given;
  expected?: Expected[];
}

/** A command that is not run here. */
export interface Elsewhere {
  command: RegExp;
  reason: string;
  /** What is looked at instead; must throw when the command can't be right. */
  check: 'npm-script' | 'compose' | 'files';
}

const inReview: Given = async (stage) => {
  await stage.fresh();
  await stage.start('channels-shop');
  await stage.isCalled('in_review');
};
const rejected: Given = async (stage) => {
  await inReview(stage);
  await stage.decide('rejected', '营业执照不清晰');
  await stage.isCalled('needs_material');
};
const approved: Given = async (stage) => {
  await inReview(stage);
  await stage.decide('approved');
  await stage.isCalled('approved');
};
/** Somebody else has applied for the category. */
const foreignAudit: Given = async (stage) => {
  await stage.fresh();
  const [, appId = '', categoryId = ''] = shopCase.split('/');
  await stage.sandbox('POST', 'back-office/apply', { appId, categoryId });
  await stage.start('channels-shop');
  await stage.isCalled('blocked');
};
const miniInReview: Given = async (stage) => {
  await stage.fresh();
  await stage.start('mini-program');
  await stage.isCalled('in_review', miniCase);
};
const fresh: Given = (stage) => stage.fresh();
const called =
  (status: Parameters<DocumentedStage['isCalled']>[0]): Given =>
  (stage) =>
    stage.isCalled(status);

const miniCalled =
  (status: Parameters<DocumentedStage['isCalled']>[0]): Given =>
  (stage) =>
    stage.isCalled(status, miniCase);

/** The rest of a rejected case's way, as several pages tell it. */
const tutorial: Expected[] = [
  { command: 'npx wxq trigger rejected', given: called('in_review'), prints: /rejected/ },
  { command: 'npx wxq show', given: called('needs_material'), prints: /营业执照不清晰/ },
  { command: 'npx wxq resubmit', given: called('needs_material'), prints: /attempt 2 is preparing/ },
  { command: 'npx wxq trigger approved', given: called('in_review') },
];

/** A rejected case whose shop has a principal, its image as a file, and another one. */
const rejectedOfPrincipal: Given = async (stage) => {
  await rejected(stage);
  await stage.copy('examples/images/business-licence-blurred.jpg', 'old-licence.png');
  await stage.copy('examples/images/business-licence-sharp.jpg', 'new-licence.png');
  const { shops } = JSON.parse(await readFile(join(stage.folder, 'examples/accounts.sandbox.json'), 'utf8'));
  const entry = { shops: [{ ...shops[0], principal: '样本食品有限公司' }], platforms: [] };
  await writeFile(join(stage.folder, 'with-principal.json'), JSON.stringify(entry));
  const { status, output } = await stage.type('npx wxq accounts set with-principal.json');
  if (status !== 0) throw new Error(output);
  // The list is a moment behind the case.
  for (const until = Date.now() + 60_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50)))
    for await (const row of stage.client.list({ status: 'needs_material' })) if (row.workflowId === shopCase) return;
  throw new Error(`${shopCase} is not listed as needs_material`);
};

const renewing =
  'npx wxq renew-material old-licence.png new-licence.png --principal 样本食品有限公司 --valid-until 2036-05-20';

/** Pages with commands; one that is not here fails a test. */
export const documented: Record<string, PageCommands> = {
  'README.md': {
    given: fresh,
    expected: [...tutorial, { command: 'npx wxq list', given: called('approved'), prints: /approved/ }],
  },
  'README.zh-CN.md': {
    given: fresh,
    expected: [
      ...tutorial.filter(({ command }) => command !== 'npx wxq show'),
      { command: 'npx wxq show', given: called('approved'), prints: /approved/ },
    ],
  },
  'docs/architecture.md': { given: inReview, expected: [{ command: 'npx wxq replay', prints: /1 history replayed/ }] },
  'docs/configuration.md': {
    given: fresh,
    expected: [
      { command: 'npx wxq accounts list', prints: /wx5a2d8f1c3b7e9046/ },
      {
        command: 'npx wxq accounts set',
        given: (stage) => stage.copy('examples/accounts.sandbox.json', 'new-shop.json'),
      },
    ],
  },
  'docs/console.md': { expected: [{ command: 'node -e', prints: /^scrypt\$/ }] },
  'docs/getting-started.md': {
    given: fresh,
    expected: [
      { command: 'npx wxq trigger rejected --reason 证件不清晰', given: miniCalled('in_review'), prints: /rejected/ },
      ...tutorial,
      { command: 'npx wxq list', given: called('approved') },
      {
        command: 'npx tsx examples/start-from-backend.ts',
        given: fresh,
        goesOn: /is under way/,
      },
    ],
  },
  'docs/importing.md': {
    given: fresh,
    expected: [
      { command: 'npx wxq import examples/cases.csv --dry-run', prints: /10 rows, 10 ready \(2 adopt\), 0 refused/ },
      { command: 'npx wxq import examples/cases.csv --yes', prints: /10 started/ },
      // Nobody can be asked here.
      { command: 'npx wxq import examples/cases.csv', status: 2, prints: /Add --yes/ },
      { command: 'npx wxq trigger applied --app wx5a2d8f1c3b7e9046', given: fresh },
      {
        command: `${renewing} --dry-run`,
        given: rejectedOfPrincipal,
        prints: /1 case would get it/,
      },
      { command: `${renewing} --by`, status: 2, prints: /Add --confirm/ },
      { command: `${renewing} --confirm`, prints: /6201 {2}resubmitted, attempt 2/ },
    ],
  },
  'docs/installing.md': { expected: [{ command: 'sh docker/new-env.sh', given: (stage) => stage.remove('.env') }] },
  'docs/integrating.md': {
    given: fresh,
    expected: [{ command: 'npx tsx examples/start-from-backend.ts', goesOn: /is under way/ }],
  },
  'docs/operating.md': {
    given: rejected,
    expected: [
      { command: 'npx wxq list --status needs_material', prints: /channels-shop\/wx5a2d8f1c3b7e9046\/6201/ },
      { command: 'npx wxq doctor --all --csv' },
      { command: 'npx wxq doctor', prints: /0 failed/ },
      { command: 'npx wxq show', prints: /attempt 1: audit/ },
      { command: 'npx wxq read-now', given: inReview, prints: /taken/ },
      { command: 'npx wxq pushes' },
      { command: 'npx wxq resubmit', given: rejected, prints: /attempt 2/ },
      { command: 'npx wxq withdraw', given: called('in_review') },
      { command: 'npx wxq retry', given: foreignAudit },
      { command: 'npx wxq adopt', given: called('blocked') },
      {
        command: 'temporal workflow update execute --workflow-id channels-shop/wx5a2d8f1c3b7e9046/6201 --name resubmit',
        given: rejected,
      },
      {
        command: 'temporal workflow update execute --workflow-id channels-shop/wx5a2d8f1c3b7e9046/6201 --name withdraw',
        given: inReview,
      },
      {
        command: 'temporal workflow update execute --workflow-id channels-shop/wx5a2d8f1c3b7e9046/6201 --name retry',
        given: foreignAudit,
      },
      {
        command: 'temporal workflow update execute --workflow-id channels-shop/wx5a2d8f1c3b7e9046/6201 --name adopt',
        given: called('blocked'),
      },
      { command: 'temporal workflow signal --workflow-id mini-program', given: miniInReview },
      { command: 'temporal workflow cancel', given: inReview },
      { command: 'temporal workflow terminate', given: inReview },
      { command: 'temporal workflow reset', given: inReview },
      { command: 'temporal operator cluster health', prints: /SERVING/ },
      { command: 'curl --fail-with-body -sS -H "Authorization', given: inReview, prints: /"result"/ },
      { command: 'npx wxq codec-server', goesOn: /codec server is listening/ },
    ],
  },
  'docs/security.md': { expected: [{ command: 'openssl rand', prints: /^[0-9a-f]{64}$/m }] },
  'docs/ten-cases.md': {
    given: async (stage) => {
      await stage.fresh();
      // docs/importing.md has imported these rows before.
      await stage.remove('examples/cases.results.csv');
      const file = join(stage.folder, 'examples/cases.csv');
      await writeFile(file, (await readFile(file, 'utf8')).replaceAll(',R-0', ',T-0'));
    },
    expected: [
      { command: 'php -S', goesOn: /Development Server/ },
      { command: 'npx wxq import examples/cases.csv --dry-run', prints: /10 rows, 10 ready \(2 adopt\), 0 refused/ },
      { command: 'npx wxq import examples/cases.csv --yes', prints: /10 started/ },
      { command: 'npx wxq trigger rejected --category 6201', given: called('in_review'), prints: /rejected/ },
      {
        command: 'npx wxq trigger rejected --category 6705',
        given: (stage) => stage.isCalled('in_review', shopCase.replace('6201', '6705')),
      },
      { command: 'npx wxq trigger rejected --category 8-39', given: miniCalled('in_review') },
      ...['6201', '6705', '8-39'].map((category) => ({
        command: `npx wxq trigger approved --category ${category}`,
        given: async (stage: DocumentedStage) => {
          const id = category === '8-39' ? miniCase : shopCase.replace('6201', category);
          await stage.isCalled('needs_material', id);
          // What the page has a person do in the browser; test/e2e/console.test.ts does it there.
          await stage.client.get(id).resubmit({ force: true });
          await stage.isCalled('in_review', id);
        },
      })),
    ],
  },
  'docs/versioning.md': { given: inReview },
  'docs/watch.md': {
    given: approved,
    expected: [
      {
        command:
          'npx wxq renew channels-shop/wx5a2d8f1c3b7e9046/6201 --image licenses/1/2/images/0=examples/images/business-licence-sharp.jpg --set licenses/1/2/validUntil=2036-06-30 --yes',
        prints: /is being renewed/,
      },
      { command: 'npx wxq renew', prints: /add --yes/ },
    ],
  },
  'docs/webhooks.md': {
    given: inReview,
    expected: [{ command: 'temporal workflow query', status: 1, prints: /not found/i }],
  },
};

/** Pages whose commands have a test of their own, which knows the status of each answer. */
export const withOwnTest: Readonly<Record<string, string>> = { 'docs/http-api.md': 'test/e2e/http-callers.test.ts' };

/** What can't be run here, and why. */
export const elsewhere: Elsewhere[] = [
  {
    command: /^npm (ci|test|run (-s )?(demo|dev|bench|build|topology|docs:\w+)|ci && npm (run demo|test))$/,
    reason: 'it installs, builds, or runs for minutes; test/e2e/demo.test.ts and this very run do the same',
    check: 'npm-script',
  },
  { command: /^docker compose /, reason: 'there is no Docker here; test/deployment holds the file', check: 'compose' },
  { command: /^docker volume rm /, reason: 'the same', check: 'files' },
  { command: /^git pull$/, reason: 'it would change the checkout', check: 'files' },
  {
    command: /^WXQ_RECORD_HISTORIES=\w+ npx vitest run /,
    reason: 'it would write a recorded history; its title stands for one of the reader',
    check: 'files',
  },
];
