/**
 * The schema of the SQLite store, as numbered steps that only go forward. A step that was released is never edited: a
 * change is a new step. `PRAGMA user_version` holds the number of the last step that a file has been through.
 *
 * What decides the layout: statements come in log order, so the tables are rowid tables keyed by `seq` and every other index
 * is either ordered by time too (ULIDs) or as small as it can be, because each row of a random index costs a page.
 */
import type { Database } from 'better-sqlite3'
import { Refusal } from '../../protocol/refusal.ts'
import { failPoint } from './fail-points.ts'

export interface Migration {
  version: number
  name: string
  sql: string
}

/** "onep" in ASCII: marks a file as ours. https://www.sqlite.org/pragma.html#pragma_application_id */
export const APPLICATION_ID = 0x6f_6e_65_70

export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'departments, types, status lists, statements, log, orders, transactions, settings',
    sql: `
      CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

      CREATE TABLE departments (
        code TEXT PRIMARY KEY, uscc TEXT NOT NULL UNIQUE, did TEXT NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL,
        roles TEXT NOT NULL, created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE types (
        code TEXT NOT NULL, version INTEGER NOT NULL, type_code TEXT NOT NULL,
        department TEXT NOT NULL REFERENCES departments (code), definition TEXT NOT NULL, digest BLOB NOT NULL,
        created_at INTEGER NOT NULL, PRIMARY KEY (code, version)
      ) STRICT;

      -- The order in which a list hands out its indices, drawn when the list is opened.
      CREATE TABLE status_lists (
        id INTEGER PRIMARY KEY, department TEXT NOT NULL, number INTEGER NOT NULL, used INTEGER NOT NULL,
        capacity INTEGER NOT NULL, UNIQUE (department, number), CHECK (used BETWEEN 0 AND capacity)
      ) STRICT;
      CREATE TABLE status_order (
        list INTEGER NOT NULL REFERENCES status_lists (id), chunk INTEGER NOT NULL, indices BLOB NOT NULL,
        PRIMARY KEY (list, chunk)
      ) STRICT;

      CREATE TABLE statements (
        seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, accepted_at INTEGER NOT NULL, statement TEXT NOT NULL
      ) STRICT;
      -- Apart from the statements: sealing reads every leaf, and should not have to pass over kilobytes for 32 bytes.
      CREATE TABLE leaves (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT;
      CREATE INDEX leaves_by_hash ON leaves (substr(leaf, 1, 6));

      -- What the identifiers of a department's certificates of one type have in common.
      CREATE TABLE series (
        id INTEGER PRIMARY KEY, department TEXT NOT NULL, type_code TEXT NOT NULL, issuer TEXT NOT NULL,
        UNIQUE (department, type_code, issuer)
      ) STRICT;
      -- identifier_key: ULID (16 bytes) and version (2 bytes) of the identifier.
      CREATE TABLE certificates (
        seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, identifier_key BLOB NOT NULL, check_character TEXT NOT NULL,
        short_code INTEGER NOT NULL, status_list INTEGER NOT NULL, status_index INTEGER NOT NULL,
        valid_from INTEGER NOT NULL, valid_until INTEGER, key_salt BLOB, ciphertext BLOB
      ) STRICT;
      CREATE UNIQUE INDEX certificates_by_identifier ON certificates (identifier_key);
      CREATE UNIQUE INDEX certificates_by_short_code ON certificates (short_code);
      CREATE INDEX certificates_by_series ON certificates (series);
      -- A batch is a few runs of neighbouring statements: nothing to write for each certificate.
      CREATE TABLE batches (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, batch TEXT NOT NULL) STRICT;
      CREATE INDEX batches_by_name ON batches (batch);

      CREATE TABLE records (seq INTEGER PRIMARY KEY REFERENCES statements (seq), id BLOB NOT NULL UNIQUE) STRICT;

      -- No reference to certificates: who lost the database must still be able to revoke what it held.
      CREATE TABLE status_changes (
        seq INTEGER PRIMARY KEY REFERENCES statements (seq), id BLOB NOT NULL UNIQUE, identifier TEXT NOT NULL,
        action TEXT NOT NULL, reason TEXT NOT NULL, order_json TEXT NOT NULL, order_digest BLOB NOT NULL,
        after_seq INTEGER, state TEXT NOT NULL, block_number INTEGER, block_time INTEGER, refusal TEXT
      ) STRICT;
      CREATE INDEX status_changes_by_certificate ON status_changes (identifier);
      CREATE INDEX status_changes_open ON status_changes (seq) WHERE state NOT IN ('final', 'refused');

      CREATE TABLE answers (
        key TEXT PRIMARY KEY, request BLOB NOT NULL, first_seq INTEGER NOT NULL, count INTEGER NOT NULL,
        accepted_at INTEGER NOT NULL, batch TEXT
      ) STRICT, WITHOUT ROWID;

      -- 510 hashes (16,320 bytes) make a row fill two pages exactly.
      CREATE TABLE tiles (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;
      CREATE TABLE checkpoints (
        size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL, signature BLOB NOT NULL,
        sealed_at INTEGER NOT NULL, state TEXT NOT NULL, block_number INTEGER, block_hash TEXT, block_time INTEGER,
        reanchored INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX checkpoints_open ON checkpoints (size) WHERE state <> 'final';
      CREATE INDEX checkpoints_anchored ON checkpoints (size) WHERE state <> 'sealed';

      CREATE TABLE transactions (
        id INTEGER PRIMARY KEY, purpose TEXT NOT NULL, sender TEXT NOT NULL, nonce INTEGER NOT NULL, raw TEXT NOT NULL,
        hash TEXT NOT NULL, recipient TEXT, created_at INTEGER NOT NULL, state TEXT NOT NULL
      ) STRICT;
      CREATE INDEX transactions_open ON transactions (sender, nonce) WHERE state = 'stored';
      CREATE INDEX transactions_kept ON transactions (sender, nonce) WHERE state <> 'abandoned';
    `,
  },
  {
    version: 2,
    name: 'holders, and the index of their certificates',
    sql: `
      CREATE TABLE holders (
        id BLOB PRIMARY KEY, kind TEXT NOT NULL, lookup BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE certificate_holders (
        lookup BLOB NOT NULL, seq INTEGER NOT NULL REFERENCES statements (seq), PRIMARY KEY (lookup, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX certificate_holders_by_seq ON certificate_holders (seq);
    `,
  },
  {
    version: 3,
    name: 'who may act for whom',
    sql: `
      CREATE TABLE representations (
        id TEXT PRIMARY KEY, capacity TEXT NOT NULL, person BLOB NOT NULL, holder BLOB NOT NULL, matters TEXT, types TEXT,
        since INTEGER NOT NULL, until INTEGER, department TEXT, appointed_by TEXT NOT NULL, under TEXT,
        ended_at INTEGER, ended_by TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX representations_by_holder ON representations (holder, person);
      CREATE INDEX representations_by_person ON representations (person);
      CREATE INDEX representations_under ON representations (under) WHERE under IS NOT NULL;
    `,
  },
  {
    version: 4,
    name: 'statements by which versions of types were published',
    sql: `
      CREATE TABLE type_publications (
        code TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE REFERENCES statements (seq),
        PRIMARY KEY (code, version), FOREIGN KEY (code, version) REFERENCES types (code, version)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 5,
    name: 'batches before they are issued, and proposals',
    sql: `
      CREATE TABLE batch_drafts (
        id TEXT PRIMARY KEY, department TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL,
        state TEXT NOT NULL, revision INTEGER NOT NULL, rows INTEGER NOT NULL, bad INTEGER NOT NULL, leave_out INTEGER NOT NULL,
        maker TEXT NOT NULL, checker TEXT, digest BLOB, head_salt BLOB NOT NULL, head BLOB NOT NULL, remark_salt BLOB,
        remark BLOB, problem TEXT, created_at INTEGER NOT NULL, submitted_at INTEGER, decided_at INTEGER, issued_at INTEGER,
        first_seq INTEGER, issued INTEGER NOT NULL, delivered_at INTEGER, CHECK (bad BETWEEN 0 AND rows)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX batch_drafts_to_issue ON batch_drafts (id) WHERE state = 'approved';
      CREATE INDEX batch_drafts_to_deliver ON batch_drafts (id) WHERE state = 'issued' AND delivered_at IS NULL;
      CREATE TABLE batch_rows (
        batch TEXT NOT NULL REFERENCES batch_drafts (id), n INTEGER NOT NULL, line INTEGER NOT NULL, bad INTEGER NOT NULL,
        key_salt BLOB NOT NULL, ciphertext BLOB NOT NULL, PRIMARY KEY (batch, n)
      ) STRICT;
      -- Who had a hand in a batch may not approve it.
      CREATE TABLE batch_hands (
        batch TEXT NOT NULL REFERENCES batch_drafts (id), subject TEXT NOT NULL, PRIMARY KEY (batch, subject)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE proposals (
        id TEXT PRIMARY KEY, identifier TEXT NOT NULL, department TEXT NOT NULL, action TEXT NOT NULL, reason TEXT NOT NULL,
        effective TEXT, state TEXT NOT NULL, maker TEXT NOT NULL, checker TEXT, digest BLOB NOT NULL, content_salt BLOB,
        content BLOB, remark_salt BLOB, remark BLOB, problem TEXT, created_at INTEGER NOT NULL, decided_at INTEGER,
        change_seq INTEGER, successor_seq INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX proposals_open ON proposals (identifier) WHERE state IN ('proposed', 'approved');
      CREATE INDEX proposals_to_carry_out ON proposals (id) WHERE state = 'approved';
    `,
  },
  {
    version: 6,
    name: 'keys of holders, requests for consent, grants, withdrawals',
    sql: `
      CREATE TABLE holder_keys (
        id INTEGER PRIMARY KEY, person BLOB NOT NULL, signer BLOB NOT NULL, chain_holder BLOB NOT NULL UNIQUE,
        epoch INTEGER NOT NULL, state TEXT NOT NULL, requested_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
        ended_at INTEGER, leaf BLOB
      ) STRICT;
      CREATE UNIQUE INDEX holder_keys_active ON holder_keys (person) WHERE state = 'active';
      CREATE UNIQUE INDEX holder_keys_waiting ON holder_keys (person) WHERE state = 'waiting';
      CREATE INDEX holder_keys_of ON holder_keys (person);
      CREATE TABLE key_challenges (
        nonce BLOB PRIMARY KEY, person BLOB NOT NULL, signer BLOB NOT NULL, expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE consent_requests (
        id TEXT PRIMARY KEY, department TEXT NOT NULL, officer TEXT NOT NULL, matter TEXT NOT NULL, case_id TEXT,
        purpose TEXT NOT NULL, matter_text TEXT NOT NULL, purpose_text TEXT NOT NULL, term TEXT NOT NULL,
        refusing TEXT NOT NULL, notice_version INTEGER NOT NULL, expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX consent_requests_of ON consent_requests (department, id);
      CREATE TABLE consent_parties (
        request TEXT NOT NULL REFERENCES consent_requests (id), number INTEGER NOT NULL, holder BLOB NOT NULL,
        role TEXT, needed INTEGER NOT NULL, items TEXT NOT NULL, notice TEXT NOT NULL, state TEXT NOT NULL, shown_at INTEGER,
        answered_at INTEGER, digest BLOB, PRIMARY KEY (request, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX consent_parties_of ON consent_parties (holder, request);

      CREATE TABLE grants (
        id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, holder BLOB NOT NULL, person BLOB NOT NULL,
        key INTEGER NOT NULL REFERENCES holder_keys (id), chain_holder BLOB NOT NULL, request TEXT NOT NULL,
        party INTEGER NOT NULL, department TEXT NOT NULL, matter TEXT NOT NULL, not_before INTEGER NOT NULL,
        not_after INTEGER NOT NULL, epoch INTEGER NOT NULL, max_uses INTEGER NOT NULL, typed_data TEXT NOT NULL,
        terms_hash BLOB NOT NULL, signer BLOB NOT NULL, signature BLOB NOT NULL, accepted_at INTEGER NOT NULL,
        used INTEGER NOT NULL, state TEXT NOT NULL, block_number INTEGER, block_time INTEGER, refusal TEXT,
        FOREIGN KEY (request, party) REFERENCES consent_parties (request, number), CHECK (used BETWEEN 0 AND max_uses)
      ) STRICT;
      CREATE INDEX grants_open ON grants (id) WHERE state IN ('accepted', 'granted');
      CREATE INDEX grants_of_department ON grants (department);
      CREATE INDEX grants_of_holder ON grants (holder);
      CREATE INDEX grants_of_person ON grants (person);
      CREATE TABLE grant_items (
        grant_id INTEGER NOT NULL REFERENCES grants (id), leaf BLOB NOT NULL, fields TEXT NOT NULL,
        PRIMARY KEY (grant_id, leaf)
      ) STRICT, WITHOUT ROWID;

      -- Apart from the grants: one may be withdrawn before it comes, and then must not come.
      CREATE TABLE withdrawn_grants (
        chain_holder BLOB NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
        PRIMARY KEY (chain_holder, digest)
      ) STRICT, WITHOUT ROWID;
      -- Epochs up to this one are over.
      CREATE TABLE ended_epochs (
        chain_holder BLOB PRIMARY KEY, epoch INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE withdrawals (
        id INTEGER PRIMARY KEY, chain_holder BLOB NOT NULL, signer BLOB NOT NULL, digest BLOB, epoch INTEGER,
        signature BLOB NOT NULL, accepted_at INTEGER NOT NULL, state TEXT NOT NULL, refusal TEXT
      ) STRICT;
      CREATE INDEX withdrawals_open ON withdrawals (id) WHERE state IN ('accepted', 'executed');
    `,
  },
  {
    version: 7,
    name: 'uses, copies, legal bases, withholding, objections, corrections, erasures',
    sql: `
      CREATE TABLE uses (
        seq INTEGER PRIMARY KEY REFERENCES statements (seq), id BLOB NOT NULL UNIQUE, certificate_seq INTEGER NOT NULL,
        identifier TEXT NOT NULL, issuer TEXT NOT NULL, department TEXT NOT NULL, officer TEXT NOT NULL,
        matter TEXT NOT NULL, ground TEXT NOT NULL, refused TEXT
      ) STRICT;
      CREATE INDEX uses_by_certificate ON uses (certificate_seq);
      CREATE INDEX uses_by_issuer ON uses (issuer, seq);
      CREATE INDEX uses_by_department ON uses (department, seq);
      -- One for each reading. Where the gateway itself keeps the copy it is encrypted under a key of its own.
      CREATE TABLE copies (
        use_seq INTEGER PRIMARY KEY REFERENCES uses (seq), expires_at INTEGER NOT NULL, key_salt BLOB, ciphertext BLOB,
        destroyed_at INTEGER, why TEXT
      ) STRICT;
      CREATE INDEX copies_kept ON copies (expires_at) WHERE key_salt IS NOT NULL;

      CREATE TABLE duty_bases (
        department TEXT NOT NULL, matter TEXT NOT NULL, type TEXT NOT NULL, basis TEXT NOT NULL,
        recorded_by TEXT NOT NULL, recorded_at INTEGER NOT NULL, PRIMARY KEY (department, matter, type)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE withholdings (
        id TEXT PRIMARY KEY, certificate_seq INTEGER REFERENCES certificates (seq), identifier TEXT,
        department TEXT NOT NULL, reason TEXT NOT NULL, proposed_by TEXT NOT NULL, proposed_at INTEGER NOT NULL,
        confirmed_by TEXT CHECK (confirmed_by <> proposed_by), effective_at INTEGER,
        release_reason TEXT, release_proposed_by TEXT, release_proposed_at INTEGER,
        release_confirmed_by TEXT CHECK (release_confirmed_by <> release_proposed_by), released_at INTEGER,
        order_seq INTEGER REFERENCES statements (seq), release_seq INTEGER REFERENCES statements (seq)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE objections (
        id BLOB PRIMARY KEY, use_seq INTEGER NOT NULL REFERENCES uses (seq), holder TEXT NOT NULL,
        department TEXT NOT NULL, says_salt BLOB, says BLOB, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
        outcome TEXT, answer_salt BLOB, answer BLOB, answered_by TEXT, answered_at INTEGER, UNIQUE (use_seq, holder)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE corrections (
        id BLOB PRIMARY KEY, certificate_seq INTEGER NOT NULL REFERENCES certificates (seq), identifier TEXT NOT NULL,
        department TEXT NOT NULL, holder TEXT NOT NULL, field TEXT NOT NULL, says_salt BLOB, says BLOB,
        created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, outcome TEXT, successor TEXT,
        answer_salt BLOB, answer BLOB, answered_by TEXT, answered_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX objections_by_department ON objections (department);
      CREATE INDEX objections_by_holder ON objections (holder);
      CREATE INDEX corrections_by_department ON corrections (department);
      CREATE INDEX corrections_by_holder ON corrections (holder);

      CREATE TABLE erasures (
        certificate_seq INTEGER PRIMARY KEY REFERENCES certificates (seq), identifier TEXT NOT NULL,
        reason TEXT NOT NULL, erased_by TEXT NOT NULL, erased_at INTEGER NOT NULL
      ) STRICT;
    `,
  },
  {
    version: 8,
    name: 'presentations, and wrong digits',
    sql: `
      -- token: SHA-256. digits: keyed hash, only while they can be used, so that none are alive twice.
      CREATE TABLE presentations (
        id TEXT PRIMARY KEY, holder BLOB NOT NULL, person BLOB NOT NULL, verifier TEXT, purpose TEXT NOT NULL,
        opened_at INTEGER NOT NULL, stepped_up_at INTEGER NOT NULL, token BLOB NOT NULL UNIQUE, digits BLOB,
        code_expires_at INTEGER NOT NULL, paused_at INTEGER, cancelled_at INTEGER, department TEXT, officer TEXT,
        matter TEXT, resolved_at INTEGER, read_until INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX presentations_by_digits ON presentations (digits) WHERE digits IS NOT NULL;
      CREATE INDEX presentations_alive ON presentations (code_expires_at) WHERE digits IS NOT NULL;
      CREATE INDEX presentations_of ON presentations (holder, id);
      CREATE TABLE presentation_items (
        presentation TEXT NOT NULL REFERENCES presentations (id), number INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES statements (seq), leaf BLOB NOT NULL, identifier TEXT NOT NULL, type TEXT NOT NULL,
        fields TEXT NOT NULL, used_at INTEGER, used_fields INTEGER NOT NULL, PRIMARY KEY (presentation, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE presentation_guesses (
        id INTEGER PRIMARY KEY, department TEXT NOT NULL, officer TEXT NOT NULL, at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX presentation_guesses_of ON presentation_guesses (department, at);
    `,
  },
  {
    version: 9,
    name: 'matters, cases, webhooks',
    sql: `
      CREATE TABLE matters (
        code TEXT NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL, digest BLOB NOT NULL,
        published_by TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (code, version)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE cases (
        id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, matter TEXT NOT NULL, version INTEGER NOT NULL,
        channel TEXT NOT NULL, departments TEXT NOT NULL, conditions TEXT NOT NULL, assisted_by TEXT,
        opened_by TEXT NOT NULL, opened_at INTEGER NOT NULL, state TEXT NOT NULL, closed_at INTEGER, closed_reason TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE case_departments (
        department TEXT NOT NULL, case_id TEXT NOT NULL REFERENCES cases (id), PRIMARY KEY (department, case_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE case_parties (
        case_id TEXT NOT NULL REFERENCES cases (id), number INTEGER NOT NULL, role TEXT NOT NULL, holder BLOB NOT NULL,
        PRIMARY KEY (case_id, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX case_parties_by_holder ON case_parties (holder, case_id);
      -- The copy that was taken is encrypted under a key of its own and destroyed when its time is over.
      CREATE TABLE case_items (
        case_id TEXT NOT NULL REFERENCES cases (id), number INTEGER NOT NULL, requirement INTEGER NOT NULL,
        party INTEGER NOT NULL, identifier TEXT, ground TEXT, use_id TEXT, department TEXT, adopted_by TEXT,
        adopted_at INTEGER, copy_salt BLOB, copy BLOB, copy_expires_at INTEGER, flagged TEXT, flagged_at INTEGER,
        paper_by TEXT, paper_department TEXT, paper_reason TEXT, paper_at INTEGER, PRIMARY KEY (case_id, number)
      ) STRICT;
      CREATE INDEX case_items_by_certificate ON case_items (identifier) WHERE identifier IS NOT NULL;
      CREATE INDEX case_items_with_copies ON case_items (copy_expires_at) WHERE copy IS NOT NULL;
      CREATE TABLE case_steps (
        case_id TEXT NOT NULL REFERENCES cases (id), number INTEGER NOT NULL, department TEXT NOT NULL,
        state TEXT NOT NULL, by TEXT, reason TEXT, at INTEGER, PRIMARY KEY (case_id, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX case_steps_issuing ON case_steps (case_id) WHERE state = 'issuing';
      -- Written before anything is issued; the fields are encrypted and gone once it is.
      CREATE TABLE case_outputs (
        case_id TEXT NOT NULL REFERENCES cases (id), number INTEGER NOT NULL, step INTEGER NOT NULL,
        output INTEGER NOT NULL, cert TEXT NOT NULL, request_salt BLOB, request BLOB, replaces TEXT, how TEXT,
        reason TEXT, record TEXT, state TEXT NOT NULL, identifier TEXT, PRIMARY KEY (case_id, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE case_declarations (
        case_id TEXT NOT NULL REFERENCES cases (id), grouped TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (case_id, grouped)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE case_consents (
        case_id TEXT NOT NULL REFERENCES cases (id), request TEXT NOT NULL, PRIMARY KEY (case_id, request)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE case_events (
        seq INTEGER PRIMARY KEY, case_id TEXT NOT NULL REFERENCES cases (id), at INTEGER NOT NULL,
        event TEXT NOT NULL, data TEXT NOT NULL
      ) STRICT;
      CREATE INDEX case_events_of ON case_events (case_id, seq);

      CREATE TABLE webhooks (
        id TEXT PRIMARY KEY, department TEXT NOT NULL, url TEXT NOT NULL, events TEXT NOT NULL, state TEXT NOT NULL,
        created_by TEXT NOT NULL, created_at INTEGER NOT NULL, approved_by TEXT, approved_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX webhooks_of ON webhooks (department);
      CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY, webhook TEXT NOT NULL REFERENCES webhooks (id), event TEXT NOT NULL, name TEXT NOT NULL,
        body TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
        created_at INTEGER NOT NULL, last_status INTEGER, last_error TEXT
      ) STRICT;
      CREATE INDEX deliveries_waiting ON deliveries (next_at) WHERE state = 'waiting';
      CREATE INDEX deliveries_of ON deliveries (webhook, id);
    `,
  },
  {
    version: 10,
    name: 'machine clients of departments, and the assertions that they have shown',
    sql: `
      CREATE TABLE clients (
        id TEXT PRIMARY KEY, department TEXT NOT NULL REFERENCES departments (code), jwk TEXT NOT NULL,
        scopes TEXT NOT NULL, created_at INTEGER NOT NULL, disabled_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE client_assertions (
        client TEXT NOT NULL, jti TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (client, jti)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX client_assertions_by_end ON client_assertions (expires_at);
    `,
  },
  {
    version: 11,
    name: 'accounts, assignments, sessions',
    sql: `
      CREATE TABLE accounts (
        id TEXT PRIMARY KEY, lookup BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE assignments (
        id TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), role TEXT NOT NULL, department TEXT,
        from_at INTEGER NOT NULL, until_at INTEGER, assigned_by TEXT NOT NULL, created_at INTEGER NOT NULL,
        ended_at INTEGER, ended_by TEXT
      ) STRICT, WITHOUT ROWID;
      -- A role in a department is held once at a time.
      CREATE UNIQUE INDEX assignments_open ON assignments (account, role, ifnull(department, ''))
        WHERE ended_at IS NULL;
      CREATE INDEX assignments_of_department ON assignments (department, id);

      CREATE TABLE sessions (
        digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), role TEXT NOT NULL,
        department TEXT, holder TEXT, person TEXT, authenticated_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, sealed BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sessions_by_use ON sessions (used_at);
    `,
  },
  {
    version: 12,
    name: 'what an erasure takes along: what was presented, and the copies of cases',
    sql: `
      CREATE INDEX presentation_items_of ON presentation_items (seq);
      CREATE INDEX erasures_by_identifier ON erasures (identifier);
      DELETE FROM presentation_items WHERE seq IN (SELECT certificate_seq FROM erasures);
      UPDATE case_items SET copy_salt = NULL, copy = NULL WHERE identifier IN (SELECT identifier FROM erasures);
    `,
  },
  {
    version: 13,
    name: 'requests for consent that were withdrawn',
    sql: 'ALTER TABLE consent_requests ADD COLUMN withdrawn_at INTEGER;',
  },
  {
    version: 14,
    name: 'reports of fakes',
    sql: `
      CREATE TABLE reports (
        id TEXT PRIMARY KEY, content TEXT NOT NULL, received_at INTEGER NOT NULL,
        answer TEXT, answered_by TEXT, answered_at INTEGER
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 15,
    name: 'answers by their statements, for the mirror',
    sql: 'CREATE INDEX answers_by_statement ON answers (first_seq) WHERE first_seq > 0;',
  },
  {
    version: 16,
    name: 'the index of certificates by their number',
    sql: `
      -- Not by seq: an erasure looks through all of it, and that is seldom.
      CREATE TABLE certificate_numbers (
        lookup BLOB NOT NULL, seq INTEGER NOT NULL REFERENCES statements (seq), PRIMARY KEY (lookup, seq)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 17,
    name: 'check sums of rows',
    sql: 'CREATE TABLE row_sums (name TEXT NOT NULL, key TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;',
  },
]

/**
 * Refuses STORE_FORMAT for a database of another program and STORE_NEWER for one of a later release. Only reads, so that a file
 * which is not ours stays as it is.
 */
export function assertOurs(db: Database, steps: readonly Migration[] = migrations): void {
  const version = schemaVersion(db)
  const isNew = version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  if (!isNew && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new Refusal('STORE_FORMAT', `${db.name} is a database of another program`, { found: db.name })
  }
  const newest = steps.at(-1)?.version ?? 0
  if (version > newest) {
    throw new Refusal(
      'STORE_NEWER',
      `${db.name} was written by a later release: its schema is ${version}, this release knows ${newest}`,
      { expected: `at most ${newest}`, found: String(version) },
    )
  }
}

/** Brings a file to the newest schema, each step in a transaction of its own: after a crash a step has happened or it has not. */
export function migrate(db: Database, steps: readonly Migration[] = migrations): void {
  for (const step of steps) {
    db.transaction(() => {
      // Asked inside: another process may have taken the same step while we waited for the lock.
      if (schemaVersion(db) >= step.version) return
      db.exec(step.sql)
      failPoint('mid-migration')
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.pragma(`user_version = ${step.version}`)
    }).immediate()
  }
}

function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}
