/** What the client throws, named by what the reader has to do next. Each carries `advice`: one sentence on what leads out. */
import type { FailureDetails } from '../contract/failures.ts';
import type { QualificationResult } from '../contract/qualification.ts';
import type { Finding } from './findings.ts';

/** Common to all errors of this client. */
export abstract class QualificationError extends Error {
  /** What to do about it, as one sentence. */
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.advice = advice;
  }
}

/** The input is not a case; nothing was started. 输入有误，未启动任何流程。 */
export class InvalidCaseError extends QualificationError {
  readonly findings: Finding[];

  constructor(findings: Finding[]) {
    super(findings.map((item) => item.message).join(' '), 'Correct the members named above; nothing was started.');
    this.findings = findings;
  }
}

/** The case did not take the message (wrong state, empty or malformed): the message is the case's own sentence. 请求被拒绝。 */
export class UpdateRefusedError extends QualificationError {
  readonly workflowId: string;

  constructor(workflowId: string, message: string, options?: ErrorOptions) {
    super(message, 'Look at what the case can do now: `view().canDo`, or `wxq show`.', options);
    this.workflowId = workflowId;
  }
}

/** How a case that did not come to a result has ended. */
export type Ending = 'failed' | 'cancelled' | 'terminated' | 'timed_out';

/** The case is over; nothing can be sent to it any more. 流程已结束。 */
export class CaseClosedError extends QualificationError {
  readonly workflowId: string;
  /** What it ended with; absent when it came to no result. */
  readonly result?: QualificationResult;
  /** How it ended instead, when there is no result. */
  readonly ending?: Ending;

  constructor(workflowId: string, how: { result: QualificationResult } | { ending: Ending }) {
    const end = 'result' in how ? how.result.outcome : how.ending;
    super(`Case ${workflowId} is closed: ${end}.`, 'Start a new case for this category if there is more to submit.');
    this.workflowId = workflowId;
    if ('result' in how) this.result = how.result;
    else this.ending = how.ending;
  }
}

/** No case with this id, neither open nor kept. 找不到该流程。 */
export class CaseNotFoundError extends QualificationError {
  readonly workflowId: string;

  constructor(workflowId: string, options?: ErrorOptions) {
    super(
      `There is no case ${workflowId}.`,
      'Ids read channels-shop/{appId}/{leaf} or mini-program/{appId}/{first}-{second}; `wxq list` shows them.',
      options,
    );
    this.workflowId = workflowId;
  }
}

/** No event was ever told under this id, or Temporal no longer keeps it. 找不到该通知。 */
export class NotificationNotFoundError extends QualificationError {
  readonly notificationId: string;

  constructor(notificationId: string, options?: ErrorOptions) {
    super(
      `There is no notification ${notificationId}.`,
      'Ids read evt_{runId}_{n}, as receivers get them in `webhook-id`; `wxq notifications CASE` shows those of a case.',
      options,
    );
    this.notificationId = notificationId;
  }
}

/** Temporal took the request but no worker answered it in time. 没有可用的 worker。 */
export class NoWorkerError extends QualificationError {
  readonly taskQueue: string;

  constructor(taskQueue: string, waitedMs: number, options?: ErrorOptions) {
    super(
      `No worker answered on task queue "${taskQueue}" within ${Math.round(waitedMs / 100) / 10} s.`,
      'Start one with `wxq worker` (same TEMPORAL_ADDRESS, namespace and WXQ_TASK_QUEUE); the message may still take effect then, so repeat it with the same updateId.',
      options,
    );
    this.taskQueue = taskQueue;
  }
}

/** WeChat did not give the rules of the category: nothing was compared. 无法读取类目规则。 */
export class RulesUnavailableError extends QualificationError {
  /** WeChat's own code and request id, where it answered. */
  readonly errcode?: string;
  readonly rid?: string;
  readonly endpoint?: string;
  /** Refused for a reason that only a person can mend (account, secret, permission); else checking again may help. */
  readonly isRefused: boolean;

  constructor(
    why: Pick<FailureDetails, 'reason' | 'advice' | 'errcode' | 'rid' | 'endpoint'> & { isRefused?: boolean },
    options?: ErrorOptions,
  ) {
    super(`The category's rules could not be read: ${why.reason}.`, why.advice, options);
    this.isRefused = why.isRefused === true;
    if (why.errcode !== undefined) this.errcode = why.errcode;
    if (why.rid !== undefined) this.rid = why.rid;
    if (why.endpoint !== undefined) this.endpoint = why.endpoint;
  }
}

/** The worker could not finish the check. Nothing was sent. 检查未能完成。 */
export class CheckFailedError extends QualificationError {
  constructor(why: string, cause?: unknown) {
    super(`The check did not come to an end: ${why}.`, "Check again; if it lasts, look at the worker's log.", {
      cause,
    });
  }
}

/** Temporal itself does not answer, or refuses this client. 无法连接 Temporal。 */
export class TemporalUnreachableError extends QualificationError {
  readonly address: string;

  constructor(address: string, why: string, options?: ErrorOptions) {
    super(
      `Temporal at ${address} cannot be used: ${why}.`,
      'Start it (`npm run dev`), or set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.',
      options,
    );
    this.address = address;
  }
}

/** The settings for Temporal (TEMPORAL_*, its configuration file) cannot be read. Temporal 配置有误。 */
export class TemporalSettingsError extends QualificationError {
  constructor(why: string) {
    super(
      `The settings for Temporal cannot be read: ${why.replace(/[.:]$/, '')}.`,
      'Correct TEMPORAL_* or the file in TEMPORAL_CONFIG_FILE.',
    );
  }
}

/** `WXQ_CODEC_KEYS` cannot be used; the message shows no key. 历史加密密钥无法使用。 */
export class CodecSettingsError extends QualificationError {
  constructor(why: string) {
    super(`WXQ_CODEC_KEYS ${why}.`, 'Correct it: id1:base64key,id2:base64key, with keys of 32 bytes.');
  }
}

/** The namespace does not know the search attributes that a case is started with. 缺少搜索属性。 */
export class SearchAttributesMissingError extends QualificationError {
  /** Their names. */
  readonly missing: string[];
  /** The command that adds them. */
  readonly command: string;

  constructor(missing: Record<string, string>, namespace: string, address: string, options?: ErrorOptions) {
    const names = Object.keys(missing);
    const flags = Object.entries(missing).map(([name, type]) => `--name ${name} --type ${type}`);
    const command = `temporal operator search-attribute create --address ${address} --namespace ${namespace} ${flags.join(' ')}`;
    super(`Namespace ${namespace} lacks the search attributes ${names.join(', ')}.`, `Run: ${command}`, options);
    this.missing = names;
    this.command = command;
  }
}

/** The workflow failed. Ends of a case are results, so this is a bug or an input that no worker takes. 流程异常失败（程序缺陷）。 */
export class CaseFailedError extends QualificationError {
  readonly workflowId: string;

  constructor(workflowId: string, why: string, options?: ErrorOptions) {
    super(
      `Case ${workflowId} failed: ${why}`,
      'This is a bug, not a verdict: keep the history (`temporal workflow show --output json`) and report it.',
      options,
    );
    this.workflowId = workflowId;
  }
}

/** Somebody cancelled or terminated the workflow. Tracking stopped; WeChat's audit goes on by itself. 流程已被取消跟踪。 */
export class CaseCancelledError extends QualificationError {
  readonly workflowId: string;
  readonly ending: 'cancelled' | 'terminated';

  constructor(workflowId: string, ending: 'cancelled' | 'terminated', options?: ErrorOptions) {
    super(
      `Case ${workflowId} was ${ending}; an audit that is open at WeChat is not affected.`,
      'To follow that audit again, start the case with `intent: {"adopt": {}}`.',
      options,
    );
    this.workflowId = workflowId;
    this.ending = ending;
  }
}

/** A token that no page gave, or one of a list that is no more. 分页标记无效。 */
export class PageTokenError extends QualificationError {
  constructor(options?: ErrorOptions) {
    super(
      'The page token is not one of this list.',
      'Take it as it was given, with the same filter; or start at the first page.',
      options,
    );
  }
}

/** There is no schedule to start a walk of the watch by. 尚未建立每日检查计划。 */
export class WatchNotScheduledError extends QualificationError {
  readonly scheduleId: string;

  constructor(scheduleId: string, options?: ErrorOptions) {
    super(
      `There is no schedule ${scheduleId}.`,
      'A worker makes it when it starts: start one (`wxq worker`) with the same namespace and WXQ_TASK_QUEUE.',
      options,
    );
    this.scheduleId = scheduleId;
  }
}

/** The client was closed while a result was waited for; the case goes on. 客户端已关闭，流程仍在继续。 */
export class ClientClosedError extends QualificationError {
  readonly workflowId: string;

  constructor(workflowId: string, options?: ErrorOptions) {
    super(
      `The client was closed while the result of ${workflowId} was waited for.`,
      'The case goes on: connect again and wait with `client.get(workflowId).result()`.',
      options,
    );
    this.workflowId = workflowId;
  }
}
