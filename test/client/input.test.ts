/** What the client refuses before anything starts, and the sentences that it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkInput, type License } from '../../src/index.ts';
import { miniProgramInput, shopInput } from './inputs.ts';

const license = (changes: Record<string, unknown> = {}): License =>
  ({ groupId: '101', licenseId: '7001', images: ['a.png'], ...changes }) as License;
const withLicenses = (...licenses: License[]) => shopInput({ material: { form: 'licenses', licenses } });
const shopFindings = (input: unknown) => checkInput('channels-shop', input);
const pathsOf = (input: unknown) => shopFindings(input).map((finding) => finding.path);

describe('a complete input', () => {
  it('has no findings, on both platforms and in every form', () => {
    const image = { source: 'https://example.com/a.png?sig=1', sha256: 'a'.repeat(64) };
    expect(shopFindings(shopInput())).toEqual([]);
    expect(checkInput('mini-program', miniProgramInput())).toEqual([]);
    for (const category of [{ catsV2: ['1', '2'] }, { level1: '1', level2: '2', level3: '3' }])
      expect(shopFindings(shopInput({ category }))).toEqual([]);
    expect(
      shopFindings(shopInput({ material: { form: 'certificate', certificate: [image], baobeihan: ['/a.png'] } })),
    ).toEqual([]);
    expect(shopFindings(shopInput({ intent: 'renew', brandIds: ['10000083'] }))).toEqual([]);
    expect(shopFindings(shopInput({ deadlines: { correction: '30 days', overdue: '12h' } }))).toEqual([]);
  });

  it('may name members with undefined, as a backend with optional columns does', () => {
    expect(shopFindings({ ...shopInput(), externalId: undefined, deadlines: { correction: undefined } })).toEqual([]);
  });

  it('takes the largest id that WeChat can give, and not one more', () => {
    expect(shopFindings(shopInput({ category: { leaf: '18446744073709551615' } }))).toEqual([]);
    expect(pathsOf(shopInput({ category: { leaf: '18446744073709551616' } }))).toEqual(['category.leaf']);
  });
});

describe('ids', () => {
  it('a JavaScript number is refused with the sentence that ids are strings, in both languages', () => {
    const [finding, ...more] = shopFindings({ ...shopInput(), category: { leaf: 6033 } });
    expect(more).toEqual([]);
    expect(finding?.message).toContain('category.leaf must be an id written as a string');
    expect(finding?.message).toContain('loses digits');
    expect(finding?.zh).toContain('category.leaf 必须是字符串形式的 id');
  });

  it('an id is found wrong wherever it stands', () => {
    const input = {
      ...withLicenses(license({ groupId: 1, licenseId: '007' })),
      brandIds: ['9', 10],
      via: { componentAppId: 'x' },
    };
    expect(pathsOf(input).sort()).toEqual([
      'brandIds[1]',
      'material.licenses[0].groupId',
      'material.licenses[0].licenseId',
      'via.componentAppId',
    ]);
    expect(pathsOf(shopInput({ intent: { adopt: { auditId: 5 as never } } }))).toEqual(['intent.adopt.auditId']);
  });
});

describe('images', () => {
  it.each([
    ['s3://bucket/folder/', 's3://bucket/folder/name.png'],
    ['s3:///a.png', 's3://bucket/folder/name.png'],
    ['data:image/png;base64,AAAA', 'never enter a history'],
    ['http://example.com/a.png', 'https:'],
    ['http://127.0.0.1.example.com/a.png', 'https:'],
    ['https://user:secret@example.com/a.png', 'password'],
    ['ftp://example.com/a.png', 'ftp:'],
    ['https://', 'not a valid address'],
    ['  ', 'must not be empty'],
    ['x'.repeat(5_000), '4096'],
  ])('the source %.40s is refused with a sentence', (source, word) => {
    for (const image of [source, { source }]) {
      const findings = shopFindings(withLicenses(license({ images: ['ok.png', image] })));
      expect(findings).toHaveLength(1);
      expect(findings[0]?.path).toContain('material.licenses[0].images[1]');
      expect(findings[0]?.message).toContain(word);
    }
  });

  it('never repeats a password of a source in its sentence', () => {
    const findings = shopFindings(withLicenses(license({ images: ['https://user:secret@example.com/a.png'] })));
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  it.each(['C:\\scans\\a.png', './a.png', 'file:///srv/a.png', 'http://localhost:9000/a.png', 'http://[::1]/a'])(
    'the source %s is taken',
    (source) => expect(shopFindings(withLicenses(license({ images: [source] })))).toEqual([]),
  );

  it('a list holds 1 to 10 images', () => {
    expect(pathsOf(withLicenses(license({ images: [] })))).toEqual(['material.licenses[0].images']);
    const eleven = Array.from({ length: 11 }, (_, index) => `${index}.png`);
    expect(pathsOf(shopInput({ material: { form: 'certificate', certificate: eleven } }))).toEqual([
      'material.certificate',
    ]);
    expect(pathsOf(shopInput({ material: { form: 'certificate', certificate: eleven.slice(1) } }))).toEqual([]);
  });

  it('a sha256 is 64 lower-case hexadecimal digits', () => {
    expect(pathsOf(withLicenses(license({ images: [{ source: 'a', sha256: 'A'.repeat(64) }] })))).toEqual([
      'material.licenses[0].images[0].sha256',
    ]);
  });

  it('material without any image is refused, unless an open audit is adopted', () => {
    const empty = shopInput({ material: { form: 'licenses', licenses: [] } });
    expect(pathsOf(empty)).toEqual(['material']);
    expect(pathsOf({ ...empty, intent: { adopt: {} } })).toEqual([]);
  });
});

describe('the rest of the input', () => {
  it('an unknown member is named, at every depth', () => {
    expect(pathsOf({ ...shopInput(), catgory: 1 })).toEqual(['catgory']);
    expect(pathsOf(withLicenses(license({ image: ['a'] })))).toEqual(['material.licenses[0].image']);
    expect(shopFindings({ ...shopInput(), 'a b': 1 })[0]?.message).toBe('["a b"] is not a member that this input has.');
  });

  it('two licences for one group, or two certificates with one key, are refused', () => {
    expect(pathsOf(withLicenses(license(), license({ licenseId: '7002' })))).toEqual(['material.licenses[1].groupId']);
    const [first] = miniProgramInput().certificates;
    const input = { ...miniProgramInput(), certificates: [first, first] };
    expect(checkInput('mini-program', input).map((finding) => finding.path)).toEqual(['certificates[1].key']);
  });

  it('keys of certificates that differ only by a leading blank are two keys', () => {
    const certificates = [' 许可证', '许可证'].map((key) => ({ key, images: ['a.png'] }));
    expect(checkInput('mini-program', miniProgramInput({ certificates }))).toEqual([]);
  });

  it.each(['2026-02-30', '2026-2-3', '2026/01/01', '长期', ''])('validUntil %s is no date', (validUntil) => {
    expect(pathsOf(withLicenses(license({ validUntil })))).toEqual(['material.licenses[0].validUntil']);
  });

  it('a deadline is at most 10 years away', () => {
    const deadlines = { correction: '99999999 years', overdue: '3650 days' };
    expect(shopFindings(shopInput({ deadlines }))).toEqual([
      expect.objectContaining({ path: 'deadlines.correction', en: 'deadlines.correction must be at most 10 years.' }),
    ]);
  });

  it.each(['30', '-3 days', '0 days', 'soon', '5 parsecs', ''])('the deadline "%s" is no duration', (correction) => {
    expect(pathsOf(shopInput({ deadlines: { correction } }))).toEqual(['deadlines.correction']);
  });

  it('L2 a Mini Program cannot be renewed, and is told why', () => {
    const [finding] = checkInput('mini-program', miniProgramInput({ intent: 'renew' }));
    expect(finding?.path).toBe('intent');
    expect(finding?.message).toContain('no call for renewal');
    expect(finding?.message).toContain('53307');
  });

  it('a wrong alternative is explained by the one that was meant', () => {
    expect(pathsOf({ ...shopInput(), category: { level1: '1', level2: '2' } })).toEqual(['category.level3']);
    expect(shopFindings({ ...shopInput(), material: { form: 'license' } })[0]?.message).toBe(
      'material.form must be one of licenses, certificate.',
    );
    expect(pathsOf({ ...shopInput(), intent: 'renewal' })).toEqual(['intent']);
  });

  it('all findings come at once', () => {
    const input = { ...shopInput({ appId: 'shop' }), category: {}, material: { form: 'licenses', licenses: [{}] } };
    expect(pathsOf(input)).toEqual(
      expect.arrayContaining(['appId', 'category.leaf', 'material.licenses[0].groupId', 'material.licenses[0].images']),
    );
  });

  it('whatever is given, the answer is findings and never an exception', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('channels-shop' as const, 'mini-program' as const),
        (input, platform) => {
          const findings = checkInput(platform, input);
          expect(findings.length).toBeGreaterThan(0);
          for (const { message, zh } of findings) expect(message !== '' && zh !== '').toBe(true);
        },
      ),
    );
  });
});
