/** Images come from allowed folders only, wherever paths and links lead. */
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createImageFetcher, type FetchImage } from '../../src/images/source.ts';
import { ImageSourceError } from '../../src/images/source-error.ts';
import { failure } from './source-failure.ts';

let root: string;
let allowed: string;
let secret: string;
let fetch: FetchImage;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'wxq-folders-')));
  allowed = join(root, 'scans');
  secret = join(root, 'secrets', 'key.png');
  await mkdir(join(allowed, 'shop'), { recursive: true });
  await mkdir(join(root, 'secrets'));
  await mkdir(join(root, 'scans-of-others'));
  await writeFile(join(allowed, 'shop', 'a.png'), 'allowed');
  await writeFile(join(root, 'scans-of-others', 'a.png'), 'secret');
  await writeFile(secret, 'secret');
  fetch = createImageFetcher({ folders: [allowed] });
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('a file in an allowed folder is read, by path and by address', async () => {
  for (const source of [join(allowed, 'shop', 'a.png'), pathToFileURL(join(allowed, 'shop', 'a.png')).href])
    expect(Buffer.from(await fetch(source)).toString()).toBe('allowed');
});

test('a file elsewhere is refused, and whether it is there is not told', async () => {
  const sources = [
    secret,
    join(root, 'secrets', 'nowhere.png'),
    `${allowed}/../secrets/key.png`,
    join(root, 'scans-of-others', 'a.png'),
    `${pathToFileURL(allowed).href}/%2e%2e/secrets/key.png`,
    '/etc/passwd',
    '/dev/stdin',
    '/proc/self/environ',
  ];
  for (const source of sources)
    expect(await failure(source, { fetch }), source).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('not in a folder that images are read from'),
    });
});

test('a link leads nowhere else: neither one to a file nor one to a folder', async () => {
  await symlink(secret, join(allowed, 'key.png'));
  await symlink(join(root, 'secrets'), join(allowed, 'more'));
  await symlink(join(allowed, 'shop'), join(allowed, 'same'));
  for (const name of ['key.png', 'more/key.png'])
    expect((await failure(join(allowed, name), { fetch })).message).toContain('not in a folder');
  expect(Buffer.from(await fetch(join(allowed, 'same', 'a.png'))).toString()).toBe('allowed');
});

test('an allowed folder may itself be reached through a link', async () => {
  await symlink(allowed, join(root, 'mounted'));
  const through = createImageFetcher({ folders: [join(root, 'mounted')] });
  expect(await through(join(root, 'mounted', 'shop', 'a.png'))).toHaveLength(7);
  expect(await through(join(allowed, 'shop', 'a.png'))).toHaveLength(7);
});

test('no folders, no files; and our own data is never an image, even inside an allowed folder', async () => {
  const none = createImageFetcher({ folders: [] });
  expect((await failure(join(allowed, 'shop', 'a.png'), { fetch: none })).advice).toContain('reads no files');
  const except = createImageFetcher({ folders: 'any', exceptFolders: [join(root, 'secrets')] });
  await symlink(secret, join(allowed, 'key.png'));
  for (const source of [secret, join(allowed, 'key.png')])
    expect((await failure(source, { fetch: except })).message).toContain("application's own data");
});

test('a folder that becomes a link while it is read never gives away what lies behind the link', async () => {
  await writeFile(join(allowed, 'shop', 'key.png'), 'allowed');
  const [folder, aside, link] = [join(allowed, 'shop'), join(allowed, 'aside'), join(allowed, 'link')];
  await symlink(join(root, 'secrets'), link);
  const swapping = { over: false };
  const swaps = (async () => {
    while (!swapping.over) {
      await rename(folder, aside);
      await rename(link, folder);
      await rename(folder, link);
      await rename(aside, folder);
    }
  })();
  const seen = new Set<string>();
  for (let round = 0; round < 400; round += 1)
    await fetch(join(folder, 'key.png')).then(
      (bytes) => seen.add(Buffer.from(bytes).toString()),
      (error: unknown) => seen.add(error instanceof ImageSourceError ? 'refused' : String(error)),
    );
  swapping.over = true;
  await swaps;
  expect(seen).not.toContain('secret');
  expect([...seen].every((one) => one === 'allowed' || one === 'refused')).toBe(true);
});
