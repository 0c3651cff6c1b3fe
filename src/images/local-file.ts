/** Reads an image from a file, if it lies in a folder that images may come from: links and races can't lead out of it. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, emptySource, ImageSourceError, schemeOf, tooLarge, tryAgain } from './source-error.ts';
import type { SourceRules } from './source-rules.ts';

/** The path that a `file:` address names. */
export function pathOf(source: string): string {
  try {
    return fileURLToPath(source);
  } catch {
    throw new ImageSourceError(
      'unsupported',
      source,
      'not a file: address of this machine',
      'write file:///folder/name.png',
    );
  }
}

export async function readLocal(
  source: string,
  path: string,
  rules: SourceRules,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const { file, size } = await openRegular(source, path, rules);
  try {
    if (size > maxBytes) throw tooLarge(source, maxBytes);
    return await readOpened(source, file, size, { maxBytes, signal });
  } finally {
    await file.close();
  }
}

/** Into one buffer of the file's size, where a stream would make and copy many; one that is just growing gets larger ones. */
async function readOpened(
  source: string,
  file: FileHandle,
  size: number,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  // One byte more, so that the end shows.
  let content = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(content, length, content.length - length);
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(source, maxBytes);
    if (bytesRead === 0) break;
    if (length === content.length) content = Buffer.concat([content], Math.min(2 * length, maxBytes + 1));
  }
  if (length === 0) throw emptySource(source);
  return new Uint8Array(content.buffer, content.byteOffset, length);
}

async function openRegular(
  source: string,
  path: string,
  rules: SourceRules,
): Promise<{ file: FileHandle; size: number }> {
  if (path === '' || path.includes('\0')) {
    throw new ImageSourceError('unsupported', source, 'not a path', 'give the path or address of the image');
  }
  const places = await placesOf(rules);
  // Before anything is touched: outside, not even "no such file" is told.
  refuseOutside(source, resolve(path), places);
  const entry = await lstat(path);
  if (!entry.isSymbolicLink()) refuseIrregular(source, entry);
  let file: FileHandle;
  try {
    refuseOutside(source, await realpath(path), places);
    // Not blocking: opening a pipe, even behind a link, would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (entry.isSymbolicLink() && codeOf(error) === 'ENOENT') {
      throw new ImageSourceError(
        'missing',
        source,
        'a symbolic link to a file that is not there',
        'mend the link or give the file',
      );
    }
    throw error;
  }
  try {
    const opened = await file.stat();
    refuseIrregular(source, opened);
    // Again, of what was really opened: a folder on the way may have become a link in between.
    refuseOutside(source, await placeOfOpened(source, file, path, opened), places);
    return { file, size: opened.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Places {
  /** `undefined`: everywhere. */
  allowed?: string[];
  excepted: string[];
}

/** The folders as they were given and as they really are: on macOS `/tmp` is a link, and a mounted folder may be one. */
async function placesOf({ folders, exceptFolders = [] }: SourceRules): Promise<Places> {
  const both = async (list: readonly string[]) => {
    const real = await Promise.all(list.map((folder) => realpath(folder).catch(() => resolve(folder))));
    return [...list.map((folder) => resolve(folder)), ...real];
  };
  const excepted = await both(exceptFolders);
  return folders === 'any' ? { excepted } : { allowed: await both(folders), excepted };
}

function refuseOutside(source: string, place: string, { allowed, excepted }: Places): void {
  if (excepted.some((folder) => isInside(place, folder)))
    throw new ImageSourceError(
      'unsupported',
      source,
      "this lies in the application's own data",
      'give the image itself, from a folder of yours',
    );
  if (allowed?.some((folder) => isInside(place, folder)) === false)
    throw new ImageSourceError(
      'unsupported',
      source,
      'not in a folder that images are read from',
      allowed.length === 0
        ? 'this worker reads no files: give an https: or s3: address, or name folders in WXQ_MATERIAL_FOLDERS'
        : 'put the image into one of the folders of WXQ_MATERIAL_FOLDERS, or let the operator add its folder',
    );
}

function isInside(place: string, folder: string): boolean {
  const way = relative(folder, place);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Where an opened file lies: the kernel says it on Linux; elsewhere the path must still lead to this very file. */
async function placeOfOpened(source: string, file: FileHandle, path: string, opened: Stats): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${file.fd}`);
  } catch {
    const place = await realpath(path);
    const now = await lstat(place);
    if (now.dev === opened.dev && now.ino === opened.ino) return place;
    throw new ImageSourceError('unavailable', source, 'another file has just taken its place', tryAgain);
  }
}

function refuseIrregular(source: string, entry: Stats): void {
  if (entry.isFile()) return;
  const what = entry.isDirectory() ? 'a folder' : 'no regular file';
  throw new ImageSourceError('unsupported', source, `this is ${what}`, 'give the path of one image file');
}

export function fileError(source: string, error: unknown): ImageSourceError {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const place =
        schemeOf(source) === undefined && resolve(source) !== source ? ` (looked for at ${resolve(source)})` : '';
      return new ImageSourceError(
        'missing',
        source,
        `no such file${place}`,
        'check the path; the worker must see the same folder',
      );
    }
    case 'EACCES':
    case 'EPERM':
      return new ImageSourceError('missing', source, 'no permission to read this file', 'let the worker read it');
    case 'ELOOP':
      return new ImageSourceError('missing', source, 'symbolic links that point at each other', 'give the file itself');
    case 'ENAMETOOLONG':
      return new ImageSourceError('unsupported', source, 'this path is too long', 'give the path of one image file');
    default:
      return new ImageSourceError('unavailable', source, `reading failed (${code || 'unknown error'})`, tryAgain);
  }
}
