/** What a renewal is made from, and what it warns of; the command itself runs in test/workflows/in-force-watch.test.ts. */
import { expect, test } from 'vitest';
import { type KnownCase, previewOf, previewText, renewalInput } from '../../src/cli/renewal.ts';
import { InvalidCaseError } from '../../src/client/index.ts';
import { run, scriptedClient } from './run.ts';

const now = Date.parse('2026-11-25T04:00:00Z');
const id = 'channels-shop/wx01/6201';
const known: KnownCase = {
  source: 'database',
  closedAt: '2025-12-01T00:00:00.000Z',
  input: {
    appId: 'wx01',
    requestedBy: 'li',
    intent: { adopt: { auditId: '7' } },
    category: { leaf: '6201' },
    material: {
      form: 'licenses',
      licenses: [
        {
          groupId: '1',
          licenseId: '2',
          images: [{ source: 'old.png', sha256: 'a'.repeat(64) }],
          validUntil: '2026-12-01',
        },
      ],
    },
  },
};

test('the renewal has the material of the last case, pinned, and neither its intent nor who asked for it', () => {
  const input = renewalInput(known, {});
  expect(input).toEqual({ ...known.input, requestedBy: undefined, intent: 'renew' });
  const preview = previewOf(id, known, input, {}, now);
  expect(preview.material).toEqual([
    { path: 'licenses/1/2/images/0', source: 'old.png', sha256: 'a'.repeat(64), isNew: false },
  ]);
  expect(preview.warnings).toEqual([
    'no image is new: the papers are those of the last case',
    expect.stringContaining('licenses/1/2 is valid until 2026-12-01'),
  ]);
  expect(previewText(preview)).toContain('(6 days)');
});

test('new files and texts take the place of the old ones; a path that names nothing is refused', () => {
  const patch = { set: { 'licenses/1/2/images/0': 'new.png', 'licenses/1/2/validUntil': '2036-06-30' } };
  const preview = previewOf(id, known, renewalInput(known, patch), patch, now);
  expect(preview).toMatchObject({
    material: [{ source: 'new.png', isNew: true }],
    papers: [{ path: 'licenses/1/2', validUntil: '2036-06-30' }],
    warnings: [],
  });
  expect(() => renewalInput(known, { set: { 'licences/1/2/images/0': 'new.png' } })).toThrow(InvalidCaseError);
});

test('the end that WeChat itself reads is not forgotten beside ours', () => {
  const field = 'licenses/1/2/fields/audit_license_validty_period';
  const told = structuredClone(known);
  const [license] = (told.input as { material: { licenses: { fields?: object }[] } }).material.licenses;
  Object.assign(license ?? {}, { fields: { audit_license_validty_period: '2026-12-01' } });
  const set = { 'licenses/1/2/images/0': 'new.png', 'licenses/1/2/validUntil': '2036-06-30' };
  const warningsOf = (patch: { set: Record<string, string> }) =>
    previewOf(id, told, renewalInput(told, patch), patch, now).warnings;
  expect(warningsOf({ set })).toEqual([expect.stringContaining(`${field}, which WeChat reads, is still 2026-12-01`)]);
  expect(warningsOf({ set: { ...set, [field]: '2036-06-30' } })).toEqual([]);
});

test('a Mini Program category is refused with the reason, and the way that is left', async () => {
  const { connect } = scriptedClient({});
  const { status, stderr } = await run(['renew', 'mini-program/wx01/8-39', '--yes'], { connect });
  expect(status).toBe(2);
  expect(stderr).toContain('53307');
  expect(stderr).toContain('mp.weixin.qq.com');
});
