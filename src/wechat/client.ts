/** The WeChat client: one function per endpoint, one request per call, errors that say what to do. */
import type { Dispatcher } from 'undici';
import type { AccessTokens, WeChatAccount } from './access-token.ts';
import { type CallReport, createSend } from './call.ts';
import type { CallHolds } from './call-holds.ts';
import { type ChannelsShopApi, createChannelsShopApi } from './channels-shop/api.ts';
import { createMiniProgramApi, type MiniProgramApi } from './mini-program/api.ts';
import { createPlatformApi, type PlatformApi } from './platform/api.ts';
import { createDispatcher } from './transport.ts';

/** Gives the calls of an account; holds the connections. */
export interface WeChatClient {
  channelsShop(account: WeChatAccount): ChannelsShopApi;
  miniProgram(account: WeChatAccount): MiniProgramApi;
  /** A third-party platform's own calls; its `tokens` give the component token for `{appId: componentAppId}`. */
  platform(componentAppId: string): PlatformApi;
  /** Ends the connections, unless the dispatcher was given. */
  close(): Promise<void>;
}

export interface WeChatClientOptions {
  /** `https://api.weixin.qq.com`, or a sandbox. */
  baseUrl: string;
  tokens: AccessTokens;
  /** An undici dispatcher (proxy, tests); otherwise the client has its own. */
  dispatcher?: Dispatcher;
  /** Called after each request, for metrics and logs; what it throws is ignored. */
  onCall?: (report: CallReport) => void;
  /** Holds back an account that asked too often, in all processes that share it. */
  holds?: CallHolds;
}

/** Creates a client. Several may live in one process. */
export function createWeChatClient({ baseUrl, tokens, dispatcher, onCall, holds }: WeChatClientOptions): WeChatClient {
  const connections = dispatcher ?? createDispatcher();
  const options = {
    baseUrl,
    tokens,
    dispatcher: connections,
    ...(onCall === undefined ? {} : { onCall }),
    ...(holds === undefined ? {} : { holds }),
  };
  return {
    channelsShop: (account) => createChannelsShopApi(createSend(options, account)),
    miniProgram: (account) => createMiniProgramApi(createSend(options, account)),
    platform: (componentAppId) => createPlatformApi(createSend(options, { appId: componentAppId }), componentAppId),
    async close() {
      if (dispatcher === undefined) await connections.close();
    },
  };
}
