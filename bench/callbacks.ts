/** Delivers callbacks as WeChat does: again and again until they are taken. */
import { type Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Where callbacks go. */
export interface Receivers {
  /** The product's callback server. */
  encryptedUrl: string;
  /** A receiver that does nothing but signal. */
  plainUrl: string;
}

export interface Callbacks {
  /** Whether the receiver answered 2xx within ten tries. */
  deliver(url: string, body: string): Promise<boolean>;
  /** How often a callback had to be sent again, since the last call. */
  takeRepeated(): number;
  close(): void;
}

const tries = 10;
const pauseMs = 1_000;

export function createCallbacks(agent: Agent): Callbacks {
  let repeated = 0;

  const once = (url: string, body: string): Promise<boolean> =>
    new Promise((resolve) => {
      const length = Buffer.byteLength(body);
      const headers = { 'content-type': 'application/json', 'content-length': length };
      const sending = request(url, { agent, method: 'POST', headers }, (response) => {
        response.resume();
        response.once('close', () => resolve((response.statusCode ?? 500) < 300));
      });
      sending.once('error', () => resolve(false));
      sending.end(body);
    });

  return {
    async deliver(url, body) {
      for (let attempt = 1; attempt <= tries; attempt += 1) {
        if (await once(url, body)) return true;
        repeated += 1;
        await pause(pauseMs);
      }
      return false;
    },
    takeRepeated() {
      const taken = repeated;
      repeated = 0;
      return taken;
    },
    close: () => agent.destroy(),
  };
}
