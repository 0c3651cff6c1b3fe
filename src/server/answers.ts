/** What WeChat is answered, from how a push ended here and at the account's other receiver. */
import type { Forwarded } from './forward.ts';
import type { PushResult } from './metrics.ts';

/** Status and body; the texts of our own say nothing that the caller does not know. */
export interface Answer {
  status: number;
  body: string | Buffer;
  contentType?: string;
}

export const answers = {
  success: { status: 200, body: 'success' },
  again: { status: 503, body: 'try again' },
  forbidden: { status: 403, body: 'forbidden' },
  malformed: { status: 400, body: 'bad request' },
  unknown: { status: 404, body: 'not found' },
  tooLarge: { status: 413, body: 'too large' },
  encoded: { status: 415, body: 'bad request' },
  loop: { status: 508, body: 'loop' },
} as const satisfies Record<string, Answer>;

/**
 * WeChat looks at the status alone: 2xx ends a push, anything else or 5 s without an answer brings it again, up to ten
 * times. So 503 is for what can mend itself, and everything that another push could not change is `success`.
 */
const answerTo: Record<PushResult, Answer> = {
  delivered: answers.success,
  hinted: answers.success,
  no_case: answers.success,
  in_review: answers.success,
  early: answers.success,
  not_ours: answers.success,
  other_event: answers.success,
  stored: answers.success,
  old_event: answers.success,
  unreadable: answers.again,
  undeliverable: answers.again,
  misconfigured: answers.again,
  forged: answers.forbidden,
  too_old: answers.forbidden,
  malformed: answers.malformed,
  loop: answers.loop,
  too_large: answers.tooLarge,
  unknown_account: answers.unknown,
};

/** The answer where nobody else takes part. */
export function answerOf(result: PushResult): Answer {
  return answerTo[result];
}

/**
 * The answer where the push was passed on as well. One that we could not take comes again, whatever the other side said;
 * else the other side's words stand, and its silence brings the push again for its sake: we take a push twice without harm.
 */
export function answerOfBoth(ours: PushResult, theirs: Forwarded): Answer {
  if (ours === 'unreadable' || ours === 'undeliverable') return answers.again;
  return 'answer' in theirs ? theirs.answer : answers.again;
}
