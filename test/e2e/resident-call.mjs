/** The other end of resident-wxq.ts: passes one command line on, and ends as it ended. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

const [, , socketPath, ...argv] = process.argv;
const settings = Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
const body = [...argv, ...settings].map((part) => `${part}\0`).join('');
const call = request({ socketPath, method: 'POST', headers: { 'x-arguments': argv.length } }, async (response) => {
  const { status, stdout, stderr } = JSON.parse(await text(response));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = status;
});
call.end(body);
