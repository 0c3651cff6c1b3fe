/** Hand-written checks of everything that comes into a workflow: zod would cost every cached workflow a megabyte. */

import { msToNumber } from '@temporalio/common/lib/time.js';
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { accessLists, type ChannelsShopInput } from '../contract/channels-shop.ts';
import { longestDeadlineMs } from '../contract/deadlines.ts';
import { failureTypes } from '../contract/failures.ts';
import type { AccountChanged } from '../contract/messages.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { AuditReport } from '../contract/qualification.ts';
import { workflowIdOfMiniProgramCase, workflowIdOfShopCase } from '../contract/workflow-id.ts';

/** The sentence of rule L2. */
export const noRenewalForMiniPrograms =
  'a Mini Program has no call for renewal (53307): delete the category in the back office and start a new case, or renew it there by hand';

/** Ends the workflow, not retryable, when the input is no Channels Shop case or the workflow id is not this case's. */
export function checkChannelsShopStart(input: ChannelsShopInput): void {
  checkShopShape(input);
  checkWorkflowId(workflowIdOfShopCase(input));
}

/** As far as it goes without a workflow id. */
export function checkShopShape(input: unknown): void {
  const find = findings();
  checkCase(input, find);
  const category = isRecord(input) ? input.category : undefined;
  if (!isRecord(category)) find.add('category', 'is missing');
  else if ('leaf' in category) find.id('category.leaf', category.leaf);
  else if ('catsV2' in category) {
    if (!Array.isArray(category.catsV2) || category.catsV2.length === 0) find.add('category.catsV2', 'is empty');
    else for (const [n, id] of category.catsV2.entries()) find.id(`category.catsV2/${n}`, id);
  } else for (const level of ['level1', 'level2', 'level3'] as const) find.id(`category.${level}`, category[level]);
  const material = isRecord(input) ? input.material : undefined;
  if (!isRecord(material)) find.add('material', 'is missing');
  else if (material.form === 'licenses') {
    if (!Array.isArray(material.licenses)) find.add('material.licenses', 'is missing');
    else
      material.licenses.forEach((license: unknown, n) => {
        const at = `material.licenses/${n}`;
        if (!isRecord(license)) {
          find.add(at, 'is no licence');
          return;
        }
        find.id(`${at}/groupId`, license.groupId);
        find.id(`${at}/licenseId`, license.licenseId);
        find.images(`${at}/images`, license.images);
        const { fields } = license;
        if (fields !== undefined && !(isRecord(fields) && Object.values(fields).every((v) => typeof v === 'string')))
          find.add(`${at}/fields`, 'must be an object: key -> text');
      });
  } else if (material.form === 'certificate') find.images('material.certificate', material.certificate);
  else find.add('material.form', 'must be licenses or certificate');
  if (isRecord(material))
    for (const list of accessLists) if (material[list] !== undefined) find.images(`material.${list}`, material[list]);
  const brandIds = isRecord(input) ? input.brandIds : undefined;
  if (Array.isArray(brandIds)) for (const [n, id] of brandIds.entries()) find.id(`brandIds/${n}`, id);
  else if (brandIds !== undefined) find.add('brandIds', 'must be a list of ids');
  find.end();
}

/** Ends the workflow, not retryable, when the input is no Mini Program case or the workflow id is not this case's. */
export function checkMiniProgramStart(input: MiniProgramInput): void {
  checkMiniProgramShape(input);
  checkWorkflowId(workflowIdOfMiniProgramCase(input));
}

/** As far as it goes without a workflow id. */
export function checkMiniProgramShape(input: unknown): void {
  const find = findings();
  checkCase(input, find);
  if (isRecord(input)) {
    find.id('first', input.first);
    find.id('second', input.second);
    if (input.intent === 'renew') find.add('intent', noRenewalForMiniPrograms);
    if (!Array.isArray(input.certificates)) find.add('certificates', 'is missing');
    else
      input.certificates.forEach((certificate: unknown, n) => {
        const at = `certificates/${n}`;
        if (!isRecord(certificate) || typeof certificate.key !== 'string' || certificate.key === '')
          find.add(`${at}/key`, 'is missing');
        else find.images(`${at}/images`, certificate.images);
      });
  }
  find.end();
}

/** Whether a signal's argument is a report; anything else is counted and ignored, never thrown on. */
export function isAuditReport(value: unknown): value is AuditReport {
  if (!isRecord(value)) return false;
  if (value.auditId !== undefined && !isId(value.auditId)) return false;
  if (value.kind === 'hint') return true;
  return (
    value.kind === 'read' &&
    (value.verdict === 'approved' || value.verdict === 'rejected' || value.verdict === 'cancelled') &&
    typeof value.rawStatus === 'string' &&
    (value.reason === undefined || typeof value.reason === 'string') &&
    (value.precheck === undefined || isPrecheck(value.precheck))
  );
}

const isPrecheck = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.allPass === 'boolean' &&
  Array.isArray(value.failReasons) &&
  value.failReasons.every((reason) => typeof reason === 'string');

/** Whether a signal's argument says how an account's authorization stands. */
export function isAccountChanged(value: unknown): value is AccountChanged {
  if (!isRecord(value) || typeof value.authorized !== 'boolean') return false;
  return value.componentAppId === undefined || typeof value.componentAppId === 'string';
}

/** Why an Update's argument has the wrong shape, or `undefined`. A missing argument is an empty one. */
export function shapeProblem(
  update: 'resubmit' | 'withdraw' | 'retry' | 'adopt' | 'readAuditNow',
  value: unknown,
): string | undefined {
  if (value === undefined || value === null)
    return update === 'resubmit' ? 'takes {set?, remove?, note?, by?, force?}' : undefined;
  if (!isRecord(value)) return 'takes one object';
  const text = (key: string) =>
    value[key] === undefined || typeof value[key] === 'string' ? undefined : `${key} must be a text`;
  const flag = (key: string) =>
    value[key] === undefined || typeof value[key] === 'boolean' ? undefined : `${key} must be true or false`;
  const common = text('by') ?? text('note') ?? text('seenSince') ?? flag('force');
  if (common !== undefined || (update !== 'resubmit' && update !== 'adopt')) return common;
  if (update === 'adopt')
    return value.auditId === undefined || isId(value.auditId) ? undefined : 'auditId must be a decimal string';
  const { set, remove } = value;
  if (set !== undefined && !isRecord(set)) return 'set must be an object: path -> image or text';
  if (remove !== undefined && !(Array.isArray(remove) && remove.every((path) => typeof path === 'string')))
    return 'remove must be a list of paths';
  return undefined;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is string => typeof value === 'string' && /^[1-9]\d{0,19}$/.test(value);

function findings() {
  const sentences: string[] = [];
  const add = (path: string, message: string): void => {
    sentences.push(`${path} ${message}`);
  };
  return {
    add,
    id(path: string, value: unknown) {
      if (!isId(value)) add(path, 'must be an id: a decimal string');
    },
    images(path: string, value: unknown) {
      if (!Array.isArray(value)) return add(path, 'must be a list of images');
      value.forEach((image: unknown, n) => {
        const source = isRecord(image) ? image.source : image;
        if (typeof source !== 'string' || source === '') add(`${path}/${n}`, 'must be an image: a path or an address');
        const sha256 = isRecord(image) ? image.sha256 : undefined;
        if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)))
          add(`${path}/${n}`, 'must have a sha256 of 64 lower-case hex digits');
      });
    },
    end() {
      if (sentences.length === 0) return;
      throw ApplicationFailure.nonRetryable(`This is not a case: ${sentences.join('; ')}.`, failureTypes.badInput);
    },
  };
}

function checkCase(input: unknown, find: ReturnType<typeof findings>): void {
  if (!isRecord(input)) return find.add('input', 'is missing');
  if (typeof input.appId !== 'string' || input.appId === '' || input.appId.includes('/'))
    find.add('appId', 'is missing');
  const { via, intent, deadlines, priority } = input;
  if (via !== undefined && !(isRecord(via) && typeof via.componentAppId === 'string'))
    find.add('via', 'must be {componentAppId}');
  const known =
    intent === undefined || intent === 'new' || intent === 'renew' || (isRecord(intent) && isRecord(intent.adopt));
  if (!known) find.add('intent', 'must be new, renew, or {adopt: {auditId?}}');
  if (isRecord(intent) && isRecord(intent.adopt) && intent.adopt.auditId !== undefined)
    find.id('intent.adopt.auditId', intent.adopt.auditId);
  if (input.skipCheck !== undefined && typeof input.skipCheck !== 'boolean')
    find.add('skipCheck', 'must be true or false');
  if (priority !== undefined && ![1, 2, 3, 4, 5].includes(priority as number)) find.add('priority', 'must be 5 to 1');
  if (deadlines === undefined) return;
  if (!isRecord(deadlines)) return find.add('deadlines', 'must be {correction?, overdue?, reminder?}');
  for (const key of ['correction', 'overdue', 'reminder'] as const)
    if (deadlines[key] !== undefined && durationMs(deadlines[key]) === undefined)
      find.add(`deadlines.${key}`, 'must be a duration such as "30 days"');
}

function checkWorkflowId(expected: string): void {
  const { workflowId } = workflowInfo();
  if (workflowId !== expected)
    throw ApplicationFailure.nonRetryable(
      `This case belongs to the workflow id ${expected}, not ${workflowId}: a callback would never find it.`,
      failureTypes.badInput,
    );
}

/** `30 days` -> milliseconds; `undefined` when it is no duration above zero, or longer than any timer may be. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const ms = msToNumber(value as Parameters<typeof msToNumber>[0]);
    return ms > 0 && ms <= longestDeadlineMs ? ms : undefined;
  } catch {
    return undefined;
  }
}
