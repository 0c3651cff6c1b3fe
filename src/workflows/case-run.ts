/** One running case: its state, what it remembers between steps, and how a wait is left when something happens. */
import { CancellationScope, condition, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { CheckFinding } from '../contract/check.ts';
import type { Baseline } from '../contract/failures.ts';
import type { CaseInput, CaseView, Image } from '../contract/qualification.ts';
import { describeCase } from './case-details.ts';
import { type CaseEvent, type CaseState, initialState, isOpen, reduce } from './case-state.ts';
import { viewOf } from './case-view.ts';
import { measure } from './measures.ts';
import type { PlatformSteps, Preflight } from './steps.ts';
import { Telling, type TellingMemory } from './telling.ts';

/** An upload that can be used again; keyed by what was uploaded (see `identityOf`). */
export interface Upload {
  ref: string;
  uploadedAtMs: number;
  images: { sha256: string; bytes: number; note?: string }[];
}

/** What a case remembers besides its state. JSON only. */
export interface CaseMemory<Input> {
  /** The input with every correction applied. */
  input: Input;
  uploads: Record<string, Upload>;
  /** What was sent last, for which attempt, slot by slot, and a digest of all of it: tells "the same bytes again". */
  lastSent?: {
    attempt: number;
    digest: string;
    slots: Record<string, { sha256: string[]; ref: string; uploadedAtMs: number }>;
  };
  preflight?: Preflight;
  /** What the rules said about the input of `attempt`; without it the case was never compared with them. */
  check?: { attempt: number; findings: CheckFinding[] };
  /** A submission of this attempt whose answer was lost. `ruledOut`: how often it was looked for and is not there. */
  unanswered?: { sentAtMs: number; baseline: Baseline; ruledOut: number };
  /** Since when the case has been blocked, over short recoveries; a person's retry starts it anew. */
  blockedSinceMs?: number;
  /** The attempt for which images were uploaded again because WeChat no longer took them. */
  uploadedAgainFor?: number;
  /** The person wants it sent all the same: unchanged, outdated, or against the category's rules. */
  force: boolean;
  /** When a person last asked for a submission; another month's quota is not spent on it. */
  askedAtMs?: number;
  /** WeChat has been asked to cancel the audit. */
  cancellationSent: boolean;
  /** Who is told about the case, and what they were told. */
  telling?: TellingMemory;
}

/** What continue-as-new carries over. */
export interface CarriedCase<Input> {
  state: CaseState;
  memory: CaseMemory<Input>;
}

export class CaseRun<Input extends CaseInput> {
  state: CaseState;
  memory: CaseMemory<Input>;
  /** Something may have happened at WeChat: what is being read is to be read at once. */
  hinted = false;
  /** Who is told what happens. */
  readonly telling = new Telling();
  readonly steps: PlatformSteps<Input>;

  constructor(steps: PlatformSteps<Input>, input: Input, carried?: CarriedCase<Input>) {
    this.steps = steps;
    this.state = carried?.state ?? initialState(steps.platform, input.appId, steps.categoryId(input), this.at());
    this.memory = carried?.memory ?? {
      input,
      uploads: {},
      askedAtMs: Date.now(),
      force: false,
      cancellationSent: false,
    };
    this.describe();
  }

  /** Moves the status. This is the only way. */
  dispatch(event: CaseEvent extends infer E ? (E extends CaseEvent ? Omit<E, 'at'> : never) : never): void {
    const before = this.state;
    this.state = reduce(before, { ...event, at: this.at() } as CaseEvent);
    measure(before, this.state);
    this.telling.moved(before, this.state, this.memory);
    this.describe();
  }

  get open(): boolean {
    return isOpen(this.state);
  }

  view(): CaseView {
    const findings = this.memory.check?.findings ?? [];
    return {
      ...viewOf(this.state, workflowInfo().workflowId, this.material()),
      ...(findings.length === 0 ? {} : { findings }),
    };
  }

  /**
   * Does `work` until it ends or `left()` becomes true; then the work is cancelled and waited for, so that the outcome
   * of a write that was under way is not lost. A cancellation of the whole workflow passes through.
   */
  async unless(left: () => boolean, work: () => Promise<void>): Promise<void> {
    const doing = new CancellationScope();
    const watching = new CancellationScope();
    let stopped = false;
    const done = doing.run(work).catch((error: unknown) => {
      if (!stopped || !isCancellation(error)) throw error;
    });
    const noticed = watching
      .run(() => condition(left))
      .then(() => {
        stopped = true;
      });
    try {
      await Promise.race([done, noticed]);
      // The end of the workflow drops what is still waiting; asking for it would only cost an event.
      if (!this.open) return;
      doing.cancel();
      await done;
    } catch (error) {
      // The whole workflow is cancelled: a submission under way is finished first, its audit id stands nowhere else.
      if (isCancellation(error)) await done.catch(() => undefined);
      throw error;
    } finally {
      watching.cancel();
      done.catch(() => undefined);
      noticed.catch(() => undefined);
    }
  }

  private material(): CaseView['material'] {
    return this.steps.slots(this.memory.input).flatMap((slot) => {
      const upload = this.memory.uploads[identityOf(slot.images.map(({ image }) => image))];
      return slot.images.map(({ path }, n) => {
        const image = upload?.images[n];
        return {
          path,
          ...(upload === undefined ? {} : { uploadedAt: new Date(upload.uploadedAtMs).toISOString() }),
          ...(image === undefined ? {} : image),
        };
      });
    });
  }

  private describe(): void {
    setCurrentDetails(describeCase(this.state));
  }

  private at(): string {
    return new Date(Date.now()).toISOString();
  }
}

/** The same sources are the same upload, wherever they stand. */
export const identityOf = (images: Image[]): string =>
  JSON.stringify(images.map((image) => (typeof image === 'string' ? [image] : [image.source, image.sha256 ?? ''])));
