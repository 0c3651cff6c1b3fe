/** Checks the input of a case before anything starts: one sentence per finding, each naming the member it is about. */
import { msToNumber, type StringValue } from '@temporalio/common';
import { z } from 'zod';
import { accessLists, businessPlatforms, type ChannelsShopInput, maxImagesPerList } from '../contract/channels-shop.ts';
import { longestDeadlineMs } from '../contract/deadlines.ts';
import { validityEnd } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Platform } from '../contract/qualification.ts';
import { both, type Finding, findingsOf } from './findings.ts';
import { sourceProblem } from './sources.ts';

/** The largest id that WeChat can name (uint64). */
const maxId = (1n << 64n) - 1n;

const idText = both(
  'must be an id written as a string, such as "6033": ids are uint64 at WeChat, and a JavaScript number loses digits',
  '必须是字符串形式的 id，例如 "6033"：微信的 id 是 uint64，JavaScript 数字会丢失精度',
);
const id = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : idText) })
  .regex(/^[1-9]\d{0,19}$/, {
    error: both('must be a decimal id without leading zeros, such as "6033"', '必须是不带前导零的十进制 id'),
    abort: true,
  })
  .refine((text) => text.length <= 20 && BigInt(text) <= maxId, {
    error: both('is larger than any id that WeChat can give (uint64)', '超出 uint64 的范围'),
  });

const appId = z.string().regex(/^wx[0-9A-Za-z]{6,30}$/, {
  error: both('must be an appid: "wx" and its letters and digits', '必须是以 wx 开头的 appid'),
});
const text = z.string().min(1);

/** Where an image is. */
export const source = z.string().superRefine((value, context) => {
  const problem = sourceProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, {
  error: both('must be a sha256 in 64 lower-case hexadecimal digits', '必须是 64 位小写十六进制 sha256'),
});
const image = z.union([source, z.strictObject({ source, sha256: sha256.exactOptional() })]);
const images = z.array(image).min(1).max(maxImagesPerList);

/** How long a paper is valid. */
export const validUntil = z.string().refine((value) => validityEnd(value) !== undefined, {
  error: both('must be a date as YYYY-MM-DD that exists, or "permanent"', '必须是真实日期 YYYY-MM-DD 或 "permanent"'),
});

const paper = {
  holder: z.strictObject({ name: text, creditCode: text.exactOptional() }).exactOptional(),
  validUntil: validUntil.exactOptional(),
};

/** Temporal's own grammar for durations, but a unit is wanted: it would read "30" as 30 milliseconds. */
export const duration = z
  .string()
  .refine((value) => durationMs(value) > 0, {
    error: both(
      'must be a duration with its unit, such as "30 days" or "12h"',
      '必须是带单位的时长，例如 "30 days" 或 "12h"',
    ),
    abort: true,
  })
  .refine((value) => durationMs(value) <= longestDeadlineMs, {
    error: both('must be at most 10 years', '最长 10 年'),
  });

function durationMs(value: string): number {
  if (!/[a-z]\s*$/i.test(value)) return Number.NaN;
  try {
    return msToNumber(value as StringValue);
  } catch {
    return Number.NaN;
  }
}

/** How long a case waits for what. */
export const deadlines = z
  .strictObject({
    correction: duration.exactOptional(),
    overdue: duration.exactOptional(),
    reminder: duration.exactOptional(),
  })
  .refine(
    ({ correction, reminder }) =>
      reminder === undefined || (correction !== undefined && durationMs(reminder) < durationMs(correction)),
    {
      path: ['reminder'],
      error: both(
        'is a time before the end of deadlines.correction: give that too, and a longer one',
        '是 deadlines.correction 到期前的提前量:必须同时给出更长的 correction',
      ),
    },
  );

const adopt = z.strictObject({ adopt: z.strictObject({ auditId: id.exactOptional() }) });
const intent = z.union([z.enum(['new', 'renew']), adopt]);
const noRenewal = both(
  'cannot be "renew": a Mini Program has no call for renewal (WeChat refuses a category that is in force with 53307)',
  '不能是 "renew"：小程序没有续期接口（类目已生效时微信返回 53307）',
);
const anyCase = {
  appId,
  via: z.strictObject({ componentAppId: appId }).exactOptional(),
  externalId: text.exactOptional(),
  requestedBy: text.exactOptional(),
  intent: intent.exactOptional(),
  deadlines: deadlines.exactOptional(),
  skipCheck: z.boolean().exactOptional(),
  priority: z
    .literal([1, 2, 3, 4, 5], {
      error: both('must be 5 (most urgent) to 1, as a number', '必须是数字 5（最急）到 1'),
    })
    .exactOptional(),
};

const license = z.strictObject({
  groupId: id,
  licenseId: id,
  images,
  fields: z.record(z.string(), z.string()).exactOptional(),
  ...paper,
});
const accessMaterial = {
  baobeihan: images.exactOptional(),
  jingyingzhengming: images.exactOptional(),
  daihuokoubei: images.exactOptional(),
  ruzhuzhizhi: images.exactOptional(),
  jingyingliushui: images.exactOptional(),
  buchongcailiao: images.exactOptional(),
  jingyingpingtai: z.enum(businessPlatforms).exactOptional(),
  zhanghaomingcheng: text.exactOptional(),
};

/** The input of a Channels Shop case. */
export const channelsShopSchema = z
  .strictObject({
    ...anyCase,
    category: z.union([
      z.strictObject({ leaf: id }),
      z.strictObject({ catsV2: z.array(id).min(1) }),
      z.strictObject({ level1: id, level2: id, level3: id }),
    ]),
    brandIds: z.array(id).min(1).exactOptional(),
    material: z.discriminatedUnion('form', [
      z.strictObject({
        form: z.literal('licenses'),
        licenses: z.array(license).superRefine((list, context) => {
          const twice = both(
            'names a licence group that another licence answers already: WeChat takes exactly one licence per group',
            '重复的证照组：微信每个证照组只接受一个证照',
          );
          for (const index of repeatedAt(list, (item) => item.groupId))
            context.addIssue({ code: 'custom', path: [index, 'groupId'], message: twice });
        }),
        ...accessMaterial,
      }),
      z.strictObject({ form: z.literal('certificate'), certificate: images, ...accessMaterial }),
    ]),
  })
  .superRefine((input, context) => {
    if (hasImages(input) || typeof input.intent === 'object') return;
    const message = both('holds no image: there is nothing to submit', '没有任何图片，无法提交');
    context.addIssue({ code: 'custom', path: ['material'], message });
  });

/** The input of a Mini Program case. */
export const miniProgramSchema = z.strictObject({
  ...anyCase,
  // `renew` is part of the contract's type and refused here, with the reason.
  intent: intent.refine((wanted): boolean => wanted !== 'renew', { error: noRenewal }).exactOptional(),
  first: id,
  second: id,
  certificates: z.array(z.strictObject({ key: text, images, ...paper })).superRefine((list, context) => {
    const twice = both('is the key of another certificate already', '与另一项资质的 key 重复');
    for (const index of repeatedAt(list, (item) => item.key))
      context.addIssue({ code: 'custom', path: [index, 'key'], message: twice });
  }),
});

function hasImages({ material }: ChannelsShopInput): boolean {
  if (material.form === 'certificate' || material.licenses.length > 0) return true;
  return accessLists.some((list) => material[list] !== undefined);
}

function repeatedAt<Item>(items: Item[], keyOf: (item: Item) => string): number[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}

/**
 * Everything that is wrong with an input; empty when a case can start with it. Nothing is fetched and nobody is asked.
 * Members whose value is `undefined` count as absent, as they do in JSON.
 */
export function checkInput(platform: Platform, input: unknown): Finding[] {
  const schema = platform === 'channels-shop' ? channelsShopSchema : miniProgramSchema;
  const parsed = schema.safeParse(withoutUndefined(input), { reportInput: true });
  return parsed.success ? [] : findingsOf(parsed.error.issues);
}

/** A copy without members that are `undefined`: what JSON would carry. */
export function withoutUndefined<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutUndefined(item)) as Value;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member as unknown)])) as Value;
}

/** The schemas and the contract say the same; if they drift apart, this file does not compile. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const schemasMatchTheContract: [
  Same<z.infer<typeof channelsShopSchema>, ChannelsShopInput>,
  Same<z.infer<typeof miniProgramSchema>, MiniProgramInput>,
] = [true, true];
void schemasMatchTheContract;
