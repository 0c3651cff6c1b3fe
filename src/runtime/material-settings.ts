/** The settings of material: from where images are read, and where pinned copies are kept. */
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
      (store) => !/^[a-z][a-z0-9+.-]+:/i.test(store) || /^file:/i.test(store),
      'must be a folder (a path or file: address)',
    )
    .optional(),
  WXQ_MATERIAL_FOLDERS: z
    .string()
    .transform((text) => listOf(delimiter)(text).map((folder) => resolve(folder)))
    .optional(),
  WXQ_MATERIAL_HOSTS: hosts.optional(),
  WXQ_MATERIAL_PRIVATE_HOSTS: hosts.optional(),
};

export type MaterialFields = z.infer<z.ZodObject<typeof materialFields>>;

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

function listOf(separator: string): (text: string) => string[] {
  return (text) =>
    text
      .split(separator)
      .map((one) => one.trim())
      .filter((one) => one !== '');
}
