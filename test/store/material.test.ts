import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMaterialStore, type MaterialDamaged } from '../../src/store/material.ts';

const image = Buffer.from('an image');
const sha256 = createHash('sha256').update(image).digest('hex');

describe('the material store', () => {
  let parent = '';
  let folder = '';
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'wxq-material-'));
    folder = join(parent, 'not', 'yet', 'there');
  });
  afterEach(async () => {
    await rm(parent, { recursive: true });
  });
  const place = () => join(folder, sha256.slice(0, 2), sha256.slice(2));

  test('L3 what was put is there after a restart, under its sha256', async () => {
    expect(await createMaterialStore({ folder }).put(image)).toEqual({ sha256, bytes: image.length });
    const bytes = await createMaterialStore({ folder }).get(sha256);
    expect(Buffer.from(bytes ?? []).equals(image)).toBe(true);
    expect((await readFile(place())).equals(image)).toBe(true);
  });

  test('a file: address is the same folder as its path', async () => {
    await createMaterialStore({ folder: pathToFileURL(folder).href }).put(image);
    expect(await createMaterialStore({ folder }).get(sha256)).toBeDefined();
  });

  test('what was never put is missing, also before the folder exists', async () => {
    const store = createMaterialStore({ folder });
    expect(await store.get(sha256)).toBeUndefined();
    await store.put(Buffer.from('another'));
    expect(await store.get(sha256)).toBeUndefined();
  });

  test('putting the same image again writes nothing', async () => {
    const store = createMaterialStore({ folder });
    await store.put(image);
    const before = await stat(place());
    await store.put(image);
    expect((await stat(place())).ino).toBe(before.ino);
  });

  test.each([
    ['cut off', () => truncate(place(), 3)],
    ['emptied', () => truncate(place(), 0)],
    ['overwritten', () => writeFile(place(), 'AN IMAGE')],
  ])(
    'a file that was %s counts as missing, is reported by name, and is mended by putting the image again',
    async (_, damage) => {
      const damaged: MaterialDamaged[] = [];
      const store = createMaterialStore({ folder, onDamaged: (error) => damaged.push(error) });
      await store.put(image);
      await damage();
      expect(await store.get(sha256)).toBeUndefined();
      expect(damaged).toEqual([expect.objectContaining({ name: 'MaterialDamaged', sha256, path: place() })]);
      expect(damaged[0]?.message).toContain(sha256);
      await store.put(image);
      expect(Buffer.from((await store.get(sha256)) ?? []).equals(image)).toBe(true);
      expect(damaged).toHaveLength(1);
    },
  );

  test('without a reporter of its own a damaged file becomes a process warning', async () => {
    const store = createMaterialStore({ folder });
    await store.put(image);
    await writeFile(place(), 'AN IMAGE');
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    expect(await store.get(sha256)).toBeUndefined();
    expect((await warned).message).toContain(place());
  });

  test.each([
    '',
    '../../etc/passwd',
    `../${sha256}`,
    sha256.toUpperCase(),
    sha256.slice(1),
    `${sha256}0`,
    `${sha256}\n`,
    `/${sha256.slice(1)}`,
  ])('%j is no sha256 and reaches no file', async (id) => {
    await expect(createMaterialStore({ folder }).get(id)).rejects.toBeInstanceOf(TypeError);
  });

  test('a store that is no folder is refused when it is opened', () => {
    expect(() => createMaterialStore({ folder: 's3://bucket/prefix' })).toThrow('not s3:');
    expect(() => createMaterialStore({ folder: '' })).toThrow(TypeError);
  });

  test('a disk that cannot be written is an error, never a silent loss', async () => {
    await writeFile(join(parent, 'file'), '');
    await expect(createMaterialStore({ folder: join(parent, 'file') }).put(image)).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
    await mkdir(place(), { recursive: true });
    await expect(createMaterialStore({ folder }).put(image)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  test('a write that fails leaves no half file behind', async () => {
    // Another file system, into which nothing can be renamed.
    await mkdir(folder, { recursive: true });
    await symlink('/dev', join(folder, sha256.slice(0, 2)));
    await expect(createMaterialStore({ folder }).put(image)).rejects.toMatchObject({ code: 'EXDEV' });
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
  });

  test('only the owner may read what is stored', async () => {
    await createMaterialStore({ folder }).put(image);
    expect((await stat(place())).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, sha256.slice(0, 2)))).mode & 0o777).toBe(0o700);
  });

  test('what a killed process left half-written is removed after an hour, what is being written is not', async () => {
    const incoming = join(folder, '.incoming');
    await mkdir(incoming, { recursive: true });
    await writeFile(join(incoming, 'old'), 'half');
    await writeFile(join(incoming, 'new'), 'half');
    const twoHoursAgo = Date.now() / 1000 - 7200;
    await utimes(join(incoming, 'old'), twoHoursAgo, twoHoursAgo);
    await createMaterialStore({ folder }).put(image);
    expect(await readdir(incoming)).toEqual(['new']);
  });

  test('several processes put and read the same images at the same time, and nobody ever sees half of one', async () => {
    const program = join(parent, 'writer.mts');
    const module = new URL('../../src/store/material.ts', import.meta.url).href;
    await writeFile(
      program,
      `import { createMaterialStore } from ${JSON.stringify(module)};
       const store = createMaterialStore({ folder: ${JSON.stringify(folder)}, onDamaged: (error) => { throw error; } });
       for (let n = 0; n < 20; n += 1) {
         const { sha256 } = await store.put(Buffer.alloc(200_000, n));
         if ((await store.get(sha256))?.length !== 200_000) throw new Error('lost');
       }`,
    );
    const codes = await Promise.all(
      Array.from({ length: 3 }, () => {
        const child = fork(program, { execArgv: ['--import', import.meta.resolve('tsx')] });
        return new Promise((resolve) => child.on('exit', resolve));
      }),
    );
    expect(codes).toEqual([0, 0, 0]);
    const store = createMaterialStore({ folder });
    for (let n = 0; n < 20; n += 1) {
      const bytes = Buffer.alloc(200_000, n);
      const kept = await store.get(createHash('sha256').update(bytes).digest('hex'));
      expect(Buffer.from(kept ?? []).equals(bytes)).toBe(true);
    }
    expect(await readdir(join(folder, '.incoming'))).toEqual([]);
  });
});
