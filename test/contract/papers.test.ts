/** Validity of papers, and how a case is addressed. */
import { describe, expect, test } from 'vitest';
import { leafOf } from '../../src/contract/channels-shop.ts';
import { papersOf, validityEnd } from '../../src/contract/material-path.ts';
import {
  channelsShopWorkflowId,
  miniProgramWorkflowId,
  parseWorkflowId,
  workflowIdOfMiniProgramCase,
  workflowIdOfShopCase,
} from '../../src/contract/workflow-id.ts';
import { licence, miniCase, olderFormCase, shopCase } from './inputs.ts';

describe('validity', () => {
  test('a paper is good to the end of its last day in China', () => {
    expect(new Date(validityEnd('2030-12-31') ?? 0).toISOString()).toBe('2030-12-31T16:00:00.000Z');
    expect(new Date(validityEnd('2028-02-29') ?? 0).toISOString()).toBe('2028-02-29T16:00:00.000Z');
  });

  test('permanent never ends', () => {
    expect(validityEnd('permanent')).toBe(Number.POSITIVE_INFINITY);
  });

  test.each(['', '2030', '2030-1-1', '2030-02-30', '2030-00-10', '2030-13-01', '2030-12-31T00:00:00Z', '长期'])(
    '%j is no date',
    (text) => {
      expect(validityEnd(text)).toBeUndefined();
    },
  );
});

describe('papers of a case', () => {
  test('stand at the path by which they are corrected', () => {
    const renamed = miniCase({ certificates: [{ key: 'a/b', images: ['x'] }] });
    expect(papersOf(renamed).map(({ path }) => path)).toEqual(['certificates/a%2Fb']);
    const two = shopCase({ material: { form: 'licenses', licenses: [licence(), licence({ groupId: '10' })] } });
    expect(papersOf(two).map(({ path }) => path)).toEqual(['licenses/9/11', 'licenses/10/11']);
    expect(papersOf(olderFormCase())).toEqual([]);
  });
});

describe('workflow ids', () => {
  test('L8 name the account and the category, in every way that a category can be given', () => {
    for (const category of [{ leaf: '6093' }, { catsV2: ['1', '6093'] }, { level1: '1', level2: '2', level3: '6093' }])
      expect(workflowIdOfShopCase(shopCase({ category }))).toBe('channels-shop/wx0000000000000001/6093');
    expect(workflowIdOfMiniProgramCase(miniCase())).toBe('mini-program/wx0000000000000002/8-39');
    expect(() => leafOf({ catsV2: [] })).toThrow('category.catsV2 is empty');
  });

  test('L8 come apart again, with ids above 2^53', () => {
    expect(parseWorkflowId(channelsShopWorkflowId('wx1', '18446744073709551615'))).toEqual({
      platform: 'channels-shop',
      appId: 'wx1',
      categoryId: '18446744073709551615',
    });
    expect(parseWorkflowId(miniProgramWorkflowId('wx1', '8', '39'))).toEqual({
      platform: 'mini-program',
      appId: 'wx1',
      categoryId: '8-39',
    });
  });

  test.each([
    ...['', 'channels-shop', 'channels-shop/wx1', 'channels-shop//1', 'channels-shop/wx1/', 'channels-shop/wx1/0'],
    ...['channels-shop/wx1/8-39', 'channels-shop/wx1/1/2', 'mini-program/wx1/8', 'mini-program/wx1/8-39-1'],
    ...['mini-program/wx1/08-39', 'notify/run/1', '__proto__/wx1/1', 'Channels-Shop/wx1/1'],
  ])('L8 %j is none of ours', (workflowId) => {
    expect(parseWorkflowId(workflowId)).toBeUndefined();
  });
});
