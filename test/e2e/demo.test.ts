/** `wxq demo` as a user runs it: the built program in a process of its own, judged by what it prints and leaves behind. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'dist/src/cli.js');

interface DemoCase {
  name: string;
  workflowId: string;
  outcome: string;
  by: string | null;
  attempts: number;
  historyEvents: number;
  uploads: number;
  audits: number;
  url: string;
}

let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'wxq-e2e-'));
  // `npm test` has built it; this is for a run of this file alone.
  if (!existsSync(program)) await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: root });
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

/** Starts the demo with no settings but a data folder, and some that must not lead it astray. */
function startDemo(args: string[], settings: Record<string, string> = {}): ChildProcess {
  const passed = Object.entries(process.env).filter(
    ([name]) => !/^(TEMPORAL|WXQ)_/.test(name) || /_CLI_PATH$|_CACHE_DIR$/.test(name),
  );
  return spawn(process.execPath, [program, 'demo', ...args], {
    env: { ...Object.fromEntries(passed), WXQ_DATA_DIR: dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('its output is not read');
  const status = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const [out, err] = await Promise.all([text(stdout), text(stderr)]);
  return { status: await status, stdout: out, stderr: err };
}

/** The processes that the demo said it had started. */
const pidsIn = (stderr: string): number[] => [...stderr.matchAll(/\bpid (\d+)/g)].map(([, pid]) => Number(pid));

/** A process that nobody has collected yet (a zombie) does nothing any more. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

describe('npm run demo', () => {
  test('carries every case to its end and says how, as JSON alone', { timeout: 170_000 }, async () => {
    const startedAt = performance.now();
    const { status, stdout, stderr } = await ended(
      startDemo(['--json'], {
        WXQ_MODE: 'observe',
        WXQ_WECHAT_BASE_URL: 'http://127.0.0.1:9',
        TEMPORAL_PROFILE: 'other',
      }),
    );
    expect(status, stderr).toBe(0);
    // Far more than it takes even on a busy machine: whoever looks into it needs to know what it waited for.
    if (performance.now() - startedAt > 60_000) process.stderr.write(stderr);
    const { cases, ports } = JSON.parse(stdout) as { cases: DemoCase[]; ports: Record<string, number> };

    const ends = cases.map(({ name, outcome, by, attempts, uploads, audits }) => [
      name,
      outcome,
      by,
      attempts,
      uploads,
      audits,
    ]);
    expect(ends).toEqual([
      // name, outcome, by, attempts, uploads, audits
      ['shop-approved', 'approved', 'us', 1, 3, 1],
      // Three images, and after the rejection the replaced one alone.
      ['shop-resubmitted', 'approved', 'us', 2, 3 + 1, 2],
      // Two certificates and six lists of one image each.
      ['shop-older-form', 'approved', 'us', 1, 2 + 6, 1],
      // The refused form never became an audit.
      ['shop-older-form-refused', 'approved', 'us', 2, 1 + 1, 1],
      ['mini-resubmitted', 'approved', 'us', 2, 1 + 1, 2],
      // The same attempt, its dead media id replaced.
      ['mini-stale-media', 'approved', 'us', 1, 1 + 1, 1],
      ['shop-push-lost', 'approved', 'us', 1, 1, 1],
      // Recognised, not sent again.
      ['shop-answer-lost-open', 'approved', 'us', 1, 1, 1],
      ['shop-answer-lost-decided', 'approved', 'us', 1, 1, 1],
      ['shop-push-first', 'approved', 'us', 1, 1, 1],
      ['shop-mended-by-hand', 'approved', 'other', 1, 1, 1],
      ['shop-already-in-force', 'approved', 'other', 0, 0, 0],
      // Two images before the kill and two after it; none twice.
      ['shop-killed-uploading', 'approved', 'us', 1, 4, 1],
      ['mini-killed-waiting', 'approved', 'us', 1, 1, 1],
    ]);
    expect(new Set(cases.map(({ workflowId }) => workflowId)).size).toBe(cases.length);
    for (const { name, workflowId, url, historyEvents } of cases) {
      expect(url).toContain(
        `http://127.0.0.1:${ports.ui}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`,
      );
      // What is in force already is seen at the first look, and that is all.
      expect(historyEvents, name).toBeGreaterThan(name === 'shop-already-in-force' ? 5 : 10);
    }
    expect(Object.keys(ports)).toEqual(expect.arrayContaining(['temporal', 'ui', 'sandbox', 'callback', 'console']));
    expect(stderr).toMatch(/killed with SIGKILL.*a new worker runs.*killed with SIGKILL.*a new worker runs/s);

    expect(stderr, 'no warning of Node.js').not.toContain('Warning');

    // Temporal and three workers, one after the other.
    expect(pidsIn(stderr).length).toBeGreaterThanOrEqual(4);
    expect(pidsIn(stderr).filter(isRunning)).toEqual([]);
    expect(readdirSync(dataDir), 'nothing is left in the data folder').toEqual([]);
  });

  test.for([
    ['Ctrl-C', 'SIGINT'],
    ['a kill', 'SIGKILL'],
  ] as const)('leaves no process behind after %s in the middle of it', { timeout: 200_000 }, async ([, signal]) => {
    const demo = startDemo([]);
    // One that this test gives up must not go on beside the next.
    onTestFinished(() => void demo.kill('SIGKILL'));
    let said = '';
    demo.stderr?.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    const { stdout } = demo;
    const closed = new Promise((resolve) => demo.once('close', resolve));
    await expect.poll(() => said, { timeout: 150_000, interval: 50 }).toMatch(/shop-resubmitted +in review/);
    const pids = pidsIn(said);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isRunning)).toEqual(pids);
    demo.kill(signal);
    stdout?.resume();
    await closed;
    if (signal === 'SIGINT') {
      expect(demo.exitCode).toBe(1);
      expect(readdirSync(dataDir)).toEqual([]);
    }
    await expect.poll(() => pids.filter(isRunning), { timeout: 15_000 }).toEqual([]);
  });

  test('says which Temporal cannot be reached, and ends with status 3', async () => {
    const { status, stdout, stderr } = await ended(startDemo(['--json'], { TEMPORAL_ADDRESS: '127.0.0.1:9' }));
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('127.0.0.1:9');
    expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.any(String) } });
  });
});
