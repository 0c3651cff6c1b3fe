/** Which open cases of one principal use an image: by its content, wherever it lies. Sends nothing. */

import {
  CaseNotFoundError,
  type CaseRow,
  type CaseView,
  type ChannelsShopInput,
  type Image,
  joinPath,
  type MiniProgramInput,
  type Platform,
  type QualificationClient,
  type Status,
} from '../client/index.ts';
import { withMiniProgramImages, withShopImages } from '../client/sources.ts';
import { papersOf, splitPath } from '../contract/material-path.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import { eachBounded } from '../importing/bounded.ts';
import { validityKey } from '../rules/paper-ends.ts';

/**
 * How the image was recognised at a place:
 * - `sent`: the case has read these bytes
 * - `named`: the case's input names their sha256, and the image was not read yet
 * - `address`: it was not read yet, and its address is the old image's own
 * - `fetched`: it was not read yet, and these bytes are at its address now
 */
export type MatchedBy = 'sent' | 'named' | 'address' | 'fetched';

/** The input of a case, with every correction in it. */
export type CaseMaterial = ChannelsShopInput | MiniProgramInput;

/** An open case that uses the image. */
export interface ImageUse {
  workflowId: string;
  platform: Platform;
  appId: string;
  categoryId: string;
  status: Status;
  /** `since` of the view: what is sent is refused when the case has moved on. */
  since: string;
  attempt: number;
  /** Why WeChat rejected it last. */
  reason?: string;
  /** Every place at which the image stands. */
  paths: string[];
  /** For each of them how that is known. */
  matchedBy: Record<string, MatchedBy>;
  /** What WeChat was told of the validity of licences that the image belongs to, in its own field; by their paths. */
  validity: Record<string, string>;
  /** Corrected material is taken now. */
  isOpenForMaterial: boolean;
}

export interface UsesAround {
  client: Pick<QualificationClient, 'list' | 'get'>;
  /** The accounts of the principal; a case of any other account is never looked at. */
  appIds: ReadonlySet<string>;
  /** Of the image as it was given, in lower-case hex. */
  sha256: string;
  /** Its own address, as a case would name it. */
  source?: string;
  /** The input of a case; `undefined`: it is gone. */
  inputOf(workflowId: string): Promise<CaseMaterial | undefined>;
  /** Of what is at an address now; `undefined`: it cannot be read from here. */
  sha256At(source: string): Promise<string | undefined>;
  atOnce?: number;
  onCase?(done: number, of: number): void;
  signal?: AbortSignal;
}

/** What was found, and what could not be looked at. */
export interface FoundUses {
  /** Oldest rejection first. */
  uses: ImageUse[];
  /** Open cases with images that they have not read yet, and that cannot be read from here either: they may use it as well. */
  unsure: string[];
}

const openStatuses = ['needs_material', 'blocked', 'in_review', 'preparing', 'submitting'] as const;

/** Rejects with what the client throws: no worker, Temporal away. */
export async function findUses(around: UsesAround): Promise<FoundUses> {
  const { client, appIds, atOnce = 8, onCase, signal } = around;
  const rows = new Map<string, CaseRow>();
  for (const status of openStatuses)
    for await (const row of client.list({ status }))
      if (row.execution === 'running' && appIds.has(row.appId)) rows.set(row.workflowId, row);
  const found: FoundUses = { uses: [], unsure: [] };
  const lookAt = recognising(around);
  let done = 0;
  await eachBounded(
    [...rows.keys()],
    atOnce,
    async (workflowId) => {
      const view = await viewOf(client, workflowId);
      // By the case itself: the list is a moment behind.
      if (view !== undefined && appIds.has(view.appId) && !closedStatuses.includes(view.status)) {
        const { use, isUnsure } = await lookAt(view);
        if (use !== undefined) found.uses.push(use);
        if (isUnsure) found.unsure.push(workflowId);
      }
      done += 1;
      onCase?.(done, rows.size);
    },
    signal,
  );
  signal?.throwIfAborted();
  found.uses.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.workflowId < b.workflowId ? -1 : 1));
  found.unsure.sort();
  return found;
}

/** `undefined`: it was removed since it was listed. */
async function viewOf(client: UsesAround['client'], workflowId: string): Promise<CaseView | undefined> {
  try {
    return await client.get(workflowId).view();
  } catch (error) {
    if (error instanceof CaseNotFoundError) return undefined;
    throw error;
  }
}

const closedStatuses: readonly Status[] = ['approved', 'withdrawn', 'expired'];

/** Looks at one case; an address that many cases name is read once. */
function recognising({ sha256, source, inputOf, sha256At }: UsesAround) {
  const read = new Map<string, Promise<string | undefined>>();
  const hashAt = (address: string): Promise<string | undefined> => {
    const reading = read.get(address) ?? sha256At(address);
    read.set(address, reading);
    return reading;
  };

  /** `undefined`: it is another image; `unsure`: nobody can say. */
  async function recognised(image: Image): Promise<MatchedBy | 'unsure' | undefined> {
    const named = typeof image === 'string' ? { source: image } : image;
    const pinned = named.sha256 ?? sha256OfMaterialSource(named.source);
    if (pinned !== undefined) return pinned === sha256 ? 'named' : undefined;
    if (named.source === source) return 'address';
    const found = await hashAt(named.source);
    if (found === undefined) return 'unsure';
    return found === sha256 ? 'fetched' : undefined;
  }

  return async (view: CaseView): Promise<{ use?: ImageUse; isUnsure: boolean }> => {
    const matchedBy: Record<string, MatchedBy> = {};
    for (const one of view.material) if (one.sha256 === sha256) matchedBy[one.path] = 'sent';
    const unread = view.material.filter((one) => one.sha256 === undefined).map(({ path }) => path);
    const isOfLicence = Object.keys(matchedBy).some((path) => path.startsWith('licenses/'));
    const input = unread.length > 0 || isOfLicence ? await inputOf(view.workflowId) : undefined;
    let isUnsure = unread.length > 0 && input === undefined;
    const images = input === undefined ? new Map<string, Image>() : imagesOf(input);
    for (const path of unread) {
      const image = images.get(path);
      const how = image === undefined ? undefined : await recognised(image);
      if (how === 'unsure') isUnsure = true;
      else if (how !== undefined) matchedBy[path] = how;
    }
    if (Object.keys(matchedBy).length === 0) return { isUnsure };
    return { use: useOf(view, matchedBy, input), isUnsure };
  };
}

/** Every image of an input by its path. */
function imagesOf(input: CaseMaterial): Map<string, Image> {
  const images = new Map<string, Image>();
  const note = (image: Image, path: string): Image => {
    images.set(path, image);
    return image;
  };
  if ('first' in input) withMiniProgramImages(input, note);
  else withShopImages(input, note);
  return images;
}

function useOf(view: CaseView, matchedBy: Record<string, MatchedBy>, input: CaseMaterial | undefined): ImageUse {
  const { workflowId, platform, appId, categoryId, status, since, attempts, canDo } = view;
  const last = attempts.at(-1);
  // In the order of the case, whichever way each was recognised.
  const paths = view.material.map(({ path }) => path).filter((path) => matchedBy[path] !== undefined);
  return {
    workflowId,
    platform,
    appId,
    categoryId,
    status,
    since,
    attempt: last?.number ?? 1,
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    paths,
    matchedBy,
    validity: input === undefined ? {} : validityOf(input, paths),
    isOpenForMaterial: canDo.includes('resubmit'),
  };
}

function validityOf(input: CaseMaterial, paths: readonly string[]): Record<string, string> {
  const told = papersOf(input).flatMap(({ path, paper }) => {
    const value = 'fields' in paper ? paper.fields?.[validityKey] : undefined;
    return value === undefined || !paths.some((one) => paperOf(one) === path) ? [] : [[path, value] as const];
  });
  return Object.fromEntries(told);
}

/** `licenses/1/2/images/0` -> `licenses/1/2`; `undefined` for images that carry no date. */
export function paperOf(path: string): string | undefined {
  const segments = splitPath(path);
  const at = segments.indexOf('images', segments[0] === 'licenses' ? 3 : 2);
  return at > 0 ? joinPath(...segments.slice(0, at)) : undefined;
}
