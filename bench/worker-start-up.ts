/** How long the product's worker needs from the start of its process until it takes work, with a built bundle. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../src/worker.js', import.meta.url));
const withinMs = 30_000;

/** Starts `node dist/src/worker.js` so many times, one after the other; milliseconds until it says that it polls. */
export async function workerStartUps(env: NodeJS.ProcessEnv, times: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let n = 0; n < times; n += 1) tookMs.push(await startUp(env));
  return tookMs;
}

async function startUp(env: NodeJS.ProcessEnv): Promise<number> {
  const startedAt = performance.now();
  const worker = spawn(process.execPath, [program], {
    env: { ...env, WXQ_LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  try {
    return await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the worker did not start')), withinMs);
      let said = '';
      worker.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!said.includes('worker is polling')) return;
        clearTimeout(timer);
        resolve(performance.now() - startedAt);
      });
      void gone.then(() => {
        clearTimeout(timer);
        reject(new Error(`the worker ended while starting: ${said.slice(-2_000)}`));
      });
    });
  } finally {
    worker.kill('SIGKILL');
    await gone;
  }
}
