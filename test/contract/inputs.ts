/** Whole case inputs to correct. Fresh with every call, frozen all the way down: a patch must not change what it was given. */
import type { ChannelsShopInput, License } from '../../src/contract/channels-shop.ts';
import type { Patched } from '../../src/contract/material-path.ts';
import type { MiniProgramInput } from '../../src/contract/mini-program.ts';

export const licence = (change: Partial<License> = {}): License => ({
  groupId: '9',
  licenseId: '11',
  images: ['first.png', 'second.png', 'third.png'],
  ...change,
});

export const shopCase = (change: Partial<ChannelsShopInput> = {}): ChannelsShopInput =>
  frozen({
    appId: 'wx0000000000000001',
    category: { catsV2: ['10000126', '10000131', '6093'] },
    material: { form: 'licenses', licenses: [licence()] },
    ...change,
  });

export const olderFormCase = (): ChannelsShopInput =>
  shopCase({ material: { form: 'certificate', certificate: ['old-1.png', 'old-2.png'], baobeihan: ['letter.png'] } });

export const miniCase = (change: Partial<MiniProgramInput> = {}): MiniProgramInput =>
  frozen({
    appId: 'wx0000000000000002',
    first: '8',
    second: '39',
    certificates: [{ key: '《食品经营许可证》', images: ['page-1.jpg', 'page-2.jpg'] }],
    ...change,
  });

/** Freezes a value and everything in it, so that a change of it throws. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

/** The corrected input. */
export function patched<Input>(result: Patched<Input>): Input {
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.input;
}

/** `path: sentence` of every path that was not taken. */
export function problems(result: Patched<unknown>): string[] {
  if ('input' in result) throw new Error('it was taken');
  return result.problems.map(({ path, message }) => `${path}: ${message}`);
}
