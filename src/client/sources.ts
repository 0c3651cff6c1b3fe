/** Where images come from: which sources a case takes, and how relative paths become absolute before they travel. */
import { isAbsolute, resolve } from 'node:path';
import { accessLists, type ChannelsShopInput } from '../contract/channels-shop.ts';
import { joinPath } from '../contract/material-path.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Image, Resubmission } from '../contract/qualification.ts';
import { both } from './findings.ts';

/** More is no address but content; image bytes never enter a history. */
const maxSourceLength = 4096;

/** Why a worker would not fetch from this source, as a message for a finding; `undefined` when it would. */
export function sourceProblem(source: string): string | undefined {
  if (source.trim() === '') return both('must not be empty', '不能为空');
  if (/^data:/i.test(source))
    return both(
      'must name where the image is, not be the image: image bytes never enter a history',
      '必须是图片地址，不能是图片内容（图片内容不会写入历史记录）',
    );
  if (source.length > maxSourceLength)
    return both(`must be at most ${maxSourceLength} characters long`, `最长 ${maxSourceLength} 个字符`);
  const scheme = schemeOf(source);
  if (scheme === undefined || scheme === 'file') return undefined;
  if (scheme === 'material')
    return sha256OfMaterialSource(source) === undefined
      ? both(
          'must be material: and a sha256 in 64 lower-case hexadecimal digits',
          '必须是 material: 加 64 位小写十六进制 sha256',
        )
      : undefined;
  if (scheme === 's3')
    return /^s3:\/\/[a-z0-9][a-z0-9.-]+\/.*[^/]$/s.test(source)
      ? undefined
      : both('names no object: write s3://bucket/folder/name.png', '没有指明对象：请写成 s3://bucket/folder/name.png');
  if (scheme !== 'https' && scheme !== 'http')
    return both(
      `must be a path, or a file:, https: or s3: address, not ${scheme}:`,
      `必须是路径，或 file:、https:、s3: 地址`,
    );
  return addressProblem(source, scheme);
}

function addressProblem(source: string, scheme: 'https' | 'http'): string | undefined {
  if (!URL.canParse(source)) return both('is not a valid address', '不是有效的地址');
  const { hostname, username, password } = new URL(source);
  if (username !== '' || password !== '')
    return both(
      'must not carry a user name or password: the source is kept in the history',
      '不能包含用户名或密码：来源会写入历史记录',
    );
  if (scheme === 'http' && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname))
    return both('must use https: (http: is taken from this machine only)', '必须使用 https:（http: 仅限本机）');
  return undefined;
}

/** Two letters at least: `C:\licence.jpg` is a path. */
const schemeOf = (source: string): string | undefined => /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();

/** Plain relative paths made absolute against `folder`, because the worker may run elsewhere; everything else as it is. */
export function absoluteImage(image: Image, folder: string): Image {
  if (typeof image !== 'string') return { ...image, source: absoluteSource(image.source, folder) };
  return absoluteSource(image, folder);
}

const absoluteSource = (source: string, folder: string): string =>
  schemeOf(source) !== undefined || isAbsolute(source) ? source : resolve(folder, source);

/** A Channels Shop input whose relative paths are absolute. */
export const withAbsoluteShopSources = (input: ChannelsShopInput, folder: string): ChannelsShopInput =>
  withShopImages(input, (image) => absoluteImage(image, folder));

/** A Mini Program input whose relative paths are absolute. */
export const withAbsoluteMiniProgramSources = (input: MiniProgramInput, folder: string): MiniProgramInput =>
  withMiniProgramImages(input, (image) => absoluteImage(image, folder));

/** Another image for each image, which is told with its path of a resubmission. */
type ChangeImage = (image: Image, path: string) => Image;

/** A copy of the input with its images changed. */
export function withShopImages(input: ChannelsShopInput, change: ChangeImage): ChannelsShopInput {
  const changed = (images: Image[], ...place: string[]) =>
    images.map((image, n) => change(image, joinPath(...place, n)));
  const material = { ...input.material };
  if (material.form === 'certificate') material.certificate = changed(material.certificate, 'certificate');
  else
    material.licenses = material.licenses.map((license) => ({
      ...license,
      images: changed(license.images, 'licenses', license.groupId, license.licenseId, 'images'),
    }));
  for (const list of accessLists) {
    const images = material[list];
    if (images !== undefined) material[list] = changed(images, list);
  }
  return { ...input, material };
}

/** As `withShopImages`. */
export function withMiniProgramImages(input: MiniProgramInput, change: ChangeImage): MiniProgramInput {
  const certificates = input.certificates.map((certificate) => ({
    ...certificate,
    images: certificate.images.map((image, n) => change(image, joinPath('certificates', certificate.key, 'images', n))),
  }));
  return { ...input, certificates };
}

const imagePath = new RegExp(
  `^(certificate|${accessLists.join('|')}|licenses/[^/]+/[^/]+/images|certificates/[^/]+/images)/\\d+$`,
);

/** A resubmission whose images have absolute paths; licence fields and other texts are left alone. */
export function withAbsolutePatchSources(patch: Resubmission, folder: string): Resubmission {
  if (patch.set === undefined) return patch;
  const set = Object.entries(patch.set).map(([path, value]) => {
    if (Array.isArray(value) || !imagePath.test(path)) return [path, value] as const;
    return [path, absoluteImage(value, folder)] as const;
  });
  return { ...patch, set: Object.fromEntries(set) };
}
