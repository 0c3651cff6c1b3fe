/** Compares a case with the live rules of its category: before a submission, or with its images for whoever asks. */
import { type ChannelsShopInput, leafOf } from '../contract/channels-shop.ts';
import type { CheckAnswer, CheckFinding, CheckRequest, InBoth } from '../contract/check.ts';
import type { FailureDetails } from '../contract/failures.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Circumstances, ImageFact, MiniProgramRules } from '../rules/category-rules.ts';
import { checkChannelsShop, checkMiniProgram } from '../rules/check.ts';
import { say, warning } from '../rules/finding.ts';
import { imageLists } from '../rules/images.ts';
import type { WeChatAccount } from '../wechat/access-token.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { withDeadline } from '../wechat/deadline.ts';
import { WeChatError } from '../wechat/errors.ts';
import { type ImageLooking, imageFacts } from './image-facts.ts';
import type { Freshness, KeptRules } from './kept-rules.ts';
import { createPatternMatch } from './pattern-match.ts';

/** An error is only told from rules that are not older: what a person has just mended is not held against them. */
const errorsFromRulesAtMostMs = 30_000;
/** A start goes on without the check when the rules have not come by then. */
const startWaitsMs = 12_000;
/** What a case keeps of a check: WeChat's own texts may be long, and a history holds them for ever. */
const maxFindings = 60;
const maxTextLength = 1_000;

/** What a check is told besides the case. */
export interface CheckAround {
  /** The account's principal (主体), where it is known. */
  principal?: string | undefined;
  signal?: AbortSignal;
}

export interface CaseCheck {
  /**
   * What the rules say about an input that is about to be submitted; its images are looked at when they are uploaded.
   * Never stops a case by itself: rules that cannot be read are a warning. Rejects only with the signal's reason.
   * @param around.setting what the Mini Program has, where that was just read.
   */
  beforeSubmission(
    request: CheckRequest,
    around: CheckAround & { setting?: MiniProgramRules['setting'] },
  ): Promise<CheckFinding[]>;
  /** Everything that can be said about an input, its images included. */
  whole(request: CheckRequest, around: CheckAround & { looking: ImageLooking }): Promise<CheckAnswer>;
}

export interface CaseCheckOptions {
  wechat: WeChatClient;
  rules: KeptRules;
  now?: () => number;
  /** Told of anything that is no answer of WeChat: a bug in the check must not stop a case either. */
  onBug?: (error: unknown) => void;
}

export function createCaseCheck({ wechat, rules, now = Date.now, onBug }: CaseCheckOptions): CaseCheck {
  const matches = createPatternMatch();
  const settingOf = ({ input }: CheckRequest): Promise<Setting> => wechat.miniProgram(accountOf(input)).getCategory();

  const compare = async (
    request: CheckRequest,
    fresh: Freshness,
    { principal, setting, images }: { principal?: string | undefined; setting?: Setting; images: ImageFact[] },
  ): Promise<{ readAt: number; findings: CheckFinding[] }> => {
    const account = accountOf(request.input);
    const around = (rulesReadAt: number): Circumstances => ({
      now: now(),
      rulesReadAt,
      images,
      matches,
      ...(principal === undefined ? {} : { principal }),
    });
    if (request.platform === 'mini-program') {
      const { value: categories, readAt } = await rules.miniProgramCategories(account, fresh);
      const has = setting ?? (await settingOf(request));
      return { readAt, findings: checkMiniProgram(request.input, { categories, setting: has }, around(readAt)) };
    }
    const { category, brandIds = [] } = request.input;
    const found = await rules.shop(account, leafOf(category), { ...fresh, withBrands: brandIds.length > 0 });
    return { readAt: found.readAt, findings: checkChannelsShop(request.input, found.rules, around(found.readAt)) };
  };
  const trusted = async (
    request: CheckRequest,
    fresh: Freshness,
    around: Parameters<typeof compare>[2],
  ): ReturnType<typeof compare> => {
    const first = await compare(request, fresh, around);
    const isOld = now() - first.readAt > errorsFromRulesAtMostMs;
    if (!isOld || !first.findings.some(({ level }) => level === 'error')) return first;
    return compare(request, { ...fresh, maxAgeMs: errorsFromRulesAtMostMs }, around);
  };

  return {
    async beforeSubmission(request, { principal, setting, signal }) {
      try {
        const compared = trusted(request, {}, { principal, images: [], ...(setting === undefined ? {} : { setting }) });
        const { findings } = await inTime(compared, startWaitsMs, signal);
        return bounded(findings);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof WeChatError || error instanceof NotInTime)) onBug?.(error);
        return [rulesUnread(error)];
      }
    },
    async whole(request, { principal, looking }) {
      try {
        const setting = request.platform === 'mini-program' ? await settingOf(request) : undefined;
        const told = { principal, ...(setting === undefined ? {} : { setting }) };
        // The rules first: when they cannot be had, no image is fetched in vain.
        await compare(request, { anew: true }, { ...told, images: [] });
        const images = await imageFacts(request.platform, imageLists(request.input), looking);
        const { readAt, findings } = await trusted(request, { anew: true }, { ...told, images });
        const ageSeconds = Math.max(0, Math.round((now() - readAt) / 1000));
        const source = ageSeconds * 1000 > errorsFromRulesAtMostMs ? 'kept' : 'live';
        return { findings: bounded(findings), rules: { source, readAt: new Date(readAt).toISOString(), ageSeconds } };
      } catch (error) {
        if (error instanceof WeChatError)
          return { unavailable: unavailable(error), ...(mayPass.includes(error.kind) ? {} : { isRefused: true }) };
        throw error;
      }
    },
  };
}

type Setting = MiniProgramRules['setting'];

class NotInTime extends Error {}

/** The reading itself goes on: the next case finds its result. */
async function inTime<Value>(work: Promise<Value>, ms: number, signal: AbortSignal | undefined): Promise<Value> {
  signal?.throwIfAborted();
  work.catch(() => undefined);
  return withDeadline(ms, signal, async (stop) => {
    const stopped = new Promise<never>((_, reject) => {
      stop.addEventListener('abort', () => reject(new NotInTime('the rules did not come in time')), { once: true });
    });
    return Promise.race([work, stopped]);
  });
}

const accountOf = ({ appId, via }: ChannelsShopInput | MiniProgramInput): WeChatAccount => ({
  appId,
  ...(via === undefined ? {} : { componentAppId: via.componentAppId }),
});

function rulesUnread(error: unknown): CheckFinding {
  const [reason, advice] =
    error instanceof WeChatError
      ? [error.message, error.advice]
      : [
          error instanceof NotInTime ? error.message : 'the check itself failed',
          say('无需处理，案件会继续。', 'Nothing to do: the case goes on.'),
        ];
  return warning(
    'rules-unread',
    '',
    say(
      `未能读取类目规则，提交前未检查：${reason}。`,
      `The category's rules could not be read, so nothing was checked before the submission: ${reason}.`,
    ),
    advice,
  );
}

/** Reading again may help; whatever else WeChat or the token service says stays so until a person has mended it. */
const mayPass: readonly WeChatError['kind'][] = ['retry-now', 'retry-slowly', 'unanswered', 'unknown-code'];

const unavailable = ({ reason, advice, errcode, errmsg, rid, endpoint }: WeChatError): FailureDetails => ({
  reason,
  advice: `${advice.en} (${advice.zh})`,
  endpoint,
  ...(errcode === undefined ? {} : { errcode }),
  ...(errmsg === undefined ? {} : { errmsg }),
  ...(rid === undefined ? {} : { rid }),
});

/** Errors come first, so what is left out is the least. */
function bounded(findings: CheckFinding[]): CheckFinding[] {
  const short = (text: string): string =>
    text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength).replace(/[\uD800-\uDBFF]$/, '')}…`;
  const inBoth = ({ zh, en }: InBoth): InBoth => ({ zh: short(zh), en: short(en) });
  return findings
    .slice(0, maxFindings)
    .map((one) => ({ ...one, path: short(one.path), ...inBoth(one), advice: inBoth(one.advice) }));
}
