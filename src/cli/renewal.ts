/** What a renewal is made from: the last approved case of a category, with new files and texts in it; and how that reads before it is sent. */
import type { CaseStory } from '../client/case-story.ts';
import { type ChannelsShopInput, InvalidCaseError, type Resubmission } from '../client/index.ts';
import { accessLists } from '../contract/channels-shop.ts';
import { joinPath, patchChannelsShop } from '../contract/material-path.ts';
import type { Image } from '../contract/qualification.ts';
import { daysLeft } from '../rules/in-force.ts';
import { paperEndsGiven, validityKey } from '../rules/paper-ends.ts';

/** The last approved case, wherever it was found. */
export interface KnownCase {
  /** `temporal`: its history; `database`: what the watch kept of it. */
  source: 'temporal' | 'database';
  closedAt: string;
  input: CaseStory['input'];
}

export interface RenewalPreview {
  workflowId: string;
  source: KnownCase['source'];
  approvedAt: string;
  material: { path: string; source: string; sha256?: string; isNew: boolean }[];
  papers: { path: string; validUntil: string; daysLeft: number }[];
  warnings: string[];
}

/** A paper that ends sooner than this is hardly what a renewal is for. */
const hardlyRenewedDays = 90;

/** The input of the renewal. Who asked for the last case, and whether it was only followed, is not carried on. @throws InvalidCaseError */
export function renewalInput({ input }: KnownCase, patch: Pick<Resubmission, 'set' | 'remove'>): ChannelsShopInput {
  const { requestedBy: _requestedBy, ...last } = input as ChannelsShopInput;
  const patched = patchChannelsShop({ ...last, intent: 'renew' }, patch);
  if ('problems' in patched)
    throw new InvalidCaseError(patched.problems.map(({ path, message }) => ({ path, message: `${path} ${message}` })));
  return patched.input;
}

/** What would be sent, and what looks forgotten. */
export function previewOf(
  workflowId: string,
  known: KnownCase,
  input: ChannelsShopInput,
  patch: Pick<Resubmission, 'set'>,
  nowMs: number,
): RenewalPreview {
  const changed = new Set(Object.keys(patch.set ?? {}));
  const material = imagesOf(input).map(({ path, image }) => ({
    path,
    ...(typeof image === 'string' ? { source: image } : image),
    isNew: changed.has(path),
  }));
  const papers = paperEndsGiven(input).map((paper) => ({
    ...paper,
    daysLeft: daysLeft(paper.validUntil, nowMs) ?? 0,
  }));
  return {
    workflowId,
    source: known.source,
    approvedAt: known.closedAt,
    material,
    papers,
    warnings: [
      ...(material.some(({ isNew }) => isNew) ? [] : ['no image is new: the papers are those of the last case']),
      ...papers
        .filter(({ daysLeft: left }) => left <= hardlyRenewedDays)
        .map(
          ({ path, validUntil }) =>
            `${path} is valid until ${validUntil}: give the new paper's --set ${path}/validUntil=YYYY-MM-DD and its image`,
        ),
      ...oldFields(input, changed),
    ],
  };
}

/** `validUntil` is ours alone: WeChat reads the end in a field of the licence, where that has one. */
function oldFields({ material }: ChannelsShopInput, changed: ReadonlySet<string>): string[] {
  if (material.form === 'certificate') return [];
  return material.licenses.flatMap(({ groupId, licenseId, validUntil, fields }) => {
    const paper = joinPath('licenses', groupId, licenseId);
    const field = `${paper}/fields/${validityKey}`;
    const told = fields?.[validityKey];
    const isForgotten = changed.has(`${paper}/validUntil`) && !changed.has(field);
    return told === undefined || !isForgotten || told.includes(validUntil ?? '')
      ? []
      : [`${field}, which WeChat reads, is still ${told}: give its new value too (--set ${field}=…)`];
  });
}

/** For a terminal. */
export function previewText({ workflowId, source, approvedAt, material, papers, warnings }: RenewalPreview): string {
  const known = source === 'temporal' ? 'its history' : 'the database';
  return [
    `${workflowId}  would be renewed with the material of the case approved at ${approvedAt} (${known})`,
    ...material.map(
      ({ path, source: from, sha256, isNew }) =>
        `  ${isNew ? 'new     ' : 'as before'}  ${path}  ${from}${sha256 === undefined ? '' : `  ${sha256.slice(0, 12)}`}`,
    ),
    ...papers.map(({ path, validUntil, daysLeft: left }) => `  ${path} is valid until ${validUntil} (${left} days)`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ].join('\n');
}

function imagesOf({ material }: ChannelsShopInput): { path: string; image: Image }[] {
  const listed = (images: Image[] = [], ...place: string[]) =>
    images.map((image, n) => ({ path: joinPath(...place, n), image }));
  const form =
    material.form === 'certificate'
      ? listed(material.certificate, 'certificate')
      : material.licenses.flatMap(({ groupId, licenseId, images }) =>
          listed(images, 'licenses', groupId, licenseId, 'images'),
        );
  return [...form, ...accessLists.flatMap((name) => listed(material[name], name))];
}
