/** Rejection reasons fall into classes that a chart can show. */
import { expect, test } from 'vitest';
import { reasonClasses, reasonClassOf } from '../../src/contract/reason-classes.ts';

test.each([
  ['营业执照不清晰，请重新上传', 'unclear'],
  ['食品经营许可证已过期', 'expired'],
  ['营业执照有效期不足', 'expired'],
  ['未加盖公章', 'seal_missing'],
  ['营业执照主体与店铺主体不一致', 'subject_differs'],
  ['商标注册证与品牌名称不符', 'brand'],
  ['所提供资质不符合类目要求', 'wrong_document'],
  ['请补充食品生产许可证', 'missing'],
  ['check: no food permit', 'check'],
  ['unchanged: the same bytes', 'unchanged'],
  ['The scan is BLURRED', 'unclear'],
  ['其他', 'other'],
  ['', 'none'],
  [undefined, 'none'],
])('%s: %s', (reason, expected) => {
  expect(reasonClassOf(reason)).toBe(expected);
});

test('every class can be reached by each of its phrases, unless an earlier one has it', () => {
  for (const [name, phrases] of Object.entries(reasonClasses))
    for (const phrase of phrases) expect(reasonClassOf(phrase), phrase).toBe(name);
});
