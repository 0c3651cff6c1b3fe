import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { redactSource } from '../../src/images/source-error.ts';
import { failure, fetchImage } from './source-failure.ts';

const content = Buffer.from('the bytes of an image');

describe('an image on this machine', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wxq-source-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('it is read by absolute path, relative path, file: address and through a symbolic link', async () => {
    const path = join(folder, '营业执照 1#?.png');
    await writeFile(path, content);
    await symlink(path, join(folder, 'link'));
    for (const source of [path, relative(process.cwd(), path), pathToFileURL(path).href, join(folder, 'link')]) {
      expect(Buffer.from(await fetchImage(source)).equals(content), source).toBe(true);
    }
  });

  test('a file that is not there is for a person to mend, and a relative path says where it was looked for', async () => {
    const absent = await failure(join(folder, 'absent.png'));
    expect(absent).toMatchObject({ kind: 'missing', message: `${join(folder, 'absent.png')}: no such file` });
    expect((await failure('absent.png')).message).toBe(
      `absent.png: no such file (looked for at ${join(process.cwd(), 'absent.png')})`,
    );
    await writeFile(join(folder, 'file'), content);
    expect((await failure(join(folder, 'file', 'below.png'))).kind).toBe('missing');
  });

  test('a broken symbolic link, a circle of links and an empty file say so', async () => {
    await symlink(join(folder, 'gone'), join(folder, 'broken'));
    await symlink(join(folder, 'circle'), join(folder, 'circle'));
    await writeFile(join(folder, 'empty.png'), '');
    expect(await failure(join(folder, 'broken'))).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('symbolic link to a file that is not there'),
    });
    expect(await failure(join(folder, 'circle'))).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('point at each other'),
    });
    expect(await failure(join(folder, 'empty.png'))).toMatchObject({
      kind: 'missing',
      message: expect.stringContaining('this is empty'),
    });
  });

  test('a folder, a link to a folder, a pipe and a device are no image files, and none of them blocks', async () => {
    await mkdir(join(folder, 'sub'));
    await symlink(join(folder, 'sub'), join(folder, 'to-sub'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await failure(join(folder, 'sub'))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('this is a folder'),
    });
    expect(await failure(join(folder, 'to-sub'))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('this is a folder'),
    });
    expect(await failure(join(folder, 'pipe'))).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('no regular file'),
    });
    expect((await failure('/dev/zero')).kind).toBe('unsupported');
  });

  test('a link to a pipe does not wait for somebody to write into it', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await symlink(join(folder, 'pipe'), join(folder, 'to-pipe'));
    expect((await failure(join(folder, 'to-pipe'))).kind).toBe('unsupported');
  });

  test('a file of the limit is read, one byte more is too large', async () => {
    await writeFile(join(folder, 'a'), content);
    expect(await fetchImage(join(folder, 'a'), { maxBytes: content.length })).toHaveLength(content.length);
    expect(await failure(join(folder, 'a'), { maxBytes: content.length - 1 })).toMatchObject({ kind: 'too-large' });
  });

  test('a fetch that is aborted rejects with the reason that was given', async () => {
    const cancelled = AbortSignal.abort(new Error('worker stops'));
    await expect(fetchImage(join(folder, 'a'), { signal: cancelled })).rejects.toThrow('worker stops');
  });

  test.each([
    '',
    'a\0b',
    'file://other-host/share/a.png',
    's3://bucket/a.png',
    'ftp://host/a.png',
    'data:image/png;base64,AAAA',
  ])('%j is an address that is never fetched', async (source) => {
    expect((await failure(source)).kind).toBe('unsupported');
  });
});

test('a source is shown without its secrets', () => {
  expect(redactSource('https://u:p@host:8443/a/b.png?sig=1#x')).toBe('https://host:8443/a/b.png');
  expect(redactSource('s3://bucket/key.png?versionId=1')).toBe('s3://bucket/key.png');
  expect(redactSource('data:image/png;base64,iVBORw0KGgo=')).toBe('data:…');
  expect(redactSource('C:\\scans\\licence.png')).toBe('C:\\scans\\licence.png');
  expect(redactSource('/scans/licence?.png')).toBe('/scans/licence?.png');
});
