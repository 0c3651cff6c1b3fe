/** Starting the rows of an import: what became of each, nothing twice, so many at once, stopped between two rows. */
import { expect, it } from 'vitest';
import { type CaseHandle, type Started, TemporalUnreachableError } from '../../src/client/index.ts';
import { readTable } from '../../src/importing/import-file.ts';
import { previewImport } from '../../src/importing/preview.ts';
import { type RowResult, startRows } from '../../src/importing/start-rows.ts';

const rowsOf = (count: number) =>
  previewImport(
    readTable(
      new TextEncoder().encode(
        `appId,category,certificate\n${Array.from({ length: count }, (_, at) => `wx5a2d8f1c3b7e9046,${6001 + at},a.png`).join('\n')}\nwx5a2d8f1c3b7e9046,no,\n`,
      ),
    ),
  );
const handle = {} as CaseHandle;
const place = { place: 'scripted:7233/default/queue', placeId: 'id-1/queue' };
type Client = Parameters<typeof startRows>[1]['client'];
const clientOf = (start: (leaf: string, key: string | undefined) => Promise<Started>): Client => ({
  channelsShop: {
    start: (input, options) => start('leaf' in input.category ? input.category.leaf : '', options?.startKey),
  },
  miniProgram: { start: () => Promise.reject(new Error('no row is a Mini Program')) },
});

it('tells started, existing with the same or another input, refused and failed apart, in the order of the file', async () => {
  const answers: Record<string, () => Started> = {
    '6001': () => ({ handle, existing: false }),
    '6002': () => ({ handle, existing: true, sameInput: true }),
    '6003': () => ({ handle, existing: true, sameInput: false }),
    '6004': () => ({ handle, existing: false, repeated: true }),
    '6005': () => {
      throw new Error('too large');
    },
  };
  const told: RowResult[] = [];
  const results = await startRows(await rowsOf(5), {
    place,
    client: clientOf(async (leaf) => answers[leaf]?.() ?? Promise.reject(new Error(leaf))),
    onResult: (result) => void told.push(result),
  });
  expect(results.map(({ row, outcome }) => [row, outcome])).toEqual([
    [2, 'started'],
    [3, 'existing-same-input'],
    [4, 'existing-other-input'],
    [5, 'existing-same-input'],
    [6, 'failed'],
    [7, 'refused'],
  ]);
  expect(results[4]?.reason).toBe('too large');
  expect(results[5]?.reason).toContain('类目');
  expect(told).toHaveLength(6);
  for (const result of results) expect(result).toMatchObject(place);
});

it('a row has the same key whatever stands around it; rows that were done before are not asked for again', async () => {
  const keys: string[] = [];
  const client = clientOf(async (_, key) => {
    keys.push(key ?? '');
    return { handle, existing: false };
  });
  const first = await startRows(await rowsOf(3), { client, place });
  const before = new Map(first.map((result) => [result.digest ?? '', result]));
  const again = await startRows(await rowsOf(4), { client, place, before });
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(4);
  expect(again.map(({ outcome }) => outcome)).toEqual(['started', 'started', 'started', 'started', 'refused']);
  await startRows((await rowsOf(1)).slice(0, 1), { client, place });
  expect(keys[4]).toBe(keys[0]);
});

it('1,000 rows: never more at once than allowed; a signal ends it between two rows, and the rest is done by another run', async () => {
  const rows = await rowsOf(1_000);
  const stop = new AbortController();
  let [running, most, calls] = [0, 0, 0];
  const client = clientOf(async () => {
    calls += 1;
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return { handle, existing: false };
  });
  const told = new Map<string, RowResult>();
  const onResult = (result: RowResult): void => {
    told.set(result.digest ?? '', result);
    if (told.size === 300) stop.abort();
  };
  const part = await startRows(rows, { client, place, atOnce: 7, onResult, signal: stop.signal });
  expect(most).toBe(7);
  expect(part.length).toBeGreaterThanOrEqual(300);
  expect(part.length).toBeLessThan(310);
  expect(running).toBe(0);
  const rest = await startRows(rows, { client, place, before: told });
  expect(rest).toHaveLength(1_001);
  expect(calls).toBe(1_000);
});

it('Temporal that goes away ends the import; what was begun is told first', async () => {
  const told: string[] = [];
  const client = clientOf(async (leaf) => {
    if (leaf === '6003') throw new TemporalUnreachableError('127.0.0.1:1', 'refused');
    return { handle, existing: false };
  });
  const going = startRows(await rowsOf(20), {
    client,
    place,
    atOnce: 2,
    onResult: ({ outcome }) => void told.push(outcome),
  });
  await expect(going).rejects.toThrow(TemporalUnreachableError);
  expect(told.length).toBeGreaterThanOrEqual(2);
  expect(told.length).toBeLessThan(20);
});
