/** What this program does about each kind of error, in words: for `wxq explain` and for docs/wechat-errors.md. */
import { errorFromAnswer } from '../wechat/errors.ts';
import { type Bilingual, type ErrcodeRow, errcodeTable, type WeChatErrorKind } from '../wechat/index.ts';

/** The course that a case takes; the tests of the activities and of the workflows hold what is said here. */
export interface ErrorCourse {
  /** The kind's name for a reader. */
  name: Bilingual;
  /** At a read (preflight, verdict) or at the upload of an image: repeating the call is harmless. */
  reading: Bilingual;
  /** At the submission, the one write. */
  submitting: Bilingual;
}

const patiently = {
  zh: '程序自动再试,最多半小时;仍不行则 blocked(等待结果时仍为 in_review)。',
  en: 'It is tried again for up to half an hour, then the case is blocked (while waiting for a verdict it stays in_review).',
};
const blocked = {
  zh: 'blocked:程序每 5 分钟到 1 小时再试一次;也可点「重试」(retry)。',
  en: 'blocked: it is tried again every 5 minutes to 1 hour by itself, or at once by retry.',
};
const needsMaterial = {
  zh: 'needs_material:等待更正后「重新提交」(resubmit)。',
  en: 'needs_material: the case waits for a corrected resubmission.',
};

/** By kind, in the order in which the page shows them. */
export const errorCourses: Record<WeChatErrorKind, ErrorCourse> = {
  'retry-now': {
    name: { zh: '立即再试', en: 'retry now' },
    reading: patiently,
    submitting: {
      zh: '结果未知:先读取微信的状态(至少相隔 60 秒读两次),确认没有才再次提交。',
      en: 'The outcome is unknown: WeChat is read (twice, at least 60 s apart), and only when nothing is there it is sent again.',
    },
  },
  'retry-slowly': {
    name: { zh: '放慢再试', en: 'retry slowly' },
    reading: {
      zh: '分钟限制(45011)等 1 分钟,每日限制(45009)等 1 小时;超过半小时的等待显示为 blocked(等待结果时仍为 in_review)。',
      en: 'A limit per minute (45011) is waited out for a minute, one per day (45009) for an hour; waiting longer than half an hour shows as blocked (while waiting for a verdict it stays in_review).',
    },
    submitting: blocked,
  },
  'refresh-token': {
    name: { zh: '刷新令牌', en: 'refresh token' },
    reading: {
      zh: '在同一次调用内刷新令牌并重试一次,通常无人察觉;仍被拒绝则 blocked。',
      en: 'The token is renewed and the call repeated once within the call, which nobody notices; refused again: blocked.',
    },
    submitting: {
      zh: '在同一次调用内刷新令牌并重试一次,通常无人察觉;仍被拒绝则 blocked。',
      en: 'The token is renewed and the call repeated once within the call, which nobody notices; refused again: blocked.',
    },
  },
  'mend-data': { name: { zh: '更正材料', en: 'mend the data' }, reading: needsMaterial, submitting: needsMaterial },
  'upload-again': {
    name: { zh: '重新上传', en: 'upload again' },
    reading: patiently,
    submitting: {
      zh: '图片自动重新上传并提交一次;再次被拒则 needs_material。',
      en: 'The images are uploaded again and sent once more by themselves; refused again: needs_material.',
    },
  },
  'needs-person': { name: { zh: '需要人工处理', en: 'needs a person' }, reading: blocked, submitting: blocked },
  'already-landed': {
    name: { zh: '已经提交', en: 'already landed' },
    reading: patiently,
    submitting: {
      zh: '若上次提交没有收到答复:找到该审核单并认领(in_review);否则 blocked(foreign_audit),由人选择 adopt、withdraw 或等待。',
      en: 'After a lost answer the submission is looked for and followed (in_review); otherwise blocked (foreign_audit), and a person chooses: adopt, withdraw, or wait.',
    },
  },
  bug: { name: { zh: '程序错误', en: 'bug' }, reading: blocked, submitting: blocked },
  'unknown-code': {
    name: { zh: '未知错误码', en: 'unknown code' },
    reading: {
      zh: '再试一次;仍是同样结果则 blocked,并显示微信原文。',
      en: "One more try; met again: blocked, with WeChat's own text.",
    },
    submitting: {
      zh: 'blocked,并显示微信原文;慢速重试就是那「再试一次」。若连错误码也没有,结果未知:先读取再提交。',
      en: "blocked, with WeChat's own text; the slow tries are the one more try. Without any errcode the outcome is unknown: WeChat is read first.",
    },
  },
  unanswered: {
    name: { zh: '没有可读的答复', en: 'no readable answer' },
    reading: patiently,
    submitting: {
      zh: '未发出的会再发几次,之后 blocked;已发出的结果未知:先读取微信的状态,确认没有才再次提交。',
      en: 'What never left is sent again a few times, then blocked; after sending the outcome is unknown: WeChat is read before anything is sent again.',
    },
  },
};

/** What is known about a code: its row if there is one, what the program does, and rows that hold at other paths only. */
export interface Explanation extends Omit<ErrcodeRow, 'endpoints'> {
  isKnown: boolean;
  /** The path that was asked for. */
  endpoint?: string;
  /** The row holds at these paths only. */
  endpoints?: readonly string[];
  program: Pick<ErrorCourse, 'reading' | 'submitting'>;
  /** The same code means something else here. */
  elsewhere: readonly ErrcodeRow[];
}

/** Explains a code as the client would read it at that path. Any path with or without host; its query is not looked at. */
export function explainErrcode(code: string, address?: string): Explanation {
  const endpoint = address?.replace(/^https?:\/\/[^/]+/, '').split('?')[0];
  const read = errorFromAnswer({ endpoint: endpoint ?? '', httpStatus: 200, json: { errcode: code }, text: '' });
  const rows = errcodeTable.filter((row) => row.code === code);
  const row =
    rows.find(({ endpoints }) => endpoint !== undefined && endpoints?.includes(endpoint)) ??
    rows.find(({ endpoints }) => endpoints === undefined);
  const kind = row?.kind ?? read?.kind ?? 'unknown-code';
  const { reading, submitting } = errorCourses[kind];
  return {
    code,
    isKnown: row !== undefined,
    kind,
    meaning: row?.meaning ?? {
      zh: '没有任何页面说明的错误码;以微信返回的文字为准。',
      en: "A code that no page describes; WeChat's own text is shown.",
    },
    advice: row?.advice ?? read?.advice ?? { zh: '', en: '' },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(row?.endpoints === undefined ? {} : { endpoints: row.endpoints }),
    program: { reading, submitting },
    elsewhere: rows.filter((other) => other !== row),
  };
}
