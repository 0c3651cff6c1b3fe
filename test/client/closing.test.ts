/** What a client waits for when it is closed, and what it holds on to before. */
import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { createClosing } from '../../src/client/closing.ts';

/** As the SDK does it: a listener for every call, never taken away. */
const calling = (signal: AbortSignal, calls: number): Promise<string> =>
  new Promise((_, reject) => {
    for (let n = 0; n < calls; n += 1) signal.addEventListener('abort', () => reject(new Error('aborted')));
    if (signal.aborted) reject(new Error('aborted'));
  });

it('many waits with many calls each bring no warning about listeners, and all end when the client is closed', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  const closing = createClosing();
  const waits = Array.from({ length: 30 }, () => closing.during((signal) => calling(signal, 30)));
  const ends = Promise.allSettled(waits);
  expect(closing.isClosed).toBe(false);
  closing.close();
  expect((await ends).map(({ status }) => status)).toEqual(Array(30).fill('rejected'));
  // Node says such a warning in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

it('a signal of the caller ends its own wait only, and is let go of when the wait is over', async () => {
  const closing = createClosing();
  const caller = new AbortController();
  const other = closing.during((signal) => calling(signal, 1)).catch(() => 'ended by close');
  const own = closing.during((signal) => calling(signal, 1), caller.signal);
  caller.abort();
  await expect(own).rejects.toThrow('aborted');
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  closing.close();
  expect(await other).toBe('ended by close');
});

it('a wait that begins after the close ends at once', async () => {
  const closing = createClosing();
  closing.close();
  await expect(closing.during((signal) => calling(signal, 1))).rejects.toThrow('aborted');
});
