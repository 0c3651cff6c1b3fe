/** Properties of corrections over thousands of made-up ones: nothing throws, nothing that was given changes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinPath, patchChannelsShop, patchMiniProgram, splitPath } from '../../src/contract/material-path.ts';
import type { Resubmission } from '../../src/contract/qualification.ts';
import { frozen, miniCase, olderFormCase, shopCase } from './inputs.ts';

/** Segments that mean something, or nearly do, beside ones that mean nothing. */
const segment = fc.oneof(
  fc.constantFrom(
    ...['licenses', 'certificate', 'certificates', 'baobeihan', 'images', 'fields', 'holder', 'name', 'creditCode'],
    ...['validUntil', 'brandIds', 'jingyingpingtai', '__proto__', 'constructor', 'prototype', '', '%', '%E0%A4%A'],
    ...['9', '11', '14', encodeURIComponent('《食品经营许可证》')],
  ),
  fc.nat({ max: 12 }).map(String),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));
const value = fc.oneof(
  fc.constantFrom('new.png', 'permanent', '2030-01-01', 'jd', { source: 'x.png' }, ['1']),
  fc.jsonValue({ maxDepth: 2 }),
);
const resubmission = fc.record(
  { set: fc.dictionary(path, value, { maxKeys: 6 }), remove: fc.array(path, { maxLength: 4 }) },
  { requiredKeys: [] },
) as fc.Arbitrary<Resubmission>;

test('a correction, however wrong, gives an input or sentences; it never throws and never changes what it was given', () => {
  fc.assert(
    fc.property(resubmission, (patch) => {
      for (const result of [
        // The inputs are frozen: writing into them would throw.
        patchChannelsShop(shopCase(), frozen(patch)),
        patchChannelsShop(olderFormCase(), patch),
        patchMiniProgram(miniCase(), patch),
      ]) {
        if ('problems' in result) expect(result.problems.every(({ message }) => message.length > 5)).toBe(true);
        else expect(JSON.parse(JSON.stringify(result.input))).toEqual(result.input);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

test('a correction that was taken can be taken again: setting the same places is stable', () => {
  fc.assert(
    fc.property(fc.dictionary(path, value, { maxKeys: 4 }), (set) => {
      const patch = { set } as Resubmission;
      const once = patchChannelsShop(shopCase(), patch);
      if ('problems' in once) return;
      expect(patchChannelsShop(once.input, patch)).toEqual(once);
    }),
    { numRuns: 1000 },
  );
});

test('segments of any text come back from a path as they were', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (segments) => {
      expect(splitPath(joinPath(...segments))).toEqual(segments);
    }),
  );
});
