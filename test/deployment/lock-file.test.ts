/** The lock file is whole: `npm ci` refuses one that lacks the optional packages of other platforms, which npm leaves out where a registry has none of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Locked {
  version?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

const text = await readFile(join(import.meta.dirname, '../../package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };

test('the lock file has every optional package of every platform', () => {
  const missing = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => packages[`${at}/node_modules/${name}`] === undefined && packages[`node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('there is one protobufjs 8 for all of Temporal: with two, recorded histories cannot be loaded', () => {
  const copies = Object.entries(packages).filter(
    ([at, { version }]) => /(^|\/)node_modules\/protobufjs$/.test(at) && version?.startsWith('8.'),
  );
  expect(copies.map(([at]) => at)).toEqual(['node_modules/protobufjs']);
});
