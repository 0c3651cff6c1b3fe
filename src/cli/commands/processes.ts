/** `wxq worker|server|sandbox|demo|dev`: the long-running processes; each is loaded only when it is asked for. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { loadConfig } from '../../runtime/config.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { announceWeChat } from '../world.ts';

/** The process that runs workflows and activities. */
export const workerCommand = (cli: Cli) =>
  newCommand('worker', 'run a worker until it is stopped', 'WXQ_ACCOUNTS_FILE=accounts.json wxq worker').action(
    async (options) => {
      await act(cli, options, async (out) => {
        const config = loadConfig(cli.context.env);
        announceWeChat(cli.context, config);
        const { runWorker } = await import('../../worker.ts');
        const { privateUrl } = await runWorker(config, cli.context.env);
        if (out.json) out.result({ taskQueue: config.taskQueue, privateUrl, metricsUrl: `${privateUrl}/metrics` }, '');
        return exitStatus.done;
      });
    },
  );

/** A whole case, or a dozen, against the sandbox, with everything that it needs. */
export const demoCommand = (cli: Cli) =>
  newCommand('demo', 'run cases from images to verdict against the sandbox', 'wxq demo --keep')
    .option('--keep', 'leave everything running afterwards')
    .action(async ({ json, keep }) => {
      await act(cli, { json }, async () => {
        const { runDemo } = await import('./demo.ts');
        return runDemo({ json: json === true, keep: keep === true }, cli.context);
      });
    });

/** Temporal, sandbox, worker and server in one terminal. */
export const devCommand = (cli: Cli) =>
  newCommand('dev', 'run everything on this machine until it is stopped', 'wxq dev').action(async ({ json }) => {
    await act(cli, { json }, async () => {
      const { runDev } = await import('./dev.ts');
      return runDev({ json: json === true }, cli.context);
    });
  });

/** The process that receives WeChat's callbacks. */
export const serverCommand = (cli: Cli) =>
  newCommand('server', 'receive callbacks until it is stopped', 'WXQ_ACCOUNTS_FILE=accounts.json wxq server').action(
    async (options) => {
      await act(cli, options, async (out) => {
        const config = loadConfig(cli.context.env);
        announceWeChat(cli.context, config);
        const { runServer } = await import('../../server.ts');
        const { callbackUrl, privateUrl } = await runServer(config, cli.context.env);
        if (out.json) out.result({ callbackUrl, privateUrl }, '');
        return exitStatus.done;
      });
    },
  );

/** The process that decrypts for Web UI and the Temporal CLI. */
export const codecServerCommand = (cli: Cli) =>
  newCommand(
    'codec-server',
    'decrypt histories for Web UI and the temporal program until it is stopped',
    'wxq codec-server --ui-origin http://localhost:8233',
  )
    .option('--port <port>', 'where it listens; the next free one if it is taken (default: 8086)', port)
    .option('--ui-origin <url>', 'the Web UI whose pages may ask (default: http://localhost:8233)')
    .action(async ({ port: wanted, uiOrigin, json }) => {
      await act(cli, { json }, async (out) => {
        const config = loadConfig(cli.context.env);
        const { runCodecServer } = await import('../../codec-server.ts');
        const { url } = await runCodecServer(config, {
          ...(wanted === undefined ? {} : { port: wanted }),
          ...(uiOrigin === undefined ? {} : { uiOrigin }),
        });
        if (out.json) out.result({ url }, '');
        return exitStatus.done;
      });
    });

/** An imitation of WeChat on this machine. */
export const sandboxCommand = (cli: Cli) =>
  newCommand('sandbox', 'run an imitation of WeChat until it is stopped', 'wxq sandbox --port 8090')
    .option('--port <port>', 'where it listens; the next free one if it is taken', port)
    .option('--state-file <file>', 'keep its state here, so that it survives a restart')
    .option('--host <address>', 'where it listens (default: this machine only)')
    .option('--callback-url <url>', 'the server that its pushes go to (default: http://127.0.0.1:8080)')
    .action(async ({ port: wanted, stateFile, host, callbackUrl, json }) => {
      await act(cli, { json }, async (out) => {
        const { runSandbox } = await import('../../sandbox.ts');
        const { url } = await runSandbox({
          ...(wanted === undefined ? {} : { port: wanted }),
          ...(stateFile === undefined ? {} : { stateFile }),
          ...(host === undefined ? {} : { host }),
          ...(callbackUrl === undefined ? {} : { callbackBaseUrl: callbackUrl.replace(/\/+$/, '') }),
        });
        if (out.json) out.result({ url }, '');
        return exitStatus.done;
      });
    });

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return Number(text);
}
