/** Corrections of a Mini Program case: every form of path, and what is refused with a sentence. */
import { describe, expect, test } from 'vitest';
import { joinPath, patchMiniProgram, splitPath } from '../../src/contract/material-path.ts';
import { miniCase, patched, problems } from './inputs.ts';

describe('a Mini Program case', () => {
  const key = '《食品经营许可证》';
  const at = (...rest: (string | number)[]) => joinPath('certificates', key, ...rest);

  test('images, validity and holder of a certificate go by its percent-encoded name', () => {
    expect(at('images', 0)).toBe(`certificates/${encodeURIComponent(key)}/images/0`);
    const set = { [at('images', 2)]: 'page-3.jpg', [at('validUntil')]: '2030-12-31', [at('holder', 'name')]: '某人' };
    const next = patched(patchMiniProgram(miniCase(), { remove: [at('images', 0)], set }));
    expect(next.certificates).toEqual([
      { key, images: ['page-2.jpg', 'page-3.jpg'], validUntil: '2030-12-31', holder: { name: '某人' } },
    ]);
  });

  test('a name is compared byte for byte: with a blank at its end it is another certificate', () => {
    const set = { [joinPath('certificates', `${key} `, 'images', 0)]: 'x.jpg' };
    expect(patched(patchMiniProgram(miniCase(), { set })).certificates.map((one) => one.key)).toEqual([key, `${key} `]);
  });

  test.each(['__proto__', 'constructor', 'a/b', '100%', '?#&'])('a certificate may be named %s', (name) => {
    const path = joinPath('certificates', name, 'images', 0);
    expect(splitPath(path)).toEqual(['certificates', name, 'images', '0']);
    expect(patched(patchMiniProgram(miniCase(), { set: { [path]: 'x.jpg' } })).certificates[1]).toEqual({
      key: name,
      images: ['x.jpg'],
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('names that are numbers do not mix up the order of their images', () => {
    const names = ['01', '1', '9', '1a', '10', '90071992547409931', '90071992547409932'];
    const set = Object.fromEntries(
      [1, 0].flatMap((n) => names.map((name) => [joinPath('certificates', name, 'images', n), `${name}-${n}.jpg`])),
    );
    const made = patched(patchMiniProgram(miniCase(), { set })).certificates.slice(1);
    expect(made.map((one) => one.images).sort()).toEqual(
      names.map((name) => [`${name}-0.jpg`, `${name}-1.jpg`]).sort(),
    );
  });

  test('a whole certificate is taken away by its key, byte for byte: another key can take its place', () => {
    const blanked = ` ${key}`;
    const patch = {
      remove: [joinPath('certificates', key)],
      set: { [joinPath('certificates', blanked, 'images', 0)]: 'a.jpg' },
    };
    expect(patched(patchMiniProgram(miniCase(), patch)).certificates).toEqual([{ key: blanked, images: ['a.jpg'] }]);
    expect(problems(patchMiniProgram(miniCase(), { remove: [joinPath('certificates', blanked)] }))).toEqual([
      `${joinPath('certificates', blanked)}: there is no such certificate`,
    ]);
  });

  test('a certificate is never left without an image, and one that is not there cannot be removed from', () => {
    expect(problems(patchMiniProgram(miniCase(), { remove: [at('images', 0), at('images', 1)] }))).toEqual([
      `${joinPath('certificates', key)}: would be left without an image`,
    ]);
    expect(problems(patchMiniProgram(miniCase(), { remove: ['certificates/other/images/0'] }))).toEqual([
      'certificates/other/images/0: there is no such certificate',
    ]);
  });

  test.each(['certificates', 'certificates/x', 'licenses/1/2/images/0', 'first', '__proto__/x/y'])(
    '%s is told how a path of a certificate reads',
    (path) => {
      expect(problems(patchMiniProgram(miniCase(), { set: { [path]: 'x.jpg' } }))).toEqual([
        `${path}: must read certificates/{key}/images/{n}, …/validUntil or …/holder/…`,
      ]);
    },
  );
});
