/** Wakes the sandbox when its clock makes something due: a verdict after n seconds, or the next try of a push. */
import type { Audits } from './audits.ts';
import type { Lapses } from './lapses.ts';
import type { PushSender } from './push-sender.ts';
import type { TicketPushes } from './ticket-pushes.ts';

const longestTimerMs = 2_000_000_000;

export interface Scheduler {
  /** Something changed: look again, after the current turn. */
  lookAgain(): void;
  /** The clock was moved: what is due is done before anybody asks. */
  catchUp(): void;
  close(): void;
}

export function createScheduler(
  now: () => number,
  parts: () => { audits: Audits; pushes: PushSender; tickets: TicketPushes; lapses: Lapses },
): Scheduler {
  let timer: NodeJS.Timeout | undefined;
  let isAsked = false;
  let isClosed = false;

  function look(): void {
    isAsked = false;
    if (isClosed) return;
    const { audits, pushes, tickets, lapses } = parts();
    tickets.sendDue();
    audits.decideDue();
    lapses.applyDue();
    pushes.sendDue();
    clearTimeout(timer);
    const moments = [audits.nextDueAt(), lapses.nextDueAt(), pushes.nextDueAt(), tickets.nextDueAt()].filter(
      (moment) => moment !== undefined,
    );
    if (moments.length === 0) return;
    timer = setTimeout(look, Math.min(longestTimerMs, Math.max(1, Math.min(...moments) - now())));
  }

  return {
    lookAgain() {
      if (isAsked || isClosed) return;
      isAsked = true;
      setImmediate(look);
    },
    catchUp: look,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
