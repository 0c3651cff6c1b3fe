/** Gauges of what is true for the whole installation, whichever process is asked: from Temporal's Visibility and from the database. */
import { Gauge, type Registry } from 'prom-client';
import type { Platform, Status } from '../contract/qualification.ts';
import { type KeptLookOptions, keptLook, type Seen } from './kept-look.ts';

/** Open cases, as Visibility counts them: a moment behind, and `submitting` counts as what came before it. */
export interface CaseCounts {
  open: readonly { platform: Platform; status: Status; count: number }[];
  /** Cases in `needs_material` whose time for a correction ends within a day, or has just ended. */
  dueWithinDay: number;
  /** Events of which some receiver has neither taken the message nor been given up on. */
  undeliveredNotifications: number;
}

/** What the database says. */
export interface StoredCounts {
  /** Cases that wait their turn to submit. */
  waitingForTurn: number;
  /** Accounts that WeChat refused as asking too often, and that are still held back. */
  heldAccounts: number;
  /** Since the last ticket of the platform that has been without one the longest; absent without platforms. */
  oldestTicketAgeSeconds?: number;
  /** Additions left to the Mini Program that has the fewest, by the last measurement of each within this month. */
  fewestQuotaLeft?: number;
}

export interface StateGaugesOptions extends KeptLookOptions {
  registry: Registry;
  countCases: () => Promise<CaseCounts>;
  countStored: () => Promise<StoredCounts>;
}

type Sample = [labels: Record<string, string>, value: number];

/**
 * Registers the gauges. A scrape makes a look only where the last one is old, and shows the last one where a look fails;
 * when none has succeeded for five minutes the gauges are absent.
 */
export function createStateGauges({ registry, countCases, countStored, ...kept }: StateGaugesOptions): void {
  const cases = keptLook(countCases, kept);
  const stored = keptLook(countStored, kept);

  function gauge<T>(
    { name, help, labelNames = [] }: { name: string; help: string; labelNames?: string[] },
    look: { latest(): Promise<Seen<T> | undefined> },
    samplesOf: (seen: Seen<T>) => Sample[],
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const seen = await look.latest();
        this.reset();
        // Without labels a reset shows 0, which would be a lie.
        if (labelNames.length === 0) this.remove();
        if (seen !== undefined) for (const [labels, value] of samplesOf(seen)) this.set(labels, value);
      },
    });
  }

  gauge(
    { name: 'wxq_cases', help: 'Open cases by status, as Visibility counts them', labelNames: ['platform', 'status'] },
    cases,
    ({ value }) => value.open.map(({ platform, status, count }) => [{ platform, status }, count]),
  );
  gauge(
    { name: 'wxq_cases_due_within_day', help: 'Cases whose time for a correction ends within 24 h' },
    cases,
    ({ value }) => [[{}, value.dueWithinDay]],
  );
  gauge(
    { name: 'wxq_notifications_undelivered', help: 'Events that some receiver has not taken yet' },
    cases,
    ({ value }) => [[{}, value.undeliveredNotifications]],
  );
  gauge(
    { name: 'wxq_submissions_waiting', help: 'Cases that wait their turn to submit for their account' },
    stored,
    ({ value }) => [[{}, value.waitingForTurn]],
  );
  gauge(
    { name: 'wxq_wechat_held_accounts', help: 'Accounts held back because WeChat refused them as asking too often' },
    stored,
    ({ value }) => [[{}, value.heldAccounts]],
  );
  gauge(
    {
      name: 'wxq_platform_ticket_age_seconds',
      help: 'Age of the last ticket of the platform that waits longest for one',
    },
    stored,
    ({ value: { oldestTicketAgeSeconds: age } }) => (age === undefined ? [] : [[{}, age]]),
  );
  gauge(
    { name: 'wxq_quota_left_fewest', help: 'Additions left to the Mini Program that has the fewest, as last measured' },
    stored,
    ({ value: { fewestQuotaLeft: left } }) => (left === undefined ? [] : [[{}, left]]),
  );
  new Gauge({
    name: 'wxq_state_read_timestamp_seconds',
    help: 'When the gauges of the installation were last read',
    labelNames: ['from'] as const,
    registers: [registry],
    async collect() {
      this.reset();
      for (const [from, look] of [['temporal', cases] as const, ['database', stored] as const]) {
        const seen = await look.latest();
        if (seen !== undefined) this.set({ from }, seen.at / 1000);
      }
    },
  });
}
