/** The three uploads: qualification images of a shop, its other images, and a Mini Program's temporary media. */
import { createHash } from 'node:crypto';
import { multipartFile } from './multipart.ts';
import type { AccountCall, Answer, Operation } from './operation.ts';
import { bothPrefixes } from './operation.ts';
import { Refusal } from './refusal.ts';
import type { UploadRecord } from './state.ts';
import { opaqueId, seconds, type World } from './world.ts';

const megabyte = 1024 * 1024;
/** "deleted after 3 days" (temporary media). */
const mediaLifeMs = 3 * 86_400_000;

type ImageFormat = 'png' | 'jpg' | 'gif' | 'bmp' | 'webp';

interface UploadedFile {
  bytes: Buffer;
  filename: string;
}

export const uploadOperations: Operation[] = [
  {
    paths: bothPrefixes('/basics/qualification/upload'),
    methods: ['POST'],
    caller: 'channels-shop',
    permissionSets: [85, 129, 131, 192],
    isErrcodeText: true,
    async run(call): Promise<Answer> {
      const file = await uploadedFile(call);
      shopImageChecked(file, 2 * megabyte);
      return { data: { file_id: kept(call, 'qualification', file).id } };
    },
  },
  {
    paths: bothPrefixes('/basics/img/upload'),
    methods: ['POST'],
    caller: 'channels-shop',
    permissionSets: [85, 129, 131],
    async run(call): Promise<Answer> {
      // Not for certificates: an id from here is refused by category/add with 10020094.
      const isLink = call.query.get('resp_type') === '1';
      if (call.query.get('upload_type') === '1') throw new Refusal(10020055, 'the sandbox takes binary images only');
      const file = await uploadedFile(call);
      shopImageChecked(file, (isLink ? 10 : 2) * megabyte);
      const { id } = kept(call, 'img', file);
      return {
        pic_file: isLink
          ? { img_url: `https://mmecimage.cn/p/sandbox/${id}` }
          : { media_id: id, pay_media_id: `pay_${id}` },
      };
    },
  },
  {
    paths: ['/cgi-bin/media/upload'],
    methods: ['POST'],
    caller: 'either',
    permissionSets: [1, 3, 8, 9, 11, 19, 30, 31, 100],
    isBare: true,
    async run(call): Promise<Answer> {
      if (call.query.get('type') !== 'image') throw new Refusal(40004, 'invalid media type');
      const file = await uploadedFile(call);
      if (file.bytes.length === 0) throw new Refusal(44001, 'empty media data');
      // The page contradicts itself (2 MB and 10 MB): the stricter one counts, with a code of its own.
      if (file.bytes.length > 10 * megabyte) throw new Refusal(45001, 'media size out of limit');
      if (file.bytes.length > 2 * megabyte) throw new Refusal(40009, 'invalid image size');
      const format = imageFormat(file.bytes);
      if (!/\.(png|jpe?g|gif)$/i.test(file.filename) || format === undefined || format === 'bmp' || format === 'webp') {
        throw new Refusal(40005, 'invalid file type');
      }
      const { id } = kept(call, 'media', file);
      return { type: 'image', media_id: id, created_at: seconds(call.world), item: [] };
    },
  },
];

/** Whether a media id may still be used by this account; otherwise 40007. */
export function isMediaUsable(world: World, appId: string, mediaId: string): boolean {
  const upload = findUpload(world, mediaId);
  return upload?.kind === 'media' && upload.appId === appId && world.now() - upload.uploadedAt < mediaLifeMs;
}

export function findUpload(world: World, id: string): UploadRecord | undefined {
  return Object.hasOwn(world.state.uploads, id) ? world.state.uploads[id] : undefined;
}

/** The part `media`, with a file name, in a body of known length; anything else is 41005. */
async function uploadedFile(call: AccountCall): Promise<UploadedFile> {
  const missing = new Refusal(41005, 'media data missing');
  const contentType = call.headers['content-type'] ?? '';
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) throw missing;
  if (call.headers['content-length'] === undefined) throw missing;
  const part = await multipartFile(Buffer.from(call.body), contentType, 'media');
  if (part === undefined) throw missing;
  // A file name outside ASCII breaks WeChat's parser.
  if (/[^\x20-\x7e]/.test(part.filename)) throw missing;
  return part;
}

function shopImageChecked({ bytes }: UploadedFile, maxBytes: number): void {
  if (bytes.length === 0) throw new Refusal(10020059, 'the image is empty');
  if (bytes.length > maxBytes) throw new Refusal(10020060, 'the image is too large');
  if (imageFormat(bytes) === undefined) throw new Refusal(10020056, 'the image format is not supported');
}

function kept(call: AccountCall, kind: UploadRecord['kind'], { bytes, filename }: UploadedFile): UploadRecord {
  const record: UploadRecord = {
    id: opaqueId(kind === 'media' ? 'mE' : 'file_', 30),
    appId: call.account.appId,
    kind,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    filename,
    uploadedAt: call.world.now(),
  };
  call.world.state.uploads[record.id] = record;
  call.world.changed();
  return record;
}

function imageFormat(bytes: Buffer): ImageFormat | undefined {
  const hex = bytes.subarray(0, 12).toString('hex');
  if (hex.startsWith('89504e470d0a1a0a')) return 'png';
  if (hex.startsWith('ffd8ff')) return 'jpg';
  if (hex.startsWith('474946383761') || hex.startsWith('474946383961')) return 'gif';
  if (hex.startsWith('424d')) return 'bmp';
  if (hex.startsWith('52494646') && hex.endsWith('57454250')) return 'webp';
  return undefined;
}
