/** What is done to an image is told in Chinese to whoever reads Chinese. */
import { expect, test } from 'vitest';
import { imageChangeInChinese } from '../../src/rules/image-change.ts';

test.each([
  ['5 MB 4000x3000 -> 1.2 MB 2000x1500 JPEG', '5 MB 4000x3000 → 1.2 MB 2000x1500 JPEG'],
  [
    '46 KB 960x700 -> part 1 of 2, one under the other: 0.1 MB 960x1424 JPEG',
    '46 KB 960x700 → 第 1 张，2 张上下拼接为一张： 0.1 MB 960x1424 JPEG',
  ],
])('%s', (change, chinese) => {
  expect(imageChangeInChinese(change)).toBe(chinese);
});
