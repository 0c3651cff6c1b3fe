/** What our own reasons mean to a person of operations: those that begin with a word and a colon, and are not WeChat's. */
import type { InBoth } from './words.ts';

export interface OwnReason {
  meaning: InBoth;
  /** What leads out of it. */
  advice: InBoth;
}

const rows: Record<string, OwnReason> = {
  unchanged: {
    meaning: {
      zh: '内容与被驳回的完全相同，没有提交给微信。',
      en: 'It is byte for byte what was turned down before, so it was not sent.',
    },
    advice: {
      zh: '请换一张图片或修改内容；确实要原样再提交，请勾选「即使没有变化也提交」。',
      en: 'Replace an image or change a text; to send it all the same, tick “Send it even if nothing changed”.',
    },
  },
  check: {
    meaning: { zh: '不符合该类目的规则，没有提交给微信。', en: "It breaks the category's rules, so it was not sent." },
    advice: { zh: '请按检查结果修改后重新提交。', en: 'Mend what the check found, and send again.' },
  },
  unreachable: {
    meaning: {
      zh: '长时间没有得到答复（微信、数据库，或没有 worker 在运行）。',
      en: 'No answer for too long: of WeChat, of the database, or no worker runs.',
    },
    advice: {
      zh: '系统会自动继续尝试；请让技术人员检查 worker、数据库和网络，恢复后可点「重试」。',
      en: 'It is tried again by itself. Have workers, database and network looked at; then press Retry.',
    },
  },
  foreign_audit: {
    meaning: {
      zh: '该类目已有一个审核单，不是由本流程提交的。',
      en: 'The category is in review already, and not through this case.',
    },
    advice: {
      zh: '点「接管已有审核单」跟踪它，或等它有结果。',
      en: 'Follow the open audit, or wait for its verdict.',
    },
  },
  unauthorized: {
    meaning: {
      zh: '账号已取消对第三方平台的授权。',
      en: 'The account has withdrawn its authorization of the platform.',
    },
    advice: {
      zh: '请让商家重新授权，之后会自动恢复。',
      en: 'Have it authorised again; the case then goes on by itself.',
    },
  },
  quota: {
    meaning: { zh: '本周期的可用次数不足，没有提交。', en: 'Nothing is left of the quota, so it was not sent.' },
    advice: { zh: '等额度恢复后点「重试」。', en: 'Press Retry when there is quota again.' },
  },
  quota_spent: {
    meaning: { zh: '本周期的可用次数已用完，没有提交。', en: 'The quota of this period is spent; it was not sent.' },
    advice: {
      zh: '等到下月额度恢复后点「重试」，或在小程序后台手动添加：生效后本流程会自动结束。',
      en: 'Wait for next month and press Retry, or add it in the back office: the case ends by itself once it is in force.',
    },
  },
  month_turned: {
    meaning: {
      zh: '提交被推迟到了下个月，继续会占用新一月的次数。',
      en: "It was put off into another month; going on would spend that month's quota.",
    },
    advice: {
      zh: '要使用本月的次数请点「重试」，不再办理请点「撤回」。',
      en: 'Press Retry to spend it, or withdraw.',
    },
  },
  observe: {
    meaning: { zh: '系统处于只观察模式，不会提交。', en: 'This installation only reads.' },
    advice: {
      zh: '请让技术人员取消 WXQ_MODE=observe 并重启 worker，之后会自动继续。',
      en: 'Have WXQ_MODE=observe taken away and the workers started again; the case then goes on by itself.',
    },
  },
};

/** `undefined`: the reason is WeChat's, or says itself what it means. */
export function ownReason(reason: string): OwnReason | undefined {
  const word = /^([a-z_]+):/.exec(reason)?.[1];
  return word !== undefined && Object.hasOwn(rows, word) ? rows[word] : undefined;
}
