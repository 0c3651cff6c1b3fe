/** What is kept of accounts between their cases: whose turn it is to submit, what writes cost, who asked too often. */
import type { CallHolds } from '../wechat/call-holds.ts';
import type { Database } from './database.ts';
import { createLocalHolds, createRateHolds } from './holds.ts';
import { createLocalQuotaLedger, createQuotaLedger, type QuotaLedger } from './quota.ts';
import { createLocalTurns, createSubmissionTurns, type SubmissionTurns } from './turns.ts';

export interface AccountStores {
  turns: SubmissionTurns;
  quota: QuotaLedger;
  holds: CallHolds;
}

/** For every process that uses the database. */
export const createAccountStores = (database: Database): AccountStores => ({
  turns: createSubmissionTurns(database),
  quota: createQuotaLedger(database),
  holds: createRateHolds(database),
});

/** For one process alone. */
export const createLocalStores = (): AccountStores => ({
  turns: createLocalTurns(),
  quota: createLocalQuotaLedger(),
  holds: createLocalHolds(),
});
