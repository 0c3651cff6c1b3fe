/** A process of its own that holds the chain: `open` -> `ready`; then for each line `get` the digest of a token, or the failure. */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseAccounts } from '../../src/store/accounts.ts';
import { openTokenChain } from '../../src/store/token-chain.ts';
import { createDispatcher } from '../../src/wechat/transport.ts';

const { ACCOUNTS = '', WECHAT = '', DATABASE = '', SECRET_KEY = '', ACCOUNT = '{}' } = process.env;
const dispatcher = createDispatcher();
const chain = await openTokenChain({
  accounts: parseAccounts(ACCOUNTS, {}, () => ''),
  wechat: { baseUrl: WECHAT, dispatcher },
  databaseUrl: DATABASE,
  secretKey: SECRET_KEY,
  dataDir: '.',
});
if (chain === undefined) throw new Error('no chain');
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const account = JSON.parse(ACCOUNT) as { appId: string; componentAppId: string };
  const [, rejectedToken] = line.split(' ');
  const said = await chain.tokens.get({ ...account, ...(rejectedToken ? { rejectedToken } : {}) }).then(
    (token) => createHash('sha256').update(token).digest('hex'),
    (error: unknown) => `failed: ${String(error)}`,
  );
  process.stdout.write(`${said}\n`);
}
await chain.close();
await dispatcher.close();
