/** What approved cases were made from, kept for longer than Temporal keeps their histories: for the watch, and for renewals. */
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Platform } from '../contract/qualification.ts';
import type { KnownCategory, PaperEnd } from '../contract/watch.ts';
import type { Row } from './database.ts';
import type { DurableStore } from './durable-store.ts';

/** Which category of which account. */
export interface CategoryPlace {
  platform: Platform;
  appId: string;
  categoryId: string;
}

/** The last approved case of a category. */
export interface KeptCase extends CategoryPlace {
  workflowId: string;
  closedAt: string;
  papers: readonly PaperEnd[];
  /** With every correction in it, and its images pinned. It names people and papers: at rest it is encrypted. */
  input: ChannelsShopInput | MiniProgramInput;
}

/** What a category is told to be with, once it is known to be in force. */
export type CaseFacts = Pick<KnownCategory, 'categoryId' | 'given' | 'workflowId' | 'externalId'>;

export interface ApprovedCases {
  /** Keeps it, unless a later one of the category is kept already. */
  keepCase(kept: KeptCase): Promise<void>;
  caseOf(place: CategoryPlace): Promise<KeptCase | undefined>;
  /** What the watch wants to know of the cases of an account. */
  casesOf(of: { platform: Platform; appId: string }): Promise<CaseFacts[]>;
  /** Up to when closed cases have been looked at, ms since 1970. */
  casesSeenUntil(of: { platform: Platform }): Promise<number | undefined>;
  sawCases(of: { platform: Platform; until: number }): Promise<void>;
}

export function createApprovedCases({ database, secrets }: Pick<DurableStore, 'database' | 'secrets'>): ApprovedCases {
  return {
    async keepCase({ platform, appId, categoryId, workflowId, closedAt, papers, input }) {
      await database.query(
        `INSERT INTO wxq_approved_case
           (platform, app_id, category_id, workflow_id, external_id, closed_at, papers, input_sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (platform, app_id, category_id) DO UPDATE SET workflow_id = excluded.workflow_id,
           external_id = excluded.external_id, closed_at = excluded.closed_at, papers = excluded.papers,
           input_sealed = excluded.input_sealed
         WHERE wxq_approved_case.closed_at <= excluded.closed_at`,
        [
          platform,
          appId,
          categoryId,
          workflowId,
          input.externalId ?? null,
          Date.parse(closedAt),
          JSON.stringify(papers),
          secrets.seal(JSON.stringify(input), inputPlaceOf({ platform, appId, categoryId })),
        ],
      );
    },
    async caseOf({ platform, appId, categoryId }) {
      const [row] = await database.query(
        'SELECT * FROM wxq_approved_case WHERE platform = $1 AND app_id = $2 AND category_id = $3',
        [platform, appId, categoryId],
      );
      if (row === undefined) return undefined;
      const place = { platform, appId, categoryId };
      return {
        ...place,
        workflowId: String(row.workflow_id),
        closedAt: new Date(Number(row.closed_at)).toISOString(),
        papers: JSON.parse(String(row.papers)) as PaperEnd[],
        input: JSON.parse(secrets.open(String(row.input_sealed), inputPlaceOf(place))) as KeptCase['input'],
      };
    },
    async casesOf({ platform, appId }) {
      const rows = await database.query(
        `SELECT category_id, papers, workflow_id, external_id FROM wxq_approved_case
         WHERE platform = $1 AND app_id = $2`,
        [platform, appId],
      );
      return rows.map((row) => ({ categoryId: String(row.category_id), ...caseFactsIn(row) }));
    },
    async casesSeenUntil({ platform }) {
      const [row] = await database.query('SELECT until FROM wxq_watch_cases_seen WHERE platform = $1', [platform]);
      return row === undefined ? undefined : Number(row.until);
    },
    async sawCases({ platform, until }) {
      await database.query(
        `INSERT INTO wxq_watch_cases_seen (platform, until) VALUES ($1, $2)
         ON CONFLICT (platform) DO UPDATE SET until = GREATEST(wxq_watch_cases_seen.until, excluded.until)`,
        [platform, until],
      );
    },
  };
}

/** Of a row of the table, or one that it was joined to. */
export const caseFactsIn = (row: Row): Omit<CaseFacts, 'categoryId'> => ({
  ...(row.papers === null ? {} : { given: JSON.parse(String(row.papers)) as PaperEnd[] }),
  ...(row.workflow_id === null ? {} : { workflowId: String(row.workflow_id) }),
  ...(row.external_id === null ? {} : { externalId: String(row.external_id) }),
});

/** Where the sealed input belongs: it opens nowhere else. */
export const inputPlaceOf = ({ platform, appId, categoryId }: { [name in keyof CategoryPlace]: string }): string =>
  `wxq_approved_case.input ${platform}/${appId}/${categoryId}`;
