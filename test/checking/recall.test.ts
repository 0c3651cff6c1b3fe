import { expect, test } from 'vitest';
import { createRecall } from '../../src/checking/recall.ts';

/** A memory whose clock the test moves. */
function recallAt(maxKept = 10) {
  const clock = { ms: 1_000_000 };
  const recall = createRecall<string>({ keepMs: 600, failureKeepMs: 10, maxKept, now: () => clock.ms });
  let reads = 0;
  const read = async (): Promise<string> => {
    reads += 1;
    return `read ${reads}`;
  };
  return { clock, recall, read, reads: () => reads };
}

test('a thousand who ask at once make one call', async () => {
  const { recall, read, reads } = recallAt();
  const answers = await Promise.all(Array.from({ length: 1000 }, () => recall.get('shop', read)));
  expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(['read 1']));
  expect(reads()).toBe(1);
});

test('what was read is told again until it is too old, for whoever wants it younger sooner', async () => {
  const { clock, recall, read } = recallAt();
  await recall.get('shop', read);
  clock.ms += 500;
  expect(await recall.get('shop', read)).toEqual({ value: 'read 1', readAt: 1_000_000 });
  expect(await recall.get('shop', read, { maxAgeMs: 499 })).toEqual({ value: 'read 2', readAt: 1_000_500 });
  clock.ms += 601;
  expect((await recall.get('shop', read)).value).toBe('read 3');
});

test('one account never gets what was read for another', async () => {
  const { recall, read } = recallAt();
  expect((await recall.get('a', read)).value).toBe('read 1');
  expect((await recall.get('b', read)).value).toBe('read 2');
});

test('a failure is told again for a moment, then it is tried again; who asks anew does so at once', async () => {
  const { clock, recall, read, reads } = recallAt();
  const fail = async (): Promise<string> => {
    await read();
    throw new Error('61007');
  };
  await expect(recall.get('shop', fail)).rejects.toThrow('61007');
  await expect(recall.get('shop', read)).rejects.toThrow('61007');
  expect(reads()).toBe(1);
  expect((await recall.get('shop', read, { anew: true })).value).toBe('read 2');
  await expect(recall.get('other', fail)).rejects.toThrow('61007');
  clock.ms += 11;
  expect((await recall.get('other', read)).value).toBe('read 4');
});

test('no more is kept than was agreed: the oldest goes', async () => {
  const { recall, read, reads } = recallAt(2);
  for (const key of ['a', 'b', 'c']) await recall.get(key, read);
  await recall.get('c', read);
  await recall.get('b', read);
  expect(reads()).toBe(3);
  await recall.get('a', read);
  expect(reads()).toBe(4);
});
