/** Small inputs for the client's tests: a new category each time, so that no two tests share a case. */
import { randomInt } from 'node:crypto';
import type { ChannelsShopInput, MiniProgramInput } from '../../src/index.ts';

/** A Channels Shop case with one licence. */
export function shopInput(changes: Partial<ChannelsShopInput> = {}): ChannelsShopInput {
  return {
    appId: 'wxa1b2c3d4e5f60718',
    category: { leaf: String(randomInt(1, 2 ** 47)) },
    material: {
      form: 'licenses',
      licenses: [{ groupId: '101', licenseId: '7001', images: ['licence.png'], validUntil: '2031-12-31' }],
    },
    ...changes,
  };
}

/** A Mini Program case with one certificate. */
export function miniProgramInput(changes: Partial<MiniProgramInput> = {}): MiniProgramInput {
  return {
    appId: 'wx0011223344556677',
    via: { componentAppId: 'wx8899aabbccddeeff' },
    first: '8',
    second: String(randomInt(1, 2 ** 47)),
    certificates: [{ key: ' 增值电信业务经营许可证', images: ['icp.png'] }],
    ...changes,
  };
}
