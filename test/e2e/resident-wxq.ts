/** `wxq` that stays loaded, for many commands one after the other: on a small machine most of a command is its start. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { runCli as RunCli } from '../../src/cli/program.ts';
import type { connect as Connect } from '../../src/client/index.ts';

/** The built program's folder, and the socket to listen on. */
const [, , built = '', socket = ''] = process.argv;
const load = (file: string): Promise<unknown> => import(pathToFileURL(`${built}/${file}`).href);
const { runCli } = (await load('cli/program.js')) as { runCli: typeof RunCli };
const { connect } = (await load('client/index.js')) as { connect: typeof Connect };

/** One command: arguments and settings, each ended by NUL. Answered by a line with the status and the lengths of both streams. */
createServer(async (request, response) => {
  const parts = (await text(request)).split('\0').slice(0, -1);
  const count = Number(request.headers['x-arguments']);
  const written = { stdout: '', stderr: '' };
  const sinkTo = (stream: keyof typeof written) => ({
    write: (part: string) => {
      written[stream] += part;
    },
  });
  const status = await runCli(parts.slice(0, count), {
    env: Object.fromEntries(parts.slice(count).map((line) => line.split(/=([\s\S]*)/, 2))),
    cwd: process.cwd(),
    stdout: sinkTo('stdout'),
    stderr: sinkTo('stderr'),
    readStdin: async () => '',
    connect,
    fetch: globalThis.fetch,
    sleep,
  });
  response.end(JSON.stringify({ status, ...written }));
}).listen(socket, () => process.stdout.write('ready\n'));
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
