/** Keeps image sources out of private networks: looks at the address that a connection is really made to. */
import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { isNamed } from './source-rules.ts';

/** IANA's special-purpose registries: whatever is not the public internet. Cloud metadata services live in these, too. */
const privateIpv4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Of IPv6 only 2000::/3 is public, so that mapped, translated (NAT64), local and multicast addresses need no list. */
const publicIpv6 = ['2000::', 3] as const;
const privateIpv6 = [
  // Teredo, ORCHID and other protocol assignments; documentation; 6to4, which carries any IPv4 address.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const blocked = new BlockList();
for (const [network, prefix] of privateIpv4) blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of privateIpv6) blocked.addSubnet(network, prefix, 'ipv6');
const open = new BlockList();
open.addSubnet(...publicIpv6, 'ipv6');

/** Whether an address is on the public internet. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blocked.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  return open.check(address, 'ipv6') && !blocked.check(address, 'ipv6');
}

/** A connection to a private address was asked for. The address itself is not told: it would map the network. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  readonly host: string;
  constructor(host: string) {
    super(`${host} is, or leads to, an address on a private network`);
    this.host = host;
  }
}

export type Resolve = (
  host: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Connections to public addresses only, but for the hosts that are named. The check is made on what the name resolves to
 * for this very connection, so neither a redirect nor a name that changes its address between two look-ups gets past it.
 * @param o.resolve for tests; default: the system's resolver.
 */
export function createGuardedAgent(o: { privateHosts?: readonly string[]; resolve?: Resolve }): Agent {
  const resolve: Resolve = o.resolve ?? lookup;
  const guarded: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      // One bad address spoils the answer: a connection that fails is tried with the next.
      const bad = addresses.length === 0 || addresses.some(({ address }) => !isPublicAddress(address));
      if (bad && !isNamed(host, o.privateHosts)) return done(new PrivateAddressError(host), '', 0);
      const [first] = addresses;
      if (options.all === true) done(null, addresses);
      else done(null, first?.address ?? '', first?.family ?? 0);
    });
  };
  const connect = buildConnector({ lookup: guarded, timeout: 5_000 });
  return new Agent({
    connect(options, done) {
      // An address in place of a name is never looked up.
      const host = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0 && !isPublicAddress(host) && !isNamed(host, o.privateHosts))
        return done(new PrivateAddressError(host), null);
      connect(options, done);
    },
  });
}
