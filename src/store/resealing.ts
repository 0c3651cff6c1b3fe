/** A change of `WXQ_SECRET_KEY`: what is kept for later is sealed anew, and which keys what is kept still needs. */

import { inputPlaceOf } from './approved-cases.ts';
import type { Queryable, Row } from './database.ts';
import type { DurableStore } from './durable-store.ts';
import { textPlaceOf } from './push-log.ts';
import { SecretError } from './secrets.ts';

/** Rows that no process reads at its start, and that are of use for longer than a change of keys takes. */
const kept = [
  {
    table: 'wxq_approved_case',
    column: 'input_sealed',
    key: ['platform', 'app_id', 'category_id'],
    placeOf: (row: Row) =>
      inputPlaceOf({
        platform: String(row.platform),
        appId: String(row.app_id),
        categoryId: String(row.category_id),
      }),
  },
  {
    table: 'wxq_push',
    column: 'event_sealed',
    key: ['id', 'app_id', 'at'],
    placeOf: (row: Row) => textPlaceOf({ appId: String(row.app_id), at: Number(row.at) }),
  },
] as const;

const alsoSealed = [
  { table: 'wxq_account', column: 'hidden_sealed' },
  { table: 'wxq_platform', column: 'ticket_sealed' },
  { table: 'wxq_platform', column: 'access_token_sealed' },
  { table: 'wxq_authorizer', column: 'code_sealed' },
  { table: 'wxq_authorizer', column: 'refresh_token_sealed' },
  { table: 'wxq_authorizer', column: 'access_token_sealed' },
] as const;

const atOnce = 200;

/**
 * Seals anew, with the first key, what is kept under an older one. Unlike an account, a push or an input whose key is gone
 * keeps no process from starting: it is left as it is and counted.
 */
export async function resealKept({
  database,
  secrets,
}: Pick<DurableStore, 'database' | 'secrets'>): Promise<{ unreadable: number }> {
  let unreadable = 0;
  for (const { table, column, key, placeOf } of kept) {
    for (const head of await headsIn(database, { table, column })) {
      if (secrets.isCurrent(head)) continue;
      for (let left = 0; ; ) {
        const rows = await database.query(
          `SELECT ${key.join(', ')}, ${column} FROM ${table} WHERE ${column} LIKE $1 ORDER BY ${key.join(', ')}
           OFFSET $2 LIMIT ${atOnce}`,
          [`${head}%`, left],
        );
        for (const row of rows) {
          const sealed = String(row[column]);
          const place = placeOf(row);
          try {
            // Only where nobody has written another one meanwhile.
            const where = key.map((name, index) => `${name} = $${index + 3}`).join(' AND ');
            await database.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = $2 AND ${where}`, [
              secrets.seal(secrets.open(sealed, place), place),
              sealed,
              ...key.map((name) => String(row[name])),
            ]);
          } catch (error) {
            if (!(error instanceof SecretError)) throw error;
            left += 1;
          }
        }
        if (rows.length < atOnce) {
          unreadable += left;
          break;
        }
      }
    }
  }
  return { unreadable };
}

/** One sealed text's beginning for each key that something is still sealed with: `isCurrent` and `opens` take it. */
export async function sealedHeads(database: Queryable): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const { table, column } of [...alsoSealed, ...kept]) {
    for (const head of await headsIn(database, { table, column })) {
      found.set(head, [...new Set([...(found.get(head) ?? []), table])]);
    }
  }
  return found;
}

/** `1.<id of the key>.` */
async function headsIn(database: Queryable, { table, column }: { table: string; column: string }): Promise<string[]> {
  const rows = await database.query(
    `SELECT DISTINCT left(${column}, 11) AS head FROM ${table} WHERE ${column} IS NOT NULL`,
  );
  return rows.map((row) => String(row.head));
}
