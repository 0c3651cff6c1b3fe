/** A process of its own that holds the chain: `open` -> `ready`; then for each line `get` (or `component`) the digest of a token, or the failure. */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openAccountKeeper } from '../../src/store/account-keeper.ts';
import { createDispatcher } from '../../src/wechat/transport.ts';

const { WECHAT = '', DATABASE = '', SECRET_KEY = '', ACCOUNT = '{}' } = process.env;
const dispatcher = createDispatcher();
// No accounts file: the platform and its secret are in the database.
const keeper = await openAccountKeeper({
  databaseUrl: DATABASE,
  secretKey: SECRET_KEY,
  dataDir: '.',
  env: {},
  wechat: { baseUrl: WECHAT, dispatcher },
});
const { chain } = keeper;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(ACCOUNT) as { appId: string; componentAppId: string };
  const [what, rejectedToken] = line.split(' ');
  const account = what === 'component' ? { appId: given.componentAppId } : given;
  const said = await chain.tokens.get({ ...account, ...(rejectedToken ? { rejectedToken } : {}) }).then(
    (token) => createHash('sha256').update(token).digest('hex'),
    (error: unknown) => `failed: ${String(error)}`,
  );
  process.stdout.write(`${said}\n`);
}
await keeper.close();
await dispatcher.close();
