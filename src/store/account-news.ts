/** What happens to accounts and tokens while nobody waits for it, as lines of a log. */
import type { AccountKeeperOptions } from './account-keeper.ts';

type News = Parameters<NonNullable<AccountKeeperOptions['onNews']>>[0];

interface NewsLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** One line for each: what needs a look is a warning. */
export function logNews(logger: NewsLogger, { problem, taken, ...fields }: News): void {
  if (taken !== undefined) logger.info({ appIds: taken }, 'entries of the accounts file were taken into the database');
  else if (problem !== undefined) logger.warn({ ...fields, problem }, 'accounts and tokens');
  else logger.info(fields, 'the list of authorizers has changed');
}
