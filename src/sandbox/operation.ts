/** What one call of WeChat's API is inside the sandbox. */
import type { IncomingHttpHeaders } from 'node:http';
import type { KnownAccount } from './accounts.ts';
import type { World } from './world.ts';

/** A call that passed the gate: method, token and account are right. */
export interface Call {
  world: World;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A call made with an access token. */
export interface AccountCall extends Call {
  account: KnownAccount;
}

export type Answer = Record<string, unknown>;

interface OperationBase {
  /** The current path first; older prefixes that are still served after it. */
  paths: string[];
  methods: ('GET' | 'POST')[];
  /** The upload page documents (and samples) its errcode as a string. */
  isErrcodeText?: boolean;
  /** Any one of these has to be granted to the platform that calls; absent: none is needed. */
  permissionSets?: readonly number[];
  /** Served whatever the shop's state: it is how one finds out. */
  isForClosedShops?: boolean;
}

/** `errcode: 0` and `errmsg: ok` are added to what `run` gives, except where `isBare`. */
export type Operation =
  | (OperationBase & { caller: 'anyone'; isBare: true; run(call: Call): Answer | Promise<Answer> })
  | (OperationBase & {
      caller: 'channels-shop' | 'mini-program' | 'either';
      isBare?: boolean;
      run(call: AccountCall): Answer | Promise<Answer>;
    });

/** What requests and chaos rules call it: the last two segments of the path. */
export function operationName(path: string): string {
  return path.split('/').filter(Boolean).slice(-2).join('/');
}

/** The two prefixes under which the shop's calls are served, in this order. */
export function bothPrefixes(path: string, current: '/shop/ec' | '/channels/ec' = '/shop/ec'): string[] {
  const other = current === '/shop/ec' ? '/channels/ec' : '/shop/ec';
  return [`${current}${path}`, `${other}${path}`];
}
