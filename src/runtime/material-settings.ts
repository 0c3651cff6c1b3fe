/** The settings of material: from where images are read, where pinned copies are kept, and the object storage for both. */
import { delimiter, resolve } from 'node:path';
import { z } from 'zod';

/** From where a worker fetches images. */
export interface MaterialSources {
  /** `WXQ_MATERIAL_FOLDERS`, absolute. Default: the folder that the process was started in, unless that is the root. */
  folders: readonly string[];
  /** Whether `WXQ_MATERIAL_FOLDERS` was set. */
  areFoldersSet: boolean;
  /** `WXQ_MATERIAL_HOSTS`. */
  hosts?: readonly string[];
  /** `WXQ_MATERIAL_PRIVATE_HOSTS`. */
  privateHosts: readonly string[];
}

/** How object storage is reached. */
export interface ObjectStorageSettings {
  /** `WXQ_S3_ENDPOINT`; default: AWS in that region. */
  endpoint?: string;
  /** `WXQ_S3_REGION`, or the region of AWS_REGION. */
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** `WXQ_S3_PATH_STYLE`; default: only where the endpoint's host can't have a bucket's name in front. */
  pathStyle?: boolean;
  /** `WXQ_S3_BUCKETS`: the buckets that cases may name; default: all that the key can read. */
  buckets?: readonly string[];
}

const hostRule =
  'must be host names with commas between them, such as images.example.com,*.oss-cn-hangzhou.aliyuncs.com';
const hosts = z
  .string()
  .transform(listOf(','))
  .refine(
    (list) => list.every((host) => /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:.]+$/i.test(host)),
    hostRule,
  );

export const materialFields = {
  WXQ_MATERIAL_STORE: z
    .string()
    .refine(
      (store) => !/^[a-z][a-z0-9+.-]+:/i.test(store) || /^file:/i.test(store) || isBucketAddress(store),
      'must be a folder (a path or file: address), or s3://bucket/prefix',
    )
    .optional(),
  WXQ_MATERIAL_FOLDERS: z
    .string()
    .transform((text) => listOf(delimiter)(text).map((folder) => resolve(folder)))
    .optional(),
  WXQ_MATERIAL_HOSTS: hosts.optional(),
  WXQ_MATERIAL_PRIVATE_HOSTS: hosts.optional(),
  WXQ_S3_ENDPOINT: z
    .string()
    .refine(
      (text) => /^https?:\/\//.test(text) && URL.canParse(text) && /^https?:\/\/[^/?#@]+\/?$/.test(text),
      'must be an http: or https: address without path, such as https://oss-cn-hangzhou.aliyuncs.com',
    )
    .optional(),
  WXQ_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'must be the name of a region, such as cn-north-1')
    .optional(),
  WXQ_S3_ACCESS_KEY_ID: z.string().optional(),
  WXQ_S3_SECRET_ACCESS_KEY: z.string().optional(),
  WXQ_S3_SESSION_TOKEN: z.string().optional(),
  WXQ_S3_PATH_STYLE: z.enum(['true', 'false'], 'must be true, false, or not set').optional(),
  WXQ_S3_BUCKETS: z.string().transform(listOf(',')).optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  AWS_REGION: z.string().optional(),
};

export type MaterialFields = z.infer<z.ZodObject<typeof materialFields>>;

/** Problems that no single setting has by itself, one sentence each. */
export function materialProblems(found: MaterialFields): string[] {
  const isWanted = found.WXQ_MATERIAL_STORE?.startsWith('s3:') || found.WXQ_S3_ENDPOINT !== undefined;
  const { id, secret } = keyOf(found);
  return [
    ...(isWanted && (id === undefined || secret === undefined)
      ? [
          'WXQ_S3_ACCESS_KEY_ID and WXQ_S3_SECRET_ACCESS_KEY must be set for object storage (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)',
        ]
      : []),
    ...(isWanted && regionOf(found) === undefined
      ? ['WXQ_S3_REGION must be set for object storage (or AWS_REGION)']
      : []),
  ];
}

/** `cwd`: the folder that the process was started in. */
export function materialSources(found: MaterialFields, cwd: string): MaterialSources {
  const given = found.WXQ_MATERIAL_FOLDERS;
  // Started at the root (systemd does so) the default would be everything.
  const whenUnset = resolve(cwd) === resolve('/') ? [] : [resolve(cwd)];
  return {
    folders: given ?? whenUnset,
    areFoldersSet: given !== undefined,
    ...(found.WXQ_MATERIAL_HOSTS === undefined ? {} : { hosts: found.WXQ_MATERIAL_HOSTS }),
    privateHosts: found.WXQ_MATERIAL_PRIVATE_HOSTS ?? [],
  };
}

/** `undefined`: no key or no region is set, so `s3:` addresses are not read. */
export function objectStorageSettings(found: MaterialFields): ObjectStorageSettings | undefined {
  const { id, secret, sessionToken } = keyOf(found);
  const region = regionOf(found);
  if (id === undefined || secret === undefined || region === undefined) return undefined;
  return {
    ...(found.WXQ_S3_ENDPOINT === undefined ? {} : { endpoint: found.WXQ_S3_ENDPOINT.replace(/\/$/, '') }),
    region,
    accessKeyId: id,
    secretAccessKey: secret,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(found.WXQ_S3_PATH_STYLE === undefined ? {} : { pathStyle: found.WXQ_S3_PATH_STYLE === 'true' }),
    ...(found.WXQ_S3_BUCKETS === undefined ? {} : { buckets: found.WXQ_S3_BUCKETS }),
  };
}

/** All of ours or all of AWS's: halves of two keys fit together nowhere. */
function keyOf(found: MaterialFields) {
  return found.WXQ_S3_ACCESS_KEY_ID === undefined
    ? { id: found.AWS_ACCESS_KEY_ID, secret: found.AWS_SECRET_ACCESS_KEY, sessionToken: found.AWS_SESSION_TOKEN }
    : {
        id: found.WXQ_S3_ACCESS_KEY_ID,
        secret: found.WXQ_S3_SECRET_ACCESS_KEY,
        sessionToken: found.WXQ_S3_SESSION_TOKEN,
      };
}

const regionOf = (found: MaterialFields): string | undefined => found.WXQ_S3_REGION ?? found.AWS_REGION;

function listOf(separator: string): (text: string) => string[] {
  return (text) =>
    text
      .split(separator)
      .map((one) => one.trim())
      .filter((one) => one !== '');
}

/** `s3://bucket` or `s3://bucket/prefix`, with nothing in it that would be cut off or resolved on the way. */
const isBucketAddress = (text: string): boolean =>
  /^s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](\/[A-Za-z0-9._/-]*)?$/.test(text) && !/\/\.{1,2}(\/|$)/.test(text);
