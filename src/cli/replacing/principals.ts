/** The accounts of one principal (主体), as accounts carry it: in the database, and in the accounts file. */
import { loadConfig } from '../../runtime/config.ts';
import { openAccountDesk } from '../../store/account-desk.ts';
import { loadEntries } from '../../store/account-file.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-status.ts';

/** Appids of accounts whose principal is this one. @throws UsageError when there are none. */
export async function accountsOfPrincipal(context: Pick<CliContext, 'env'>, principal: string): Promise<Set<string>> {
  const known = await principalsByAccount(context);
  const appIds = new Set(
    [...known].filter(([, names]) => names.size === 1 && names.has(normal(principal))).map(([appId]) => appId),
  );
  if (appIds.size > 0) return appIds;
  const names = [...new Set([...known.values()].flatMap((all) => [...all]))].sort();
  throw new UsageError(
    `No account has the principal ${principal}.`,
    names.length === 0
      ? 'No account carries one: write "principal" into its entry (wxq accounts set), or see `wxq accounts list`.'
      : `Known are: ${names.join(', ')}.`,
  );
}

/** An account that is said to be of two principals belongs to neither. */
async function principalsByAccount({ env }: Pick<CliContext, 'env'>): Promise<Map<string, Set<string>>> {
  const { databaseUrl, secretKey, dataDir, accountsFile } = loadConfig(env);
  const known = new Map<string, Set<string>>();
  const note = (appId: string, principal: string | undefined): void => {
    if (principal !== undefined) known.set(appId, (known.get(appId) ?? new Set()).add(normal(principal)));
  };
  const desk = await openAccountDesk({ databaseUrl, secretKey, dataDir });
  try {
    const listed = await desk.list();
    for (const { appId, principal } of listed) note(appId, principal);
    // The database was told of the file when a server or worker started; an entry there is what counts since.
    const isListed = new Set(listed.map(({ appId }) => appId));
    if (accountsFile !== undefined)
      for (const { appId, principal } of loadEntries(accountsFile, env).shops)
        if (!isListed.has(appId)) note(appId, principal);
  } finally {
    await desk.close();
  }
  return known;
}

/** Full-width and half-width brackets are one; blanks do not count. */
export const normal = (name: string): string => name.normalize('NFKC').replaceAll(/\s+/g, '');
