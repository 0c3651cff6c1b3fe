/** What a case is started with besides its input: id, memo, search attributes, and the texts that Temporal's UI shows. */
import type { Priority, SearchAttributePair } from '@temporalio/common';
import { accessLists, type ChannelsShopInput, leafOf } from '../contract/channels-shop.ts';
import { inputDigestMemo, workflowTypes } from '../contract/messages.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { CaseInput, Paper, Platform } from '../contract/qualification.ts';
import {
  qualificationAttemptKey,
  qualificationPlatformKey,
  qualificationStatusKey,
  wxAppIdKey,
  wxCategoryIdKey,
} from '../contract/search-attributes.ts';
import { workflowIdOfMiniProgramCase, workflowIdOfShopCase } from '../contract/workflow-id.ts';
import { inputDigest } from './digest.ts';
import { withAbsoluteMiniProgramSources, withAbsoluteShopSources } from './sources.ts';

/** Temporal's limit for `staticSummary`, in bytes of UTF-8. */
const maxSummaryBytes = 200;
/** Temporal's limit for `staticDetails` is 20 KB. */
const maxDetailsBytes = 19_000;

/** Everything that a start request needs, but the task queue. */
export interface CaseStart {
  workflowType: string;
  workflowId: string;
  args: [ChannelsShopInput | MiniProgramInput];
  memo: Record<string, string>;
  typedSearchAttributes: SearchAttributePair[];
  staticSummary: string;
  staticDetails: string;
  priority: Priority;
}

/** Relative image paths are made absolute against `folder`; the digest is that of the input as it was given. */
export function shopCaseStart(given: ChannelsShopInput, folder: string, requestedBy?: string): CaseStart {
  const input = withRequester(given, requestedBy);
  const categoryId = leafOf(input.category);
  return {
    workflowType: workflowTypes.channelsShop,
    workflowId: workflowIdOfShopCase(input),
    args: [withAbsoluteShopSources(input, folder)],
    memo: { [inputDigestMemo]: inputDigest(given) },
    typedSearchAttributes: searchAttributes('channels-shop', input.appId, categoryId),
    staticSummary: withinBytes(`微信小店 ${input.appId} · 类目 ${categoryId}`, maxSummaryBytes),
    staticDetails: details(input, `Channels Shop (微信小店), category ${categoryId}`, shopMaterialRows(input)),
    priority: priorityOf(input),
  };
}

/** As `shopCaseStart`, for a Mini Program. */
export function miniProgramCaseStart(given: MiniProgramInput, folder: string, requestedBy?: string): CaseStart {
  const input = withRequester(given, requestedBy);
  const categoryId = `${input.first}-${input.second}`;
  const rows = input.certificates.map((item) => paperRow(item.key, item.images.length, item));
  return {
    workflowType: workflowTypes.miniProgram,
    workflowId: workflowIdOfMiniProgramCase(input),
    args: [withAbsoluteMiniProgramSources(input, folder)],
    memo: { [inputDigestMemo]: inputDigest(given) },
    typedSearchAttributes: searchAttributes('mini-program', input.appId, categoryId),
    staticSummary: withinBytes(`小程序 ${input.appId} · 类目 ${categoryId}`, maxSummaryBytes),
    staticDetails: details(input, `Mini Program (小程序), category ${input.first} > ${input.second}`, rows),
    priority: priorityOf(input),
  };
}

const withRequester = <Input extends CaseInput>(input: Input, requestedBy: string | undefined): Input =>
  requestedBy === undefined || input.requestedBy !== undefined ? input : { ...input, requestedBy };

/**
 * Accounts share the workers evenly, however many cases one of them has; ours counts upwards, Temporal's downwards.
 * The activities of a case inherit it. A server that knows no fairness ignores the key.
 */
const priorityOf = ({ appId, priority = 3 }: CaseInput): Priority => ({
  fairnessKey: appId,
  priorityKey: 6 - priority,
});

const searchAttributes = (platform: Platform, appId: string, categoryId: string): SearchAttributePair[] => [
  { key: qualificationStatusKey, value: 'preparing' },
  { key: qualificationPlatformKey, value: platform },
  { key: wxAppIdKey, value: appId },
  { key: wxCategoryIdKey, value: categoryId },
  { key: qualificationAttemptKey, value: 1 },
];

/** Markdown; holder names and credit codes are left out, because search and UI are for more eyes than the input. */
function details(input: CaseInput, what: string, material: string[]): string {
  const intent = typeof input.intent === 'object' ? 'adopt an open audit' : (input.intent ?? 'new');
  const lines = [
    `**${what}**`,
    '',
    `- appid: ${code(input.appId)}${input.via ? `, via ${code(input.via.componentAppId)}` : ''}`,
    `- intent: ${intent}`,
    ...(input.externalId === undefined ? [] : [`- external id: ${code(input.externalId)}`]),
    ...(input.requestedBy === undefined ? [] : [`- requested by: ${code(input.requestedBy)}`]),
    ...(input.priority === undefined ? [] : [`- priority: ${input.priority}`]),
    ...(input.deadlines?.correction === undefined ? [] : [`- time to correct: ${input.deadlines.correction}`]),
    ...(input.deadlines?.overdue === undefined ? [] : [`- overdue after: ${input.deadlines.overdue}`]),
    '',
    '| material | images | valid until |',
    '|---|---|---|',
    ...material,
  ];
  return withinBytes(lines.join('\n'), maxDetailsBytes);
}

function shopMaterialRows({ material }: ChannelsShopInput): string[] {
  const main =
    material.form === 'certificate'
      ? [paperRow('certificate', material.certificate.length)]
      : material.licenses.map((item) =>
          paperRow(`licence ${item.groupId}/${item.licenseId}`, item.images.length, item),
        );
  const lists = accessLists.flatMap((list) => {
    const images = material[list];
    return images === undefined ? [] : [paperRow(list, images.length)];
  });
  return [...main, ...lists];
}

const paperRow = (name: string, images: number, paper?: Paper): string =>
  `| ${code(name)} | ${images} | ${paper?.validUntil ?? ''} |`;

/** A caller's text as Markdown code: it must not become a link or break the table. */
const code = (text: string): string => `\`${text.replace(/[`|\r\n]/g, ' ')}\``;

/** Cut at a whole character so that the UTF-8 form has at most `limit` bytes. */
function withinBytes(text: string, limit: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= limit) return text;
  let kept = '';
  let bytes = encoder.encode('…').length;
  for (const character of text) {
    bytes += encoder.encode(character).length;
    if (bytes > limit) break;
    kept += character;
  }
  return `${kept}…`;
}
