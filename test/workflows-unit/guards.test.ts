/** What comes into a workflow from outside: good and bad starts, signals and updates are told apart by hand-written checks. */
import { ApplicationFailure } from '@temporalio/workflow';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { MiniProgramInput } from '../../src/contract/mini-program.ts';
import {
  checkChannelsShopStart,
  checkMiniProgramStart,
  durationMs,
  isAuditReport,
  shapeProblem,
} from '../../src/workflows/guards.ts';
import { licence, miniCase, olderFormCase, shopCase } from '../contract/inputs.ts';

const execution = vi.hoisted(() => ({ workflowId: '' }));
vi.mock('@temporalio/workflow', async (original) => ({
  ...(await original<typeof import('@temporalio/workflow')>()),
  workflowInfo: () => execution,
}));

beforeEach(() => {
  execution.workflowId = 'channels-shop/wx0000000000000001/6093';
});

/** The sentence with which a start is refused; empty when it is taken. */
function refusalOf(start: () => void): string {
  try {
    start();
    return '';
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    expect([error.type, error.nonRetryable]).toEqual(['BadInput', true]);
    return error.message;
  }
}

const shopRefusal = (change: object): string =>
  refusalOf(() => checkChannelsShopStart({ ...shopCase(), ...change } as ChannelsShopInput));
const materialRefusal = (material: unknown): string => shopRefusal({ material });
const licenceRefusal = (change: object): string =>
  materialRefusal({ form: 'licenses', licenses: [{ ...licence(), ...change }] });
const miniRefusal = (change: object): string => {
  execution.workflowId = 'mini-program/wx0000000000000002/8-39';
  return refusalOf(() => checkMiniProgramStart({ ...miniCase(), ...change } as MiniProgramInput));
};

describe('starts', () => {
  test('L10 whole inputs of both forms and both platforms are taken', () => {
    expect(shopRefusal({})).toBe('');
    expect(shopRefusal(olderFormCase())).toBe('');
    const everything = {
      via: { componentAppId: 'wx9' },
      brandIds: ['10000083'],
      deadlines: { correction: '30 days', overdue: '2h' },
      category: { leaf: '6093' },
      material: {
        form: 'licenses',
        licenses: [licence({ fields: { audit_license_no: 'x' }, validUntil: 'permanent', holder: { name: '某公司' } })],
        baobeihan: [{ source: 'letter.png', sha256: 'a'.repeat(64) }],
        jingyingpingtai: 'jd',
      },
    };
    for (const intent of ['new', 'renew', { adopt: {} }, { adopt: { auditId: '18446744073709551615' } }])
      expect(shopRefusal({ ...everything, intent })).toBe('');
    expect(miniRefusal({})).toBe('');
  });

  test.each([undefined, null, 5, 'text', [], {}])('L10 %j is no case, and says so instead of crashing', (input) => {
    expect(refusalOf(() => checkChannelsShopStart(input as never))).toContain('This is not a case: ');
    expect(refusalOf(() => checkMiniProgramStart(input as never))).toContain('This is not a case: ');
  });

  test.each([
    [{ appId: '' }, 'appId is missing'],
    [{ appId: 'wx/1' }, 'appId is missing'],
    [{ via: null }, 'via must be {componentAppId}'],
    [{ via: { componentAppId: 5 } }, 'via must be {componentAppId}'],
    [{ intent: 'renewal' }, 'intent must be new, renew, or {adopt: {auditId?}}'],
    [{ intent: { adopt: { auditId: 5 } } }, 'intent.adopt.auditId must be an id: a decimal string'],
    [{ deadlines: { correction: 'soon' } }, 'deadlines.correction must be a duration such as "30 days"'],
    [{ deadlines: { overdue: '0s' } }, 'deadlines.overdue must be a duration such as "30 days"'],
    // No timer and no date is that far away: the case would stand still for ever.
    [{ deadlines: { correction: '99999999 years' } }, 'deadlines.correction must be a duration such as "30 days"'],
    [{ deadlines: 'soon' }, 'deadlines must be {correction?, overdue?, reminder?}'],
    [{ brandIds: '10000083' }, 'brandIds must be a list of ids'],
    [{ brandIds: [10000083] }, 'brandIds/0 must be an id: a decimal string'],
    [{ category: undefined }, 'category is missing'],
    [{ category: { leaf: 6093 } }, 'category.leaf must be an id: a decimal string'],
    [{ category: { catsV2: [] } }, 'category.catsV2 is empty'],
    [{ category: { level1: '1', level2: '2' } }, 'category.level3 must be an id: a decimal string'],
    [{ category: { leaf: '123456789012345678901' } }, 'category.leaf must be an id: a decimal string'],
  ])('L10 a shop case with %j is refused: %s', (change, sentence) => {
    expect(shopRefusal(change)).toBe(`This is not a case: ${sentence}.`);
  });

  test.each([
    [null, 'material is missing'],
    [{ form: 'other' }, 'material.form must be licenses or certificate'],
    [{ form: 'licenses' }, 'material.licenses is missing'],
    [{ form: 'licenses', licenses: [null] }, 'material.licenses/0 is no licence'],
    [{ form: 'certificate', certificate: 'x.png' }, 'material.certificate must be a list of images'],
    [{ form: 'certificate', certificate: [''] }, 'material.certificate/0 must be an image: a path or an address'],
    [{ form: 'licenses', licenses: [], baobeihan: null }, 'material.baobeihan must be a list of images'],
    [{ form: 'licenses', licenses: [], buchongcailiao: 'x' }, 'material.buchongcailiao must be a list of images'],
  ])('L10 material %j is refused: %s', (material, sentence) => {
    expect(materialRefusal(material)).toBe(`This is not a case: ${sentence}.`);
  });

  test.each([
    [{ groupId: 9 }, 'groupId must be an id: a decimal string'],
    [{ images: undefined }, 'images must be a list of images'],
    [{ images: [{ source: 'x', sha256: 'ABC' }] }, 'images/0 must have a sha256 of 64 lower-case hex digits'],
    [{ fields: null }, 'fields must be an object: key -> text'],
    [{ fields: { audit_license_no: 5 } }, 'fields must be an object: key -> text'],
  ])('L10 a licence with %j is refused: %s', (change, sentence) => {
    expect(licenceRefusal(change)).toBe(`This is not a case: material.licenses/0/${sentence}.`);
  });

  test.each([
    [{ first: 8 }, 'first must be an id: a decimal string'],
    [{ certificates: {} }, 'certificates is missing'],
    [{ certificates: [{ key: '', images: [] }] }, 'certificates/0/key is missing'],
    [{ certificates: [{ key: 'x' }] }, 'certificates/0/images must be a list of images'],
  ])('L10 a Mini Program case with %j is refused: %s', (change, sentence) => {
    expect(miniRefusal(change)).toBe(`This is not a case: ${sentence}.`);
  });

  test('L2 a Mini Program case cannot be a renewal, and hears what to do instead', () => {
    expect(miniRefusal({ intent: 'renew' })).toContain('a Mini Program has no call for renewal (53307)');
  });

  test('L10 all findings are told at once', () => {
    expect(shopRefusal({ appId: 5, category: {}, material: {} }).split(';')).toHaveLength(5);
  });

  test('L8 a workflow id that is not made from the input is refused: a callback would never find it', () => {
    execution.workflowId = 'channels-shop/wx0000000000000001/1';
    expect(shopRefusal({})).toBe(
      'This case belongs to the workflow id channels-shop/wx0000000000000001/6093, not channels-shop/wx0000000000000001/1: a callback would never find it.',
    );
  });
});

describe('signals', () => {
  const report = { kind: 'read', auditId: '1', verdict: 'approved', rawStatus: '3', readAt: '2030-01-01T00:00:00Z' };

  test.each([
    { ...report },
    { ...report, auditId: undefined, reason: 'x' },
    { kind: 'hint' },
    { kind: 'hint', auditId: '2' },
  ])('L10 %j is a report', (value) => {
    expect(isAuditReport(value)).toBe(true);
  });

  test.each([
    ...[
      undefined,
      null,
      'approved',
      3,
      [],
      {},
      [report],
      { ...report, kind: 'push' },
      { ...report, verdict: 'expired' },
    ],
    ...[
      { ...report, auditId: 1 },
      { ...report, auditId: '' },
      { ...report, auditId: '1x' },
      { ...report, rawStatus: 3 },
    ],
    ...[
      { ...report, reason: 5 },
      { kind: 'hint', auditId: { toString: 'x' } },
      JSON.parse('{"__proto__": {"kind": "hint"}}'),
    ],
  ])('L10 %j is none, and does not throw', (value) => {
    expect(isAuditReport(value)).toBe(false);
  });
});

describe('updates', () => {
  test.each(['withdraw', 'retry', 'adopt', 'readAuditNow'] as const)(
    'L10 %s may come without an argument',
    (update) => {
      expect(shapeProblem(update, undefined)).toBeUndefined();
      expect(shapeProblem(update, null)).toBeUndefined();
      expect(shapeProblem(update, { by: 'somebody' })).toBeUndefined();
    },
  );

  test.each([
    ['resubmit', undefined, 'takes {set?, remove?, note?, by?, force?}'],
    ['resubmit', [], 'takes one object'],
    ['resubmit', 'x', 'takes one object'],
    ['resubmit', { set: [] }, 'set must be an object: path -> image or text'],
    ['resubmit', { set: 'x' }, 'set must be an object: path -> image or text'],
    ['resubmit', { remove: 'x' }, 'remove must be a list of paths'],
    ['resubmit', { remove: [1] }, 'remove must be a list of paths'],
    ['resubmit', { note: 1 }, 'note must be a text'],
    ['withdraw', { force: 'yes' }, 'force must be true or false'],
    ['retry', { by: 5 }, 'by must be a text'],
    ['adopt', { auditId: 5 }, 'auditId must be a decimal string'],
    ['adopt', { auditId: '0' }, 'auditId must be a decimal string'],
    ['readAuditNow', 7, 'takes one object'],
  ] as const)('L10 %s with %j is refused: %s', (update, value, problem) => {
    expect(shapeProblem(update, value)).toBe(problem);
  });

  test('L10 whole ones are taken', () => {
    expect(shapeProblem('resubmit', { set: { 'a/0': 'x' }, remove: ['b/0'], note: 'n', by: 'b', force: true })).toBe(
      undefined,
    );
    expect(shapeProblem('adopt', { auditId: '18446744073709551615' })).toBeUndefined();
  });
});

describe('L11 durations', () => {
  test.each([
    ['30 days', 30 * 86_400_000],
    ['36h', 36 * 3_600_000],
    ['1500ms', 1500],
  ])('L11 %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  test.each(['', 'soon', '0s', '-3 days', 5, null, {}, 'Infinity days'])('L11 %j is none', (value) => {
    expect(durationMs(value)).toBeUndefined();
  });
});
