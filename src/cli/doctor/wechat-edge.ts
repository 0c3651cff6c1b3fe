/** WeChat as the doctor, and whatever else only reads, asks it: the installation's own tokens, never a forced renewal, never a push of tickets asked for. */
import type { Accounts } from '../../store/accounts.ts';
import { createLeases } from '../../store/lease.ts';
import { createPlatformRecords } from '../../store/platform-records.ts';
import { createPlatformTokens } from '../../store/platform-tokens.ts';
import { createSecretBox, type SecretBox, SecretError } from '../../store/secrets.ts';
import { createServerBeside } from '../../store/server-beside.ts';
import { chainSecret, credentialsWith } from '../../store/token-chain.ts';
import { type AccessTokens, createAccessTokens, createWeChatClient, type WeChatClient } from '../../wechat/index.ts';
import { NotToBeHad } from './finding.ts';
import type { Installation } from './installation.ts';

export interface WeChatEdge {
  tokens: AccessTokens;
  wechat: WeChatClient;
}

/**
 * Nothing is opened before it is asked for. What can't be had for lack of the database or its key throws `NotToBeHad`.
 * @param mayRenew whether a token that WeChat refuses is renewed, as a worker would.
 */
export function createWeChatEdge(
  installation: Pick<Installation, 'config' | 'dispatcher' | 'database'>,
  accounts: Accounts,
  { mayRenew = false } = {},
): WeChatEdge {
  const { config, dispatcher } = installation;
  const { wechatBaseUrl: baseUrl, dataDir, secretKey, databaseUrl } = config;
  const usual = credentialsWith(accounts, { beside: createServerBeside({ dataDir, secretKey }) });
  let opening: Promise<AccessTokens> | undefined;

  async function openChain(): Promise<AccessTokens> {
    const database = await installation.database();
    const records = createPlatformRecords(database, boxOf(secretKey));
    const itself: AccessTokens = { get: (request) => tokens.get(request) };
    const calls = createWeChatClient({ baseUrl, dispatcher, tokens: itself });
    const tokens = createPlatformTokens({
      // Tickets are the server's to ask for: here it would only put off its own asking.
      records: { ...records, mayAskForTicket: async () => false },
      leases: createLeases({ database }),
      api: (componentAppId) => calls.platform(componentAppId),
      secretOf: (componentAppId) => chainSecret(accounts, componentAppId),
    });
    return tokens;
  }

  const chain: AccessTokens = {
    async get(request) {
      opening ??= openChain();
      return await (await opening).get(request);
    },
  };
  const usualTokens = createAccessTokens({
    baseUrl,
    dispatcher,
    credentialsOf: (account) =>
      databaseUrl !== undefined && chainSecret(accounts, account.componentAppId ?? account.appId) !== undefined
        ? { source: chain }
        : usual(account),
  });
  // For the doctor a token that is refused is told, not renewed: forced renewals are 20 a day, and end the token of the running worker.
  if (mayRenew)
    return { tokens: usualTokens, wechat: createWeChatClient({ baseUrl, dispatcher, tokens: usualTokens }) };
  const tokens: AccessTokens = { get: ({ rejectedToken: _refused, ...request }) => usualTokens.get(request) };
  return { tokens, wechat: createWeChatClient({ baseUrl, dispatcher, tokens }) };
}

function boxOf(secretKey: string | undefined): SecretBox {
  try {
    return createSecretBox(secretKey ?? '');
  } catch (error) {
    if (error instanceof SecretError) throw new NotToBeHad("WXQ_SECRET_KEY can't be used");
    throw error;
  }
}
