/** A folder of images addressed by their sha256: the copy that stays when a source expires or is overwritten (rule L3). */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface MaterialStore {
  /** Keeps the bytes; returns once they are safe on disk. Repeating it is harmless, and mends a damaged copy. */
  put(bytes: Uint8Array): Promise<{ sha256: string; bytes: number }>;
  /**
   * The bytes, or `undefined` if they are not here. A damaged copy counts as missing and is reported.
   * @throws {TypeError} if `sha256` is not 64 lower-case hex digits.
   */
  get(sha256: string): Promise<Uint8Array | undefined>;
  /** Notes for whom these bytes were sent; no name of theirs is kept. Repeating it is harmless. */
  markSent(sha256: string, whose: Whose): Promise<void>;
  /** Whether these bytes were sent for another principal (主体) than ours. */
  isSentForOthers(sha256: string, ours: Whose): Promise<boolean>;
}

/** Whose papers some bytes are: the account that sends them, and every name of a principal that is known. */
export interface Whose {
  appId: string;
  names: readonly string[];
}

/** What is kept instead of them: digests, the account's first. */
export const markOf = ({ appId, names }: Whose): string =>
  [appId, ...new Set(names.slice(0, mostNames))].map(markOfName).join('.');

/** By the principals' names where both sides have some, else by the account. Marks of before 0.2.0 are one digest, of either. */
export function isAnothers(mark: string, { appId, names }: Whose): boolean {
  const [account = '', ...theirs] = mark.split('.');
  const [ownAccount, own] = [markOfName(appId), new Set(names.map(markOfName))];
  if (theirs.length > 0 && own.size > 0) return !theirs.some((one) => own.has(one));
  return account !== ownAccount && !own.has(account);
}

/** The mark is a file's name, which may have 255 bytes. */
const mostNames = 6;

const markOfName = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32);

/** A file of the store that no longer has the content its name says. */
export class MaterialDamaged extends Error {
  override readonly name = 'MaterialDamaged';
  readonly sha256: string;
  readonly path: string;

  constructor(sha256: string, path: string) {
    super(
      `the stored image ${sha256} is damaged (${path}); it is treated as missing until the same image is put again`,
    );
    this.sha256 = sha256;
    this.path = path;
  }
}

/** Half-written files live here, on the same file system, until they are renamed to their place. */
const incomingFolder = '.incoming';
/** What a killed process left there is removed after this long. */
const abandonedAfterMs = 60 * 60 * 1000;

/**
 * Opens a store; several processes may use one folder at the same time.
 * @param o.folder path or `file:` address (`WXQ_MATERIAL_STORE`); made when it is first written to.
 * @param o.onDamaged is told of every damaged file that is met; default: a Node.js process warning.
 * @throws {TypeError} if the folder is an address of another kind, such as `s3:`.
 */
export function createMaterialStore(o: {
  folder: string;
  onDamaged?: (error: MaterialDamaged) => void;
}): MaterialStore {
  const folder = folderOf(o.folder);
  const incoming = join(folder, incomingFolder);
  const report = o.onDamaged ?? ((error) => process.emitWarning(error));
  let swept: Promise<void> | undefined;

  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256.slice(2));
  const marksOf = (sha256: string) => join(folder, '.sent', sha256.slice(0, 2), sha256.slice(2));

  return {
    async put(bytes) {
      const sha256 = digestOf(bytes);
      const path = pathOf(sha256);
      const kept = await readIfThere(path);
      if (kept === undefined || digestOf(kept) !== sha256) {
        // Images show names and licence numbers: for the owner of the process only.
        await mkdir(incoming, { recursive: true, mode: 0o700 });
        const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        // Housekeeping that fails must not keep an image out; the next one tries again.
        swept ??= removeAbandoned(incoming).catch(() => {
          swept = undefined;
        });
        await swept;
        await writeAtomically(path, bytes, join(incoming, randomUUID()));
        if (made !== undefined) await syncFolder(folder);
      }
      return { sha256, bytes: bytes.byteLength };
    },

    async get(sha256) {
      // Also keeps `../` and absolute paths out: the id comes from callers.
      if (!isDigest(sha256)) throw new TypeError('a sha256 is 64 lower-case hex digits');
      const path = pathOf(sha256);
      const bytes = await readIfThere(path);
      if (bytes === undefined || digestOf(bytes) === sha256) return bytes;
      report(new MaterialDamaged(sha256, path));
      return undefined;
    },

    async markSent(sha256, whose) {
      const marks = marksOf(sha256);
      await mkdir(marks, { recursive: true, mode: 0o700 });
      await writeFile(join(marks, markOf(whose)), '', { mode: 0o600 });
    },

    async isSentForOthers(sha256, ours) {
      try {
        return (await readdir(marksOf(sha256))).some((mark) => isAnothers(mark, ours));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
  };
}

function folderOf(folder: string): string {
  if (folder.startsWith('file:')) return fileURLToPath(folder);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(folder)?.[1];
  if (scheme !== undefined) throw new TypeError(`a material store is a folder or a file: address, not ${scheme}:`);
  if (folder === '') throw new TypeError('a material store needs a folder');
  return resolve(folder);
}

/** Whether it is written as we write a sha256. */
export const isDigest = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Nobody ever sees half a file, and after a power cut it is there whole or not at all. */
async function writeAtomically(path: string, bytes: Uint8Array, temporary: string): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the new name last; the file systems that cannot do this for a folder say so with one of these codes. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error;
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > abandonedAfterMs) await rm(path, { force: true });
    } catch (error) {
      // Another process has just renamed it to its place.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
