/** The image: small, without root, and built from what its context holds. */
import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { compose, root, textOf } from './compose-file.ts';

const dockerfile = textOf('Dockerfile');
const final = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
const ignored = textOf('.dockerignore').trim().split('\n');

test('it starts from one exact version, runs without root, and takes along only what is built', () => {
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
  expect(new Set(bases)).toEqual(new Set([expect.stringMatching(/^node:24\.\d+\.\d+-bookworm-slim$/)]));
  expect(bases.length).toBeGreaterThan(1);
  expect(final).toMatch(/^USER node$/m);
  expect(final.match(/^COPY (?!--from=)/gm)).toBeNull();
  expect(dockerfile).toContain('npm ci --omit=dev');
});

test('it says itself how its health is, by the ports that compose asks too', () => {
  expect(final).toMatch(/^HEALTHCHECK /m);
  for (const name of ['worker', 'server', 'codec-server', 'sandbox']) {
    const [, asked] =
      /127\.0\.0\.1:(\d+\/[\w/]+)/.exec(compose.services[name]?.healthcheck?.test.join(' ') ?? '') ?? [];
    expect(asked, name).toBeDefined();
    expect(final).toContain(`'${asked}'`);
  }
});

test('no secret and no local file gets into its context', () => {
  expect(ignored).toEqual(expect.arrayContaining(['.env', '.env.*', '.git', 'node_modules', 'accounts*.json', 'dist']));
});

test('what is compiled in it imports nothing that its context lacks', () => {
  const isLeftOut = (path: string): boolean =>
    ignored.some((pattern) => path === pattern || path.startsWith(`${pattern}/`));
  const files = ['src', 'bench', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .filter((file) => /\.tsx?$/.test(file) && !isLeftOut(file)),
  );
  expect(files.length).toBeGreaterThan(200);
  const lacking = files.flatMap((file) =>
    [...textOf(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)]
      .map(([, target = '']) => normalize(join(dirname(file), target)))
      .filter(isLeftOut)
      .map((target) => `${file} -> ${target}`),
  );
  expect(lacking).toEqual([]);
});
