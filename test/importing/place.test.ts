/** Where an import starts its cases: told by Temporal's own id of the namespace, not by how it is called. */
import { expect, it } from 'vitest';
import { TemporalUnreachableError } from '../../src/client/index.ts';
import { isAt, placeBySettings, placeOf } from '../../src/importing/place.ts';
import { temporalWithNamespace } from '../scripted-namespace.ts';

const settings = { address: 'localhost:7233', namespace: 'default', taskQueue: 'queue' };
const at = (address: string, id: string | Error, taskQueue = 'queue') =>
  placeOf({ ...settings, address, taskQueue, temporal: temporalWithNamespace(id) });

it('one namespace is one place through every address; another namespace or task queue is another one', async () => {
  const here = await at('localhost:7233', 'id-1');
  expect(here).toEqual({ placeId: 'id-1/queue', place: 'localhost:7233/default/queue' });
  expect(isAt(await at('127.0.0.1:7300', 'id-1'), here)).toBe(true);
  expect(isAt(await at('localhost:7233', 'id-2'), here)).toBe(false);
  expect(isAt(await at('localhost:7233', 'id-1', 'staging'), here)).toBe(false);
  // Written before there were ids.
  expect(isAt({ place: here.place }, here)).toBe(false);
});

it('a preview that asks nobody goes by the settings; Temporal that is away is said', async () => {
  expect(isAt(await at('localhost:7233', 'id-1'), placeBySettings(settings))).toBe(true);
  expect(isAt(await at('127.0.0.1:7233', 'id-1'), placeBySettings(settings))).toBe(false);
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'refused', metadata: {} });
  await expect(at('localhost:1', away)).rejects.toThrow(TemporalUnreachableError);
});
