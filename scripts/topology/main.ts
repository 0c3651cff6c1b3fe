/** `npm run topology`: the whole topology on this machine until Ctrl-C, without containers. */
import { once } from 'node:events';
import { startTopology } from './topology.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const topology = await startTopology({ env: process.env, say });
const asked = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
say(`Sandbox: ${topology.sandbox.url}. Logs: ${topology.folder}`);
if (topology.codecServer !== undefined)
  say(`Codec server: ${topology.codecServer.url}, with the token in WXQ_CODEC_TOKEN`);
say('Settings for wxq and for programs of your own:');
for (const [name, value] of Object.entries(topology.env))
  if (/^(TEMPORAL|WXQ)_/.test(name)) process.stdout.write(`export ${name}='${value}'\n`);
say('Running. Ctrl-C ends all of it.');
await asked;
say('Stopping');
await topology.stop();
