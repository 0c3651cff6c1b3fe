/** What a demo case can do while it is played: start, be WeChat's auditor, be the person at the desk, make trouble. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CaseHandle, CaseView, Image, QualificationClient, Started, Status } from '../../client/index.ts';
import type { AuditView, ChaosRule, Sandbox, Verdict, VerdictRule } from '../../sandbox/index.ts';
import type { WorkerProcess } from '../local/worker-process.ts';

/** The account of one case. Each has its own, so that the sandbox's counts and its chaos are of this case alone. */
export interface DemoAccount {
  appId: string;
  /** Absent: a shop that calls for itself. */
  via?: { componentAppId: string };
}

/** One case of the demo, and how it is played. */
export interface DemoCase {
  name: string;
  /** What it shows, in one sentence. */
  about: string;
  platform: 'channels-shop' | 'mini-program';
  categoryId: string;
  start(client: QualificationClient, account: DemoAccount): Promise<Started>;
  /** From before the start to where nothing but the case itself has anything to do. */
  play(play: CasePlay): Promise<void>;
  /** Kills the worker: it is played when no other case is in the middle of something. */
  killsWorker?: true;
  /** It moves the sandbox's clock, on which the life of media hangs. */
  movesClock?: true;
  /** After the play it waits long for something; the others need not wait for its end. */
  waitsLong?: true;
}

/** What the plays share. */
export interface DemoWorld {
  sandbox: Sandbox;
  client: QualificationClient;
  worker: Pick<WorkerProcess, 'pid' | 'start' | 'kill'>;
  /** Resolves when `mini-stale-media` has moved the sandbox's clock: media uploaded before are dead then. */
  clockMoved: Promise<void>;
  clockHasMoved(): void;
  say(name: string, text: string): void;
}

const lookEveryMs = 25;
const viewEveryMs = 250;
/** Out of these only a person leads, or nothing. */
const stuck: readonly Status[] = ['blocked', 'needs_material', 'approved', 'withdrawn', 'expired'];

export class CasePlay {
  readonly account: DemoAccount;
  readonly world: DemoWorld;
  /** Aborted when the time of the case is over, or the demo is. */
  readonly signal: AbortSignal;
  readonly #case: DemoCase;
  #handle: CaseHandle | undefined;
  #inReviewToldAt: string | undefined;

  constructor(demoCase: DemoCase, account: DemoAccount, world: DemoWorld, signal: AbortSignal) {
    this.#case = demoCase;
    this.account = account;
    this.world = world;
    this.signal = signal;
  }

  say(text: string): void {
    this.world.say(this.#case.name, text);
  }

  /** The case, once it is started. */
  get handle(): CaseHandle | undefined {
    return this.#handle;
  }

  async start(): Promise<void> {
    const { handle } = await this.#case.start(this.world.client, this.account);
    this.#handle = handle;
    this.say(`started: ${this.#case.about}`);
  }

  view(): Promise<CaseView> {
    if (this.#handle === undefined) throw new Error('the case is not started yet');
    return this.#handle.view();
  }

  /** Waits for a status. Throws at once when the case stands where only a person gets it out of. */
  async until(status: Status): Promise<CaseView> {
    return this.untilView((view) => {
      if (view.status !== status && stuck.includes(view.status))
        throw new Error(`it should be ${status}, but it is ${standing(view)}`);
      return view.status === status;
    });
  }

  /** Waits until the case's own view is as wanted. */
  async untilView(isWanted: (view: CaseView) => boolean): Promise<CaseView> {
    for (;;) {
      const view = await this.view();
      if (isWanted(view)) return view;
      await pause(viewEveryMs, undefined, { signal: this.signal });
    }
  }

  /** Waits until something holds at WeChat, or in this process. */
  async untilTrue(isSo: () => boolean): Promise<void> {
    while (!isSo()) await pause(lookEveryMs, undefined, { signal: this.signal });
  }

  /** Waits until the case knows that it is in review. */
  async inReview(): Promise<AuditView> {
    await this.until('in_review');
    const [audit] = this.audits('open');
    if (audit === undefined) throw new Error('nothing of this case is open at WeChat');
    if (this.#inReviewToldAt !== audit.createdAt) {
      this.say(`in review${this.#case.platform === 'channels-shop' ? `, audit ${audit.id}` : ''}`);
      this.#inReviewToldAt = audit.createdAt;
    }
    return audit;
  }

  /** WeChat's auditor decides what is open; `isPushLost`: and its callback never comes. */
  async auditorSays(verdict: Verdict, reason?: string, { isPushLost = false } = {}): Promise<void> {
    const { id } = await this.inReview();
    // In one go, so that no other case's push is met.
    if (isPushLost) this.world.sandbox.setChaos({ push: { lose: 1 } });
    this.world.sandbox.decide(id, verdict, reason);
    this.say(
      `the auditor says: ${verdict}${reason === undefined ? '' : `, ${reason}`}${isPushLost ? '; the callback is lost' : ''}`,
    );
  }

  /** Waits until a person is asked, and says why. */
  async needsMaterial(): Promise<CaseView> {
    const view = await this.until('needs_material');
    this.say(`needs material: ${view.attempts.at(-1)?.reason ?? ''}`);
    return view;
  }

  /** The person at the desk corrects the material. */
  async resubmit(set: Record<string, Image | string>, note: string): Promise<void> {
    if (this.#handle === undefined) throw new Error('the case is not started yet');
    await this.#handle.resubmit({ set, note, by: 'wxq demo' });
    this.say(`resubmitted: ${note}`);
  }

  /** Trouble for this case's account alone. */
  chaos(rule: Omit<ChaosRule, 'appId'>): void {
    const { sandbox } = this.world;
    const { rules } = sandbox.setChaos({});
    sandbox.setChaos({ rules: [...rules, { ...rule, appId: this.account.appId }] });
  }

  /** How many calls this case's chaos rule for an operation still has to meet. */
  chaosLeft(operation: string): number {
    const { rules } = this.world.sandbox.setChaos({});
    return rules
      .filter((rule) => rule.appId === this.account.appId && rule.operation === operation)
      .reduce((left, { times }) => left + times, 0);
  }

  verdictRule(rule: Omit<VerdictRule, 'appId' | 'categoryId'>): void {
    const { categoryId } = this.#case;
    this.world.sandbox.addVerdictRule({ ...rule, appId: this.account.appId, categoryId });
  }

  /** The merchant applies in WeChat's back office, past us, and is approved. */
  async approvedInBackOffice(): Promise<void> {
    const { appId } = this.account;
    await this.world.sandbox.applyInBackOffice({ appId, categoryId: this.#case.categoryId, status: 'approved' });
  }

  /** This case's audits at WeChat. */
  audits(status?: string): AuditView[] {
    return this.world.sandbox.audits({ appId: this.account.appId, ...(status === undefined ? {} : { status }) });
  }

  /** Images that WeChat has taken from this case. */
  uploads(): number {
    return this.world.sandbox.uploads().counts[this.account.appId] ?? 0;
  }

  /** Whether the last push of this case has been answered with success. */
  isPushDelivered(): boolean {
    const push = this.world.sandbox.pushes().findLast(({ appId }) => appId === this.account.appId);
    return push?.status === 'delivered';
  }

  async killWorker(): Promise<void> {
    const pid = await this.world.worker.kill();
    this.say(`the worker (pid ${pid}) is killed with SIGKILL`);
  }

  async startWorker(): Promise<void> {
    this.signal.throwIfAborted();
    await this.world.worker.start();
    this.say(`a new worker runs, pid ${this.world.worker.pid}`);
  }
}

/** Where a case stands and why, for a sentence. */
export function standing(view: CaseView): string {
  const { status, blocked, attempts, waitingFor } = view;
  if (blocked !== undefined) return `blocked during ${blocked.during}: ${blocked.reason} (${blocked.advice})`;
  const reason = attempts.at(-1)?.reason;
  const why = status === 'needs_material' && reason !== undefined ? `: ${reason}` : '';
  return `${status}${why}${waitingFor === 'nothing' ? '' : `, waiting for: ${waitingFor}`}`;
}
