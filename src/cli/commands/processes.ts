/** `wxq worker|server|sandbox|demo|dev`: the long-running processes; each is loaded only when it is asked for. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { loadConfig } from '../../runtime/config.ts';
import { aimedAsServer } from '../aim.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { announceWeChat } from '../world.ts';

/** The process that runs workflows and activities. */
export const workerCommand = (cli: Cli) =>
  newCommand('worker', 'run a worker until it is stopped', 'WXQ_ACCOUNTS_FILE=accounts.json wxq worker')
    .addHelpText('after', settingsHelp('WXQ_WORKER_METRICS_PORT (9464)'))
    .action(async (options) => {
      await act(cli, options, async (out) => {
        // Beside `wxq dev` it must not carry the sandbox's cases to the real WeChat.
        const { config } = await aimedAsServer(loadConfig(cli.context.env), cli.context.env);
        announceWeChat(cli.context, config);
        const { runWorker } = await import('../../worker.ts');
        const { privateUrl } = await runWorker(config, cli.context.env);
        if (out.json) out.result({ taskQueue: config.taskQueue, privateUrl, metricsUrl: `${privateUrl}/metrics` }, '');
        return exitStatus.done;
      });
    });

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
  newCommand('dev', 'run everything on this machine until it is stopped', 'wxq dev')
    .addHelpText(
      'after',
      settingsHelp('WXQ_CALLBACK_PORT (8080), WXQ_CONSOLE_PORT (8081), WXQ_WORKER_METRICS_PORT (9464)'),
    )
    .action(async ({ json }) => {
      await act(cli, { json }, async () => {
        const { runDev } = await import('./dev.ts');
        return runDev({ json: json === true }, cli.context);
      });
    });

/** The process that receives WeChat's callbacks. */
export const serverCommand = (cli: Cli) =>
  newCommand('server', 'receive callbacks until it is stopped', 'WXQ_ACCOUNTS_FILE=accounts.json wxq server')
    .addHelpText('after', settingsHelp('WXQ_CALLBACK_PORT (8080), WXQ_CONSOLE_PORT (8081)'))
    .action(async (options) => {
      await act(cli, options, async (out) => {
        const config = loadConfig(cli.context.env);
        announceWeChat(cli.context, config);
        const { runServer } = await import('../../server.ts');
        const { callbackUrl, privateUrl } = await runServer(config, cli.context.env);
        if (out.json) out.result({ callbackUrl, privateUrl }, '');
        return exitStatus.done;
      });
    });

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
    .option('--port <port>', 'where it listens (default: 8090, or the next free one)', port)
    .option('--state-file <file>', 'keep its state here, so that it survives a restart')
    .option('--host <address>', 'where it listens (default: this machine only)')
    .option('--callback-url <url>', 'the server that its pushes go to (default: http://127.0.0.1:8080)', webAddress)
    .action(async ({ port: wanted, stateFile, host, callbackUrl, json }) => {
      await act(cli, { json }, async (out) => {
        const { runSandbox } = await import('../../sandbox.ts');
        const { url } = await listening(runSandbox, {
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

function webAddress(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be an http: or https: address.');
  return text;
}

/** What the help of a process says about its settings: it has no options for them. */
const settingsHelp = (ports: string): string => `
Settings are environment variables (docs/configuration.md, .env.example):
  WXQ_DATA_DIR (.wxq) is where it keeps its data, TEMPORAL_ADDRESS the Temporal server,
  ${ports} where it listens; a port that is taken gives way to the next free one.`;

/** An address that cannot be listened on was typed wrong, or somebody has it: not an error of the program. */
async function listening<Options extends { host?: string; port?: number }, Running>(
  start: (options: Options) => Promise<Running>,
  options: Options,
): Promise<Running> {
  try {
    return await start(options);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why = unheard[code];
    if (why === undefined) throw error;
    throw new UsageError(
      `It can't listen on ${options.host ?? '127.0.0.1'}:${options.port ?? 'a port'}: ${why}.`,
      'Name another one by --port and --host.',
      { cause: error },
    );
  }
}

const unheard: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EACCES: 'that port needs more rights',
};
