/** The same bytes for two places of one case, sent once: what this worker is uploading, or has just uploaded. */

/** What WeChat called it, and what was done to each image before. */
export interface Sent {
  ref: string;
  notes: readonly (string | undefined)[];
}

export interface UploadsUnderWay {
  /**
   * What `send` gives for `key`, or what was given to an upload with this key that is under way here or ended a moment ago.
   * Whoever waits for another's upload and sees it fail sends by itself.
   * @throws what `send` throws; the signal's reason if aborted while waiting.
   */
  once(key: string, send: () => Promise<Sent>, signal: AbortSignal): Promise<Sent>;
}

/** Long enough for the answer to reach the case, which then remembers it; far below the 3 days that a media id lives. */
const keptForMs = 2 * 60_000;
/** References are short; more would only be of cases whose answers have long arrived. */
const maxKept = 1000;

/** @param now for tests, ms. */
export function createUploadsUnderWay(now: () => number = () => performance.now()): UploadsUnderWay {
  const uploads = new Map<string, { sent: Promise<Sent>; endedAt?: number }>();

  const forgetOld = (): void => {
    for (const [key, { endedAt }] of uploads)
      if (endedAt !== undefined && (now() - endedAt > keptForMs || uploads.size > maxKept)) uploads.delete(key);
  };

  return {
    async once(key, send, signal) {
      forgetOld();
      for (let other = uploads.get(key); other !== undefined; other = uploads.get(key)) {
        const sent = await settled(other.sent, signal);
        if (sent !== undefined) return sent;
        if (uploads.get(key) === other) uploads.delete(key);
      }
      const upload: { sent: Promise<Sent>; endedAt?: number } = { sent: send() };
      uploads.set(key, upload);
      try {
        const sent = await upload.sent;
        upload.endedAt = now();
        return sent;
      } catch (error) {
        if (uploads.get(key) === upload) uploads.delete(key);
        throw error;
      }
    },
  };
}

/** What the other got, or `undefined` when it failed: that is its own to tell. */
function settled(sent: Promise<Sent>, signal: AbortSignal): Promise<Sent | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    sent.then(resolve, () => resolve(undefined)).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
