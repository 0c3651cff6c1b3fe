/** The numbers of the report: medians, percentiles, and ratios of neighbours. */
import { expect, test } from 'vitest';
import { imageBytes, withComment } from '../../bench/images.ts';
import { median, medianRatio, percentile } from '../../bench/statistics.ts';
import { isWholeJpeg } from '../../src/images/structure.ts';
import { noise } from '../images/samples.ts';

test('a median is the middle one, or lies between the two in the middle; what was not measured does not count', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([1, Number.NaN, 3])).toBe(2);
  expect(median([])).toBeNaN();
});

test('the 99th percentile of a hundred is the last but one', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
});

test('a ratio is taken between slices that ran side by side, so that a slow phase of the machine hits both', () => {
  expect(medianRatio([20, 40, 30], [10, 20, 15])).toBe(2);
});

test('images of the bench are whole JPEG files of one length, and no two are the same', async () => {
  const page = await noise({ width: 300, height: 200 }).jpeg().toBuffer();
  const [one, other] = [withComment(page, 'one'), withComment(page, 'other')];
  expect([one.length, other.length]).toEqual([imageBytes, imageBytes]);
  expect(one.equals(other)).toBe(false);
  expect(isWholeJpeg(one)).toBe(true);
});
