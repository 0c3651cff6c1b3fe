/** What is kept of accounts between their cases: whose turn it is to submit, and what writes cost. */
import type { Database } from './database.ts';
import { createLocalQuotaLedger, createQuotaLedger, type QuotaLedger } from './quota.ts';
import { createLocalTurns, createSubmissionTurns, type SubmissionTurns } from './turns.ts';

export interface AccountStores {
  turns: SubmissionTurns;
  quota: QuotaLedger;
}

/** For every process that uses the database. */
export const createAccountStores = (database: Database): AccountStores => ({
  turns: createSubmissionTurns(database),
  quota: createQuotaLedger(database),
});

/** For one process alone. */
export const createLocalStores = (): AccountStores => ({
  turns: createLocalTurns(),
  quota: createLocalQuotaLedger(),
});
