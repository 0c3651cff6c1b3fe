/** A process of its own that holds the chain: `open` -> `ready`; then for each line `get` the digest of a token, or the failure. */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseAccounts } from '../../src/store/accounts.ts';
import { openDurableStore } from '../../src/store/durable-store.ts';
import { openTokenChain } from '../../src/store/token-chain.ts';
import { createDispatcher } from '../../src/wechat/transport.ts';

const { ACCOUNTS = '', WECHAT = '', DATABASE = '', SECRET_KEY = '', ACCOUNT = '{}' } = process.env;
const dispatcher = createDispatcher();
const store = await openDurableStore({ databaseUrl: DATABASE, secretKey: SECRET_KEY, dataDir: '.' });
const chain = await openTokenChain({
  accounts: parseAccounts(ACCOUNTS, {}, () => ''),
  store,
  wechat: { baseUrl: WECHAT, dispatcher },
});
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
await store.close();
await dispatcher.close();
