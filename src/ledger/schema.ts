/** `PRAGMA application_id`: "bitl". A SQLite file without it is somebody else's. */
export const APPLICATION_ID = 0x6269746c;

/** `PRAGMA user_version`. A larger one was written by a newer program. */
export const SCHEMA_VERSION = 3;

/** The oldest that is read as it is, and brought to {@link SCHEMA_VERSION} when it is written to. */
export const OLDEST_VERSION = 2;

const DIGESTS =
  'CREATE TABLE digests (start BLOB NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (start, id)) STRICT, WITHOUT ROWID;';

/**
 * `entries.entry` (canonical JSON) is the one source of truth: the columns queries use are generated from it, so they
 * can't disagree. `id` is the order of arrival in this file. `tree` holds the hashes of the subtrees the entry completed
 * in the RFC 6962 tree over its chain, from its own leaf's upwards (see tree.ts).
 * `chains` has a row for each chain begun here, with the identity of the file it was begun in; the last row is the
 * only one that may be appended to. `open_ops` holds intents without an outcome; verification rebuilds and compares.
 *
 * Every index is a page more that an append writes and waits for, so there are three: entries are put in order of
 * Lamport time as they are read (merge.ts), and found by digest in `digests`, which follows behind (digests.ts).
 */
export const SCHEMA = `
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  entry TEXT NOT NULL,
  entry_sha256 BLOB NOT NULL,
  signature BLOB NOT NULL,
  tree BLOB NOT NULL,
  nonce BLOB,
  payload TEXT,
  chain TEXT GENERATED ALWAYS AS (entry ->> '$.chain') VIRTUAL,
  seq INTEGER GENERATED ALWAYS AS (entry ->> '$.seq') VIRTUAL,
  lamport INTEGER GENERATED ALWAYS AS (entry ->> '$.lamport') VIRTUAL,
  ts TEXT GENERATED ALWAYS AS (entry ->> '$.ts') VIRTUAL,
  actor TEXT GENERATED ALWAYS AS (entry ->> '$.actor') VIRTUAL,
  "as" TEXT GENERATED ALWAYS AS (entry ->> '$.as') VIRTUAL,
  event TEXT GENERATED ALWAYS AS (entry ->> '$.event') VIRTUAL,
  phase TEXT GENERATED ALWAYS AS (entry ->> '$.phase') VIRTUAL,
  op TEXT GENERATED ALWAYS AS (entry ->> '$.op') VIRTUAL,
  parent TEXT GENERATED ALWAYS AS (entry ->> '$.parent') VIRTUAL
) STRICT;
CREATE UNIQUE INDEX entries_chain_seq ON entries (chain, seq);
CREATE INDEX entries_op ON entries (op, chain, phase);
CREATE INDEX entries_parent ON entries (parent) WHERE parent IS NOT NULL;
CREATE TABLE chains (
  id INTEGER PRIMARY KEY,
  chain TEXT NOT NULL UNIQUE,
  inode TEXT NOT NULL,
  birth TEXT NOT NULL,
  path TEXT NOT NULL,
  begun TEXT NOT NULL
) STRICT;
CREATE TABLE open_ops (op TEXT NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (op, chain)) STRICT, WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
${DIGESTS}
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** From version 2. */
export const MIGRATION = `
DROP INDEX entries_order;
DROP INDEX entries_digest;
${DIGESTS}
PRAGMA user_version = ${SCHEMA_VERSION};
`;
