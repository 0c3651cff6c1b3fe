import { describe, expect, test } from 'vitest';
import { createDecodingGate } from '../../src/images/decoding-gate.ts';
import { createImagePreparation } from '../../src/images/preparation.ts';
import { channelsShopUploadLimits } from '../../src/images/prepare.ts';
import { noise } from './samples.ts';

/** Work that ends when it is told to. */
function held() {
  let finish = () => {};
  const end = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { work: () => end, finish };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate around decoding', () => {
  test('L3 never more than the limit are decoded at once, however many wait', async () => {
    const gate = createDecodingGate(2);
    let running = 0;
    let most = 0;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        gate(async () => {
          running += 1;
          most = Math.max(most, running);
          await soon();
          running -= 1;
          return n;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  test('work that fails gives its place to the next', async () => {
    const gate = createDecodingGate(1);
    const failing = gate(() => Promise.reject(new Error('damaged')));
    const next = gate(async () => 'read');
    await expect(failing).rejects.toThrow('damaged');
    expect(await next).toBe('read');
  });

  test('who is aborted while waiting leaves at once and takes no place from others', async () => {
    const gate = createDecodingGate(1);
    const first = held();
    const running = gate(first.work);
    const leaving = new AbortController();
    let ran = false;
    const left = gate(async () => {
      ran = true;
    }, leaving.signal);
    const last = gate(async () => 'read');
    leaving.abort(new Error('cancelled'));
    await expect(left).rejects.toThrow('cancelled');
    first.finish();
    await running;
    expect(await last).toBe('read');
    expect(ran).toBe(false);
    await expect(gate(async () => 'never', leaving.signal)).rejects.toThrow('cancelled');
    expect(await gate(async () => 'free again')).toBe('free again');
  });

  test('a limit that would let nobody in is refused', () => {
    expect(() => createDecodingGate(0)).toThrow(RangeError);
    expect(() => createDecodingGate(Number.NaN)).toThrow(RangeError);
  });
});

describe('preparing behind a gate', () => {
  test('inspecting and preparing wait for one and the same gate', async () => {
    const gate = createDecodingGate(1);
    const images = createImagePreparation({ gate });
    const bytes = await noise({ width: 50, height: 40 }).png().toBuffer();
    const first = held();
    const running = gate(first.work);
    let done = 0;
    const waiting = [images.inspect(bytes), images.prepare([bytes, bytes], channelsShopUploadLimits)].map((work) =>
      work.then((result) => {
        done += 1;
        return result;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(done).toBe(0);
    first.finish();
    await running;
    const [inspected, prepared] = await Promise.all(waiting);
    expect(inspected).toMatchObject({ format: 'png', width: 50, height: 40 });
    expect(prepared).toMatchObject({ extension: 'jpg' });
  });

  test('two preparations in one process do not wait for each other', async () => {
    const bytes = await noise({ width: 50, height: 40 }).png().toBuffer();
    const gate = createDecodingGate(1);
    const first = held();
    const running = gate(first.work);
    const blocked = createImagePreparation({ gate }).inspect(bytes);
    expect(await createImagePreparation({ concurrency: 1 }).inspect(bytes)).toMatchObject({ format: 'png' });
    first.finish();
    await Promise.all([running, blocked]);
  });
});
