/** Why a file cannot be used as an image, in both languages; `src/images/inspect.ts` says it in English. */
import type { ImageRefused } from '../images/inspect.ts';
import type { InBoth } from './words.ts';

const kinds: Record<string, string> = {
  'a WebP image': 'WebP 图片',
  'an AVIF image': 'AVIF 图片',
  'a HEIC image (the usual format of iPhone photos)': 'HEIC 图片（iPhone 照片的默认格式）',
  'a video': '视频',
  'a BMP image': 'BMP 图片',
  'a TIFF image': 'TIFF 图片',
  'a PDF document': 'PDF 文档',
  'a JPEG 2000 image': 'JPEG 2000 图片',
  'a JPEG XL image': 'JPEG XL 图片',
  'a Photoshop document': 'Photoshop 文件',
  'a ZIP archive or an Office document': 'ZIP 压缩包或 Office 文档',
  'a gzip file': 'gzip 压缩文件',
  'an old Office document': '旧版 Office 文档',
  'an SVG drawing': 'SVG 图形',
  'a web page, perhaps a login or an error page': '网页（可能是登录页或错误页）',
  'an XML document': 'XML 文档',
  'a JSON document, perhaps an error answer of a server': 'JSON 文档（可能是服务器返回的错误）',
};

/** The sentence stands behind the file's name. */
export function refusedImage(fileName: string, { reason, message }: Pick<ImageRefused, 'reason' | 'message'>): InBoth {
  return { zh: `${fileName}：${inChinese(reason)}`, en: `${fileName}: ${message}` };
}

function inChinese(reason: string): string {
  if (reason === 'this file is empty') return '文件是空的。请上传 JPEG 或 PNG 图片。';
  const pixels = /more than (\d+) megapixels/.exec(reason)?.[1];
  if (pixels !== undefined) return `图片超过 ${pixels} 百万像素。请上传较小的扫描件，长边 2000 像素即可。`;
  if (reason.includes('damaged')) return '图片不完整或已损坏，无法读取。请重新导出或复制完整的文件后再上传。';
  const kind = kinds[reason.replace(/^this is /, '')];
  return `${kind === undefined ? '这不是图片文件' : `这是${kind}，微信不接受`}。请上传 JPEG 或 PNG 图片。`;
}
