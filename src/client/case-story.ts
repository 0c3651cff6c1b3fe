/** What a case's history tells about people: the input it started with, who asked for what and when, and the input as corrected. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { patchChannelsShop, patchMiniProgram } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Action, Resubmission } from '../contract/qualification.ts';
import { parseWorkflowId } from '../contract/workflow-id.ts';
import { firstRunOf } from './case-list.ts';
import { CaseNotFoundError } from './errors.ts';
import { asOurs, type Place } from './temporal-failures.ts';

/** One thing that a person asked for and the case took. */
export interface CaseMessage {
  /** ISO 8601, UTC. */
  at: string;
  action: Action;
  by?: string;
  note?: string;
  /** What a resubmission changed. */
  set?: NonNullable<Resubmission['set']>;
  remove?: string[];
  force?: boolean;
}

/** The course of a case's newest run. */
export interface CaseStory {
  startedAt: string;
  closedAt?: string;
  runId: string;
  /** The run that the case began with, where it has been continued as new since. */
  firstRunId?: string;
  /** What it started with. */
  startInput: ChannelsShopInput | MiniProgramInput;
  /** The same with every correction in it. */
  input: ChannelsShopInput | MiniProgramInput;
  messages: CaseMessage[];
  /** The case goes back further than this run (continue-as-new): Temporal's Web UI shows the runs before. */
  isContinued: boolean;
}

const actions: readonly string[] = ['resubmit', 'withdraw', 'retry', 'adopt', 'readAuditNow'] satisfies Action[];
const historyTimeoutMs = 10_000;

/** Reads it, of the newest run unless another is named. No worker is needed. @throws CaseNotFoundError, TemporalUnreachableError */
export async function readCaseStory(
  client: Client,
  place: Place,
  workflowId: string,
  runOf?: string,
): Promise<CaseStory> {
  const converter = client.options.loadedDataConverter;
  const handle = client.workflow.getHandle(workflowId, runOf);
  try {
    const [{ runId, startTime, closeTime, memo }, { events }] = await client.connection.withDeadline(
      Date.now() + historyTimeoutMs,
      async () => {
        const described = await handle.describe();
        return [described, await client.workflow.getHandle(workflowId, described.runId).fetchHistory()] as const;
      },
    );
    const messages: CaseMessage[] = [];
    let startArguments: unknown[] = [];
    // An acceptance is written down when its workflow task ends, which may be after the submission that it led to.
    let taskStartedAt: EventTime;
    for (const event of events ?? []) {
      if (event.workflowTaskStartedEventAttributes) taskStartedAt = event.eventTime;
      const started = event.workflowExecutionStartedEventAttributes;
      if (started) startArguments = await decodeArrayFromPayloads(converter, started.input?.payloads);
      const asked = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
      if (!asked || !actions.includes(asked.name ?? '')) continue;
      const [argument] = await decodeArrayFromPayloads(converter, asked.args?.payloads);
      messages.push(messageOf(asked.name as Action, atOf(taskStartedAt ?? event.eventTime), argument));
    }
    const [startInput, carried] = startArguments as [CaseStory['input'], { memory?: { input?: CaseStory['input'] } }?];
    const first = carried?.memory?.input ?? startInput;
    return {
      startedAt: startTime.toISOString(),
      ...(closeTime === undefined ? {} : { closedAt: closeTime.toISOString() }),
      runId,
      ...firstRunOf(memo),
      startInput: first,
      input: messages.reduce((input, message) => corrected(workflowId, input, message), first),
      messages,
      isContinued: carried !== undefined,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new CaseNotFoundError(workflowId, { cause: error });
    throw asOurs(error, place);
  }
}

/** The input with one more resubmission in it, as the case itself would correct it; unchanged where it would refuse. */
export function corrected(
  workflowId: string,
  input: CaseStory['input'],
  resubmission: Pick<Resubmission, 'set' | 'remove'>,
): CaseStory['input'] {
  const patched =
    parseWorkflowId(workflowId)?.platform === 'mini-program'
      ? patchMiniProgram(input as MiniProgramInput, resubmission)
      : patchChannelsShop(input as ChannelsShopInput, resubmission);
  return 'input' in patched ? patched.input : input;
}

function messageOf(action: Action, at: string, argument: unknown): CaseMessage {
  const { by, note, set, remove, force } = (argument ?? {}) as Resubmission;
  return {
    at,
    action,
    ...(by === undefined ? {} : { by }),
    ...(note === undefined ? {} : { note }),
    ...(set === undefined ? {} : { set }),
    ...(remove === undefined ? {} : { remove }),
    ...(force === true ? { force } : {}),
  };
}

type EventTime = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** Histories count in seconds and nanoseconds. */
const atOf = (time: EventTime): string =>
  new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
