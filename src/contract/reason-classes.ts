/** Why an auditor turned material down, in a few classes: a table of known phrases, to be added to. For metrics only, nothing is decided by it. */

/** The classes, in the order in which they are looked for: the first whose phrase stands in the reason counts. */
export const reasonClasses = {
  /** Refused before anybody looked: the category's own rules, or the bytes of last time. */
  check: ['check:'],
  unchanged: ['unchanged:'],
  unclear: [
    '不清晰',
    '不清楚',
    '看不清',
    '模糊',
    '无法辨认',
    '无法识别',
    '反光',
    '遮挡',
    '缺角',
    '水印',
    '不完整',
    'unclear',
    'blurred',
    'illegible',
  ],
  expired: ['过期', '已失效', '有效期', '到期', '逾期', 'expired', 'validity'],
  seal_missing: ['公章', '盖章', '印章', '签章', '未签字', '签名', 'seal', 'stamp', 'signature'],
  brand: ['商标', '品牌', '授权', 'trademark', 'brand'],
  subject_differs: ['主体', '不一致', '不相符', '名称不符', '信用代码', 'subject', 'does not match', 'differs'],
  wrong_document: [
    '资质不符',
    '证件类型',
    '类型错误',
    '与所选类目',
    '经营范围',
    '类目不符',
    '不符合',
    'wrong document',
  ],
  missing: ['缺少', '缺失', '未提供', '未上传', '请补充', '请提供', '请上传', 'missing', 'not provided'],
} as const satisfies Record<string, readonly string[]>;

/** `none`: no reason was given; `other`: its phrase is not in the table. */
export type ReasonClass = keyof typeof reasonClasses | 'none' | 'other';

const table = Object.entries(reasonClasses) as [keyof typeof reasonClasses, readonly string[]][];

/** The class of a reason as WeChat gave it. */
export function reasonClassOf(reason: string | undefined): ReasonClass {
  const text = reason?.trim().toLowerCase() ?? '';
  if (text === '') return 'none';
  return table.find(([, phrases]) => phrases.some((phrase) => text.includes(phrase)))?.[0] ?? 'other';
}
