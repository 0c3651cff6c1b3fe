/** What a form that mends a case asks for, where words of the page and of an input differ. */
import { expect, test } from 'vitest';
import { resubmissionOf } from '../../src/console/mend.ts';
import { shownText } from '../../src/console/places.ts';

const path = 'licenses/1/2/validUntil';
const sent = (now: string, was: string) =>
  resubmissionOf({
    values: new Map([
      [`text:${path}`, now],
      [`was:${path}`, was],
    ]),
    remove: [],
    images: new Map(),
  });

test('长期 is a paper without an end; left as it is, it changes nothing', () => {
  const label = { zh: '有效期至', en: 'valid until' };
  const place = { path, kind: 'date', label, value: 'permanent' } as const;
  const [zh, en] = [shownText({ language: 'zh' }, place), shownText({ language: 'en' }, place)];
  expect([zh, en]).toEqual(['长期', 'permanent']);
  expect(sent(zh, zh)).toEqual({});
  expect(sent(en, en)).toEqual({});
  expect(sent('长期', '2031-12-31')).toEqual({ set: { [path]: 'permanent' } });
  expect(sent('2036-05-20', zh)).toEqual({ set: { [path]: '2036-05-20' } });
});
