/** The state on disk: written whole, to another file first, so that a kill leaves the older or the newer state and never half. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SandboxState } from './state.ts';

/** A change is on disk after this long even when nobody waits for it. */
const debounceMs = 40;

export interface StateFile {
  changed(): void;
  /** Resolves when every change so far is on disk; rejects when it could not be written. */
  settled(): Promise<void>;
  /** Writes what is left; whatever a call that outlived the sandbox changes afterwards is not written any more. */
  close(): Promise<void>;
}

/** The state can't be kept in this file; the sentence names it. */
export class StateFileError extends Error {
  override readonly name = 'StateFileError';
}

/** The state of a file, or `undefined` when there is none yet. Throws with the file's name when it cannot be read. */
export function readStateFile(path: string): SandboxState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    // Ids are strings in this file, so nothing is rounded.
    const state: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isState(state)) return state;
  } catch (error) {
    throw new StateFileError(`The sandbox's state file ${path} cannot be read`, { cause: error });
  }
  throw new StateFileError(`The sandbox's state file ${path} is of another version, or no such file at all`);
}

export function createStateFile(path: string, state: () => SandboxState): StateFile {
  let isDirty = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    isDirty = false;
    const text = JSON.stringify(state());
    const next = `${path}.next`;
    await mkdir(dirname(path), { recursive: true });
    // It holds tokens and secrets, if only a sandbox's.
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
  }

  /** One write at a time; whoever comes during one shares the next. */
  async function settled(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    while (isDirty || writing !== undefined) {
      writing ??= write()
        .catch((error: unknown) => {
          isDirty = true;
          throw error;
        })
        .finally(() => {
          writing = undefined;
        });
      await writing;
    }
  }

  return {
    changed() {
      if (isClosed) return;
      isDirty = true;
      timer ??= setTimeout(() => {
        timer = undefined;
        // It stays dirty: the next call that waits for the disk tries again, and reports the failure.
        settled().catch(() => undefined);
      }, debounceMs);
    },
    settled,
    async close() {
      await settled();
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

function isState(value: unknown): value is SandboxState {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 1;
}
