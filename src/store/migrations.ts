/** The tables of this application, as numbered steps. A step that has been released is never changed: add another one. */

/** One step; all of it happens or nothing. */
export interface Migration {
  number: number;
  name: string;
  /** Statements, in order. Written so that the program of the version before still works: it may run meanwhile. */
  statements: readonly string[];
}

/** Times are milliseconds since 1970, except where a column's name says seconds; `*_sealed` is encrypted (`secrets.ts`). */
export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'platforms, authorizers, leases',
    statements: [
      `CREATE TABLE wxq_platform (
        component_app_id text PRIMARY KEY,
        ticket_sealed text,
        ticket_created_seconds bigint NOT NULL DEFAULT 0,
        ticket_at bigint,
        ticket_asked_at bigint,
        access_token_sealed text,
        access_token_at bigint,
        access_token_expires_at bigint,
        listed_at bigint
      )`,
      `CREATE TABLE wxq_authorizer (
        component_app_id text NOT NULL,
        app_id text NOT NULL,
        is_authorized boolean NOT NULL,
        event_seconds bigint NOT NULL DEFAULT 0,
        code_sealed text,
        code_expires_at bigint,
        used_code_sha256 text,
        refresh_token_sealed text,
        refresh_token_at bigint,
        access_token_sealed text,
        access_token_expires_at bigint,
        permission_sets text,
        PRIMARY KEY (component_app_id, app_id)
      )`,
      `CREATE TABLE wxq_lease (
        name text PRIMARY KEY,
        owner text NOT NULL,
        held_until timestamptz NOT NULL
      )`,
    ],
  },
  {
    number: 2,
    name: 'accounts',
    statements: [
      `CREATE TABLE wxq_account (
        kind text NOT NULL,
        app_id text NOT NULL,
        shown text NOT NULL,
        hidden_sealed text,
        file_digest text,
        is_removed boolean NOT NULL DEFAULT false,
        changed_at bigint NOT NULL,
        PRIMARY KEY (kind, app_id)
      )`,
      'CREATE TABLE wxq_account_revision (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), revision bigint NOT NULL)',
      'INSERT INTO wxq_account_revision (revision) VALUES (0)',
    ],
  },
  {
    number: 3,
    name: 'who an authorizer is, and whether its cases know',
    statements: [
      `ALTER TABLE wxq_authorizer ADD COLUMN name text, ADD COLUMN gh_id text, ADD COLUMN principal text,
        ADD COLUMN described_at bigint, ADD COLUMN told_authorized boolean`,
      'UPDATE wxq_authorizer SET told_authorized = is_authorized',
    ],
  },
  {
    number: 4,
    name: 'received pushes',
    statements: [
      `CREATE TABLE wxq_push (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at bigint NOT NULL,
        source text NOT NULL,
        route text NOT NULL,
        app_id text NOT NULL,
        component_app_id text NOT NULL,
        event text NOT NULL,
        is_ours boolean NOT NULL,
        result text NOT NULL,
        forwarded text,
        workflow_id text,
        event_sealed text
      )`,
      'CREATE INDEX wxq_push_kind ON wxq_push (is_ours, id)',
      'CREATE INDEX wxq_push_account ON wxq_push (app_id, id)',
      'CREATE INDEX wxq_push_at ON wxq_push (at)',
      `CREATE TABLE wxq_push_last (
        app_id text NOT NULL,
        component_app_id text NOT NULL,
        at bigint NOT NULL,
        event text NOT NULL,
        result text NOT NULL,
        PRIMARY KEY (app_id, component_app_id)
      )`,
    ],
  },
  {
    number: 5,
    name: 'turns of submissions, measured quota',
    statements: [
      `CREATE TABLE wxq_submission_turn (
        app_id text NOT NULL,
        case_id text NOT NULL,
        priority integer NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        waits_until timestamptz NOT NULL DEFAULT clock_timestamp(),
        held_until timestamptz,
        ticket text,
        PRIMARY KEY (app_id, case_id)
      )`,
      `CREATE TABLE wxq_quota_measurement (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        app_id text NOT NULL,
        case_id text NOT NULL,
        operation text NOT NULL,
        quota_before integer NOT NULL,
        quota_after integer,
        written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        read_at timestamptz
      )`,
      'CREATE INDEX wxq_quota_measurement_open ON wxq_quota_measurement (app_id) WHERE quota_after IS NULL',
      'CREATE INDEX wxq_quota_measurement_case ON wxq_quota_measurement (case_id, written_at)',
    ],
  },
  {
    number: 6,
    name: 'accounts held back',
    statements: [
      `CREATE TABLE wxq_rate_hold (
        app_id text PRIMARY KEY,
        errcode text NOT NULL,
        held_until timestamptz NOT NULL
      )`,
    ],
  },
  {
    number: 7,
    name: 'starts under an Idempotency-Key',
    statements: [
      `CREATE TABLE wxq_api_start (
        key_digest text PRIMARY KEY,
        request_digest text NOT NULL,
        owner text NOT NULL,
        claimed_until timestamptz NOT NULL,
        answer text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`,
      'CREATE INDEX wxq_api_start_created_at ON wxq_api_start (created_at)',
    ],
  },
  {
    number: 12,
    name: 'what is in force, what was found about it',
    statements: [
      `CREATE TABLE wxq_watched_account (
        platform text NOT NULL,
        app_id text NOT NULL,
        component_app_id text,
        tried_at bigint NOT NULL,
        read_at bigint,
        problem text,
        PRIMARY KEY (platform, app_id)
      )`,
      `CREATE TABLE wxq_watched_category (
        platform text NOT NULL,
        app_id text NOT NULL,
        category_id text NOT NULL,
        standing text NOT NULL,
        since text NOT NULL,
        details text NOT NULL,
        read_at bigint NOT NULL,
        PRIMARY KEY (platform, app_id, category_id)
      )`,
      `CREATE TABLE wxq_watch_finding (
        id text PRIMARY KEY,
        platform text NOT NULL,
        app_id text NOT NULL,
        category_id text NOT NULL,
        kind text NOT NULL,
        occasion text NOT NULL,
        found_at bigint NOT NULL,
        details text NOT NULL,
        told text,
        told_at bigint,
        UNIQUE (platform, app_id, category_id, occasion)
      )`,
      'CREATE INDEX wxq_watch_finding_untold ON wxq_watch_finding (platform, found_at) WHERE told IS NULL',
      'CREATE INDEX wxq_watch_finding_found_at ON wxq_watch_finding (found_at)',
    ],
  },
  {
    number: 13,
    name: 'what approved cases were made from',
    statements: [
      `CREATE TABLE wxq_approved_case (
        platform text NOT NULL,
        app_id text NOT NULL,
        category_id text NOT NULL,
        workflow_id text NOT NULL,
        external_id text,
        closed_at bigint NOT NULL,
        papers text NOT NULL,
        input_sealed text NOT NULL,
        PRIMARY KEY (platform, app_id, category_id)
      )`,
      'CREATE TABLE wxq_watch_cases_seen (platform text PRIMARY KEY, until bigint NOT NULL)',
    ],
  },
  {
    number: 16,
    name: 'who takes care of a case, imports of the console',
    statements: [
      `CREATE TABLE wxq_case_assignment (
        run_id text NOT NULL,
        number integer NOT NULL,
        case_id text NOT NULL,
        assignee text,
        given_by text NOT NULL,
        given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run_id, number)
      )`,
      `CREATE TABLE wxq_import (
        id text PRIMARY KEY,
        file_name text NOT NULL,
        digest text NOT NULL,
        content text NOT NULL,
        preview text,
        stage text NOT NULL,
        done integer NOT NULL DEFAULT 0,
        total integer NOT NULL,
        problem text,
        uploaded_by text NOT NULL,
        confirmed_by text,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        claimed_until timestamptz NOT NULL DEFAULT clock_timestamp()
      )`,
      'CREATE INDEX wxq_import_created_at ON wxq_import (created_at)',
      `CREATE TABLE wxq_import_result (
        import_id text NOT NULL REFERENCES wxq_import (id) ON DELETE CASCADE,
        row_number integer NOT NULL,
        result text NOT NULL,
        PRIMARY KEY (import_id, row_number)
      )`,
    ],
  },
  {
    number: 17,
    name: 'watched accounts that left',
    statements: ['ALTER TABLE wxq_watched_account ADD COLUMN left_at bigint'],
  },
];
