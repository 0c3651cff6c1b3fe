/** Who may import whom under src/, as data, and the check of one file against it. */
import { posix } from 'node:path';

interface Allowed {
  /** Folders of src/ and packages, or patterns of them. */
  imports: (string | RegExp)[];
  /** Only `import type`: nothing of it is there at run time. */
  types?: (string | RegExp)[];
  /** Only `await import()`: loaded where it is needed. */
  dynamic?: string[];
  /** What single files may import besides. */
  files?: Record<string, string[]>;
}

const node = /^node:/;

/** A folder that is not named here may not exist; the files of src/ itself and src/cli may import anything. */
export const importTable: Record<string, Allowed> = {
  contract: {
    imports: [],
    files: {
      'messages.ts': ['@temporalio/workflow'],
      'search-attributes.ts': ['@temporalio/common'],
    },
  },
  wechat: { imports: ['undici', 'zod', 'fast-xml-parser', 'lossless-json', 'node:crypto'] },
  'object-storage': { imports: ['aws4fetch', 'undici', node] },
  images: { imports: ['src/object-storage', 'sharp', 'undici', node] },
  rules: { imports: ['src/contract'] },
  checking: {
    imports: ['src/contract', 'src/rules', 'src/wechat', 'src/images', 'node:crypto', 'node:vm'],
  },
  workflows: {
    imports: ['src/contract', '@temporalio/workflow'],
    types: ['src/activities'],
    // The SDK's own reading of durations, so that `30 days` means the same everywhere.
    files: { 'guards.ts': ['@temporalio/common/lib/time.js'] },
  },
  activities: {
    imports: [
      'src/contract',
      'src/wechat',
      'src/images',
      'src/object-storage',
      'src/rules',
      'src/checking',
      'src/notify',
      '@temporalio/activity',
      '@temporalio/common',
      'node:crypto',
    ],
    types: ['src/store', '@temporalio/worker'],
    files: {
      'pace.ts': ['node:timers/promises'],
      // The watch reads closed cases as the client does.
      'watch-cases.ts': ['src/client/approved-case.ts', 'src/client/errors.ts'],
    },
  },
  // Receivers of events: requests, signatures, answers. No Temporal.
  notify: { imports: ['src/contract', 'standardwebhooks', 'undici', 'zod', 'node:crypto'] },
  client: {
    imports: ['src/contract', 'src/codec', '@temporalio/client', '@temporalio/common', '@temporalio/envconfig', node],
    // Its pages are read as Temporal's own list reads them.
    files: {
      'input.ts': ['zod'],
      'case-list.ts': ['@temporalio/client/lib/helpers.js'],
      'case-story.ts': ['@temporalio/common/lib/internal-non-workflow/index.js'],
    },
  },
  // Metrics that every process shares; what they are about is handed in.
  measuring: {
    imports: ['prom-client'],
    types: ['src/contract', 'src/wechat'],
    files: { 'errcode-labels.ts': ['src/contract/known-errcodes.ts'] },
  },
  codec: { imports: ['@temporalio/common', 'node:crypto'] },
  store: {
    imports: ['src/contract', 'src/wechat', 'src/object-storage', 'zod', node],
    files: {
      'account-desk.ts': ['src/runtime/lock-file.ts'],
      'watch-desk.ts': ['src/runtime/lock-file.ts'],
      'database.ts': ['pg', 'src/runtime/lock-file.ts', '@electric-sql/pglite'],
    },
  },
  runtime: {
    imports: ['pino', '@temporalio/envconfig', '@temporalio/client', 'close-with-grace', 'zod', 'fflate', node],
    types: ['@temporalio/common', '@temporalio/worker'],
    dynamic: ['@temporalio/worker', 'pino-pretty'],
    files: {
      'config.ts': ['src/codec'],
      'temporal-connection.ts': ['src/contract/search-attributes.ts'],
      'dev-server.ts': ['src/contract/search-attributes.ts'],
    },
  },
  // Rows of a file become cases: reading, looking, starting. Who asks and shows is elsewhere.
  importing: {
    imports: ['src/contract', 'src/client'],
    files: { 'import-file.ts': ['csv-parse/sync'], 'result-lines.ts': ['csv-parse/sync'] },
  },
  // One image for many cases.
  replacing: {
    imports: ['src/contract', 'src/client', 'src/importing/bounded.ts', 'src/rules/paper-ends.ts', 'node:crypto'],
  },
  // The JSON API: cases by the client, answers by zod and fastify. What else it needs is handed to it.
  api: {
    imports: [
      'src/contract',
      'src/client',
      'zod',
      'fastify',
      'fastify-type-provider-zod',
      '@fastify/swagger',
      '@fastify/multipart',
      'node:crypto',
    ],
    files: { 'access.ts': ['@fastify/rate-limit'] },
  },
  // Pages for people, made on the server. What they show comes from the client and the API's case operations.
  console: {
    imports: [
      'src/contract',
      'src/client',
      'src/api',
      'src/importing',
      'src/images',
      'src/rules',
      'src/wechat',
      'fastify',
      '@fastify/multipart',
      '@fastify/formbody',
      'preact',
      'preact-render-to-string',
      'sharp',
      node,
    ],
    types: ['src/store', 'src/server'],
  },
  server: {
    imports: ['src/contract', 'src/client', 'src/wechat', 'src/rules', 'fastify', 'prom-client', node],
    types: ['pino', 'src/store'],
    // It signals by workflow id and tells "no such case" from "not reachable".
    files: {
      'case-signals.ts': ['@temporalio/client'],
      'account-signals.ts': ['@temporalio/client'],
      'forward.ts': ['undici'],
      'refusals.ts': ['@fastify/rate-limit'],
    },
  },
  sandbox: {
    imports: [/^src\/wechat\/push\//, 'src/wechat/deadline.ts', 'fastify', '@fastify/busboy', 'lossless-json', node],
  },
  testing: { imports: ['src/sandbox', /^src\/wechat\/push\//] },
};

export interface Import {
  specifier: string;
  kind: 'value' | 'type' | 'dynamic';
}

/** Every import and re-export of a source text. */
export function importsOf(source: string): Import[] {
  const fixed = [
    ...source.matchAll(/^[ \t]*(?:import|export)\s+(?:(type)\s+)?(?:[\w*\s{},$]+?\s+from\s+)?'([^'\n]+)'/gm),
  ].map(([, type, specifier = '']): Import => ({ specifier, kind: type === undefined ? 'value' : 'type' }));
  const dynamic = [...source.matchAll(/\bimport\(\s*'([^'\n]+)'\s*\)/g)].map(
    ([, specifier = '']): Import => ({ specifier, kind: 'dynamic' }),
  );
  return [...fixed, ...dynamic];
}

/** What a file (`src/folder/…`) imports and may not, one sentence each. */
export function importProblems(file: string, source: string): string[] {
  const [, folder = '', ...rest] = file.split('/');
  if (rest.length === 0 || folder === 'cli') return [];
  const allowed = importTable[folder];
  if (allowed === undefined) return [`${file}: src/${folder} is not in the import table`];
  return importsOf(source).flatMap(({ specifier, kind }) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
    if (target.startsWith(`src/${folder}/`)) return [];
    const lists = [
      ...allowed.imports,
      ...(allowed.files?.[rest.join('/')] ?? []),
      ...(kind === 'type' ? (allowed.types ?? []) : []),
      ...(kind === 'dynamic' ? (allowed.dynamic ?? []) : []),
    ];
    const isAllowed = lists.some((one) =>
      one instanceof RegExp
        ? one.test(target)
        : target === one || (one.startsWith('src/') && target.startsWith(`${one}/`)),
    );
    return isAllowed ? [] : [`${file}: ${kind === 'value' ? '' : `${kind} `}${target} is not for src/${folder}`];
  });
}
