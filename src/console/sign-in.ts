/** Who may use the console: names and passwords, a proxy's word, or whoever sits at this machine; and that a form is ours. */
import { createHmac, scrypt, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { promisify } from 'node:util';
import type { FastifyRequest } from 'fastify';

/** One of `WXQ_CONSOLE_USERS`; `password` in clear, or as `scrypt$salt$key` (base64url). */
export interface ConsoleUser {
  name: string;
  password: string;
}

export interface SignInSettings {
  users: readonly ConsoleUser[];
  /** A header in which a proxy in front names the person it has signed in. */
  userHeader?: string | undefined;
  /** Whose header is believed, besides this machine's. */
  trustedProxies: readonly string[];
  /** Who may do more than look; without it everybody may. */
  operators?: readonly string[] | undefined;
  /** Where the port listens. */
  host: string;
  /** Makes the tokens of forms; the same for every process behind one address. */
  secret: string;
}

/** A person, or why there is none. */
export type SignedIn =
  | { name: string; canRename: boolean; mayAct: boolean }
  | { refused: 'sign-in' | 'no-users' | 'no-name' | 'foreign' };

export interface SignIn {
  /** Why the console answers nobody under these settings; `undefined` when it works. */
  closed: string | undefined;
  personOf(request: FastifyRequest): Promise<SignedIn>;
  tokenOf(name: string): string;
  /** Whether a request that changes something was sent by one of our own pages, shown to this person. */
  isOurs(request: FastifyRequest, name: string, token: unknown): boolean;
}

/** Makes it; nothing is kept but what was proved right lately. */
export function createSignIn(settings: SignInSettings): SignIn {
  const { users, userHeader, host, secret, operators } = settings;
  const mayAct = (name: string): boolean => operators === undefined || operators.includes(name);
  const header = userHeader?.toLowerCase();
  const hasSignIn = users.length > 0 || header !== undefined;
  const proxies = trusted(settings.trustedProxies);
  const provedRight = new Map<string, string>();
  const closed =
    hasSignIn || isLoopback(host)
      ? undefined
      : `The private port listens on ${host}, not on loopback only, and there is no sign-in: the console answers nobody. Set WXQ_CONSOLE_USERS or WXQ_CONSOLE_USER_HEADER.`;
  const mac = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url');

  async function byPassword(request: FastifyRequest): Promise<SignedIn> {
    const [, encoded = ''] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const [, name = '', password = ''] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    const user = users.find((one) => one.name === name);
    const proof = mac(`password ${name} ${password}`);
    if (user !== undefined && provedRight.get(name) === proof) return { name, canRename: false, mayAct: mayAct(name) };
    // The same work for a name that is not known: the time tells nothing.
    const isRight = await fits(password, user?.password ?? 'scrypt$AAAAAAAAAAAAAAAAAAAAAA$AAAA');
    if (user === undefined || !isRight) return { refused: 'sign-in' };
    provedRight.set(name, proof);
    return { name, canRename: false, mayAct: mayAct(name) };
  }

  return {
    closed,
    async personOf(request) {
      if (closed !== undefined) return { refused: 'no-users' };
      const { remoteAddress = '' } = request.socket;
      if (
        header !== undefined &&
        (isLoopbackAddress(remoteAddress) || proxies.check(remoteAddress, familyOf(remoteAddress)))
      ) {
        const given = request.headers[header];
        if (typeof given === 'string' && given.trim() !== '') {
          const name = decodedName(given.trim()).slice(0, 200);
          return { name, canRename: false, mayAct: mayAct(name) };
        }
        if (users.length === 0) return { refused: 'no-name' };
      }
      if (users.length > 0) return byPassword(request);
      if (header !== undefined) return { refused: 'no-name' };
      // A page of another site can give its own name an address of loopback.
      if (!isLoopback(request.host.replace(/:\d+$/, ''))) return { refused: 'foreign' };
      // Nobody signs in, so a list of names would keep nobody from anything.
      return { name: nameCookie(request) ?? 'console', canRename: true, mayAct: true };
    },
    tokenOf: (name) => mac(`form ${name}`),
    isOurs(request, name, token) {
      const { origin, host: own } = request.headers;
      const site = request.headers['sec-fetch-site'];
      if (site !== undefined && site !== 'same-origin') return false;
      if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === own)) return false;
      return isSame(typeof token === 'string' ? token : '', mac(`form ${name}`));
    },
  };
}

const scryptKey = promisify<string, Buffer, number, Buffer>(scrypt);

/** Whether a password is the one that is kept, in clear or as `scrypt$salt$key`. */
async function fits(given: string, kept: string): Promise<boolean> {
  const [kind, salt = '', key = ''] = kept.split('$');
  if (kind !== 'scrypt' || key === '') {
    await scryptKey(given, Buffer.alloc(16), 32);
    return isSame(given, kept);
  }
  const expected = Buffer.from(key, 'base64url');
  const made = await scryptKey(given, Buffer.from(salt, 'base64url'), Math.max(1, expected.length));
  return made.length === expected.length && timingSafeEqual(made, expected);
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** The name that a person gave on this machine. */
function nameCookie(request: FastifyRequest): string | undefined {
  return cookie(request, 'wxq_name') || undefined;
}

/** One cookie of a request; empty when it can't be read. */
export function cookie(request: FastifyRequest, name: string): string | undefined {
  const found = (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`));
  return found === undefined ? undefined : decodedName(found.slice(name.length + 1));
}

/** Proxies and cookies carry names that are no ASCII percent-encoded. */
function decodedName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function trusted(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
const isLoopbackAddress = (address: string): boolean => isLoopback(address.replace(/^::ffff:/, ''));
