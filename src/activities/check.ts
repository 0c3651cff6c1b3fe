/** The activity behind `client.check`: the live rules and the images as the worker sees them. It sends nothing to WeChat. */
import { Context } from '@temporalio/activity';
import type { CaseCheck } from '../checking/case-check.ts';
import type { CheckAnswer, CheckRequest } from '../contract/check.ts';
import { papersOf } from '../contract/material-path.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import { withDeadline } from '../wechat/deadline.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { whosePapers } from './images.ts';

/** Images that have not been looked at by then are left unchecked: a person waits for the answer. */
const lookingLimitMs = 40_000;
const heartbeatEveryMs = 3_000;

export function createCheckActivities(deps: ActivityDependencies, check: CaseCheck) {
  return {
    /** Compares one input with the rules of its category. Rules that cannot be read are an answer, not a failure. */
    async checkCase(request: CheckRequest): Promise<CheckAnswer> {
      const { cancellationSignal } = Context.current();
      const timer = setInterval(() => Context.current().heartbeat(), heartbeatEveryMs);
      try {
        return await withDeadline(lookingLimitMs, cancellationSignal, (signal) =>
          check.whole(request, {
            principal: deps.principalOf?.(request.input),
            looking: {
              images: deps.images,
              // Our own copy first, as the upload does it; nothing is pinned by a mere check.
              read: async ({ source, sha256 }) => {
                const pinned = sha256 ?? sha256OfMaterialSource(source);
                const kept = pinned === undefined ? undefined : await deps.materialStore.get(pinned);
                return kept ?? (await deps.fetchImage(source, { signal }));
              },
              isSentForOthers: (sha256) =>
                deps.materialStore.isSentForOthers(
                  sha256,
                  whosePapers(deps, { account: request.input, holders: holdersIn(request.input) }),
                ),
              signal,
            },
          }),
        );
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const holdersIn = (input: CheckRequest['input']): (string | undefined)[] =>
  papersOf(input).flatMap(({ paper }) => [paper.holder?.name, paper.holder?.creditCode]);
