/** Finds TCP ports that nobody listens on. */
import { type AddressInfo, createServer, type Server } from 'node:net';

const highestPort = 65_535;
const portsToTry = 200;

/** Whether a server could listen on `port` of `host` now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return tryPort(port, host).then((found) => found !== undefined);
}

/**
 * The first free port from `wanted` upwards; 0 means any port that the system gives.
 * @throws Error when the next 200 ports are all taken.
 */
export async function nextFreePort(wanted: number, host = '127.0.0.1'): Promise<number> {
  const last = Math.min(wanted + portsToTry, highestPort);
  for (let port = wanted; port <= last; port += 1) {
    const found = await tryPort(port, host);
    if (found !== undefined) return found;
  }
  throw new Error(`no free port between ${wanted} and ${last} on ${host}`);
}

/** Something that listens: a fastify app. */
interface Listener {
  server: Pick<Server, 'address'>;
  listen(place: { port: number; host: string }): Promise<unknown>;
}

/** Listens on `wanted`, or the next free port; answers where that is, as reached from this machine. */
export async function listenNear(app: Listener, wanted: number, host: string): Promise<string> {
  await app.listen({ port: await nextFreePort(wanted, host), host });
  const { port } = app.server.address() as AddressInfo;
  return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
}

function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
