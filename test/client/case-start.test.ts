/** Digest, ids, texts and sources of a start. */
import { describe, expect, it } from 'vitest';
import { miniProgramCaseStart, shopCaseStart } from '../../src/client/case-start.ts';
import { withAbsolutePatchSources } from '../../src/client/sources.ts';
import { inputDigest } from '../../src/index.ts';
import { miniProgramInput, shopInput } from './inputs.ts';

describe('inputDigest', () => {
  it('L14 does not depend on the order of members, but on every value and on the order of lists', () => {
    expect(inputDigest({ a: 1, b: { c: [1, 2], d: undefined } })).toBe(inputDigest({ b: { c: [1, 2] }, a: 1 }));
    expect(inputDigest({ a: [1, 2] })).not.toBe(inputDigest({ a: [2, 1] }));
    expect(inputDigest({ a: '1' })).not.toBe(inputDigest({ a: 1 }));
    expect(inputDigest({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});

describe('a start', () => {
  it('L14 has the same digest from every folder, though its sources become absolute', () => {
    const input = shopInput();
    const [here, there] = [shopCaseStart(input, '/srv/a'), shopCaseStart(input, '/srv/b')];
    expect(here.memo).toEqual(there.memo);
    expect(here.args).not.toEqual(there.args);
  });

  it('makes plain paths absolute in every list and leaves addresses and absolute paths alone', () => {
    const sources = [
      'a.png',
      '/abs/a.png',
      'https://example.com/a.png',
      'file:///a.png',
      { source: 'b/c.png', sha256: '0' },
    ];
    const [shop] = shopCaseStart(
      shopInput({ material: { form: 'certificate', certificate: sources, baobeihan: ['d.png'] } }),
      '/srv',
    ).args;
    expect(shop).toMatchObject({
      material: {
        certificate: [
          '/srv/a.png',
          '/abs/a.png',
          'https://example.com/a.png',
          'file:///a.png',
          { source: '/srv/b/c.png', sha256: '0' },
        ],
        baobeihan: ['/srv/d.png'],
      },
    });
    const [mini] = miniProgramCaseStart(miniProgramInput(), '/srv').args;
    expect(mini).toMatchObject({ certificates: [{ key: ' 增值电信业务经营许可证', images: ['/srv/icp.png'] }] });
  });

  it('does not change the input that it was given', () => {
    const input = shopInput({ material: { form: 'certificate', certificate: ['a.png'], baobeihan: ['d.png'] } });
    const before = structuredClone(input);
    shopCaseStart(input, '/srv');
    expect(input).toEqual(before);
  });

  it("keeps Temporal's limits for texts, cut at a whole character", () => {
    const certificates = Array.from({ length: 400 }, (_, index) => ({
      key: `${'资质'.repeat(20)}${index}`,
      images: ['a'],
    }));
    const { staticSummary, staticDetails } = miniProgramCaseStart(miniProgramInput({ certificates }), '/');
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    expect(bytes(staticSummary)).toBeLessThanOrEqual(200);
    expect(bytes(staticDetails)).toBeLessThanOrEqual(19_000);
    expect(staticDetails).not.toContain('\uFFFD');
    const long = shopCaseStart(shopInput({ category: { leaf: '1'.repeat(400) } }), '/');
    expect(bytes(long.staticSummary)).toBeLessThanOrEqual(200);
  });

  it('keeps holders and credit codes out of the texts that the UI shows', () => {
    const certificates = [{ key: 'k', images: ['a'], holder: { name: '样本公司', creditCode: '91440101MA5SAMPLE0' } }];
    const { staticSummary, staticDetails } = miniProgramCaseStart(miniProgramInput({ certificates }), '/');
    expect(staticSummary + staticDetails).not.toMatch(/样本公司|91440101/);
  });
});

describe('a resubmission', () => {
  it('gets absolute paths at image places only', () => {
    const set = {
      'baobeihan/0': 'a.png',
      'certificates/%20k/images/1': { source: 'b.png' },
      zhanghaomingcheng: 'c.png',
    };
    expect(withAbsolutePatchSources({ set, note: 'n' }, '/srv')).toEqual({
      set: {
        'baobeihan/0': '/srv/a.png',
        'certificates/%20k/images/1': { source: '/srv/b.png' },
        zhanghaomingcheng: 'c.png',
      },
      note: 'n',
    });
  });
});
