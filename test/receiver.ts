/** A receiver of notifications: a real HTTP server that keeps what it was sent and answers as a test wants. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import type { ActivityDependencies } from '../src/activities/index.ts';
import { type Target, targetsOf } from '../src/notify/targets.ts';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** What was answered; `undefined`: the connection was cut, or nothing was answered. */
  status?: number;
}

/** What it does with a request: a status, an answer, or nothing at all. */
export type Behaviour =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'reset'
  | 'silence';

export class Receiver {
  readonly received: Received[] = [];
  /** Taken from the front; when there is none left, `always`. */
  readonly next: Behaviour[] = [];
  always: Behaviour = 204;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const behaviour = this.next.shift() ?? this.always;
        const answer = typeof behaviour === 'number' ? { status: behaviour } : behaviour;
        const { url: path = '', headers } = request;
        const body = Buffer.concat(chunks).toString('utf8');
        this.received.push({ path, headers, body, ...(typeof answer === 'object' ? { status: answer.status } : {}) });
        if (answer === 'reset') request.socket.resetAndDestroy();
        else if (answer !== 'silence') response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The events that were taken, in order of arrival. */
  taken(): { id: string; type: string; data: Record<string, unknown> }[] {
    return this.received
      .filter(({ status = 0 }) => status >= 200 && status < 300)
      .map(({ headers, body }) => ({ id: String(headers['webhook-id']), ...JSON.parse(body) }));
  }
}

/** The worker's side of it. */
export const telling = (...targets: Target[]): NonNullable<ActivityDependencies['notify']> => ({
  targets: targetsOf(targets),
  dispatcher: new Agent({ connect: { timeout: 2_000 } }),
  answerWithinMs: 2_000,
});
