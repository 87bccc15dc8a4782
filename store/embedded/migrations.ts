/**
 * The schema of history.db, as the steps that led to it. A released step is never changed;
 * what is new is appended. See docs/decisions/0002-embedded-store.md for the layout.
 */
export const PAGE_BYTES = 8_192;
/** What they were once; a file keeps the size it was begun with. */
export const PAGE_BYTES_EVER: readonly number[] = [PAGE_BYTES, 16_384];

const HEAD_OF_BINS = (tier: string) => `
  CREATE TABLE head_${tier} (
    seq INTEGER PRIMARY KEY, layout INTEGER NOT NULL, ts REAL NOT NULL,
    mean BLOB NOT NULL, min BLOB NOT NULL, max BLOB NOT NULL, known BLOB
  ) STRICT;
  CREATE UNIQUE INDEX head_${tier}_row ON head_${tier}(layout, ts);`;

const BINS = (table: string) => `
  CREATE TABLE ${table} (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, slot INTEGER NOT NULL,
    min BLOB NOT NULL, max BLOB NOT NULL, known BLOB NOT NULL
  ) STRICT;
  CREATE TABLE ${table}_mean (id INTEGER PRIMARY KEY, mean BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX ${table}_chunk ON ${table}(series, slot);
  CREATE INDEX ${table}_age ON ${table}(slot);`;

const HEAD_BY_TIME = (tier: string) => `
  CREATE UNIQUE INDEX head_${tier}_moment ON head_${tier}(ts, layout);
  DROP INDEX head_${tier}_row;`;

const BIN_BLOCKS = (table: string) => `
  CREATE TABLE ${table}_block (
    id INTEGER PRIMARY KEY, layout INTEGER NOT NULL, first INTEGER NOT NULL, b0 INTEGER NOT NULL, n INTEGER NOT NULL,
    min BLOB NOT NULL, max BLOB NOT NULL, known BLOB NOT NULL
  ) STRICT;
  CREATE TABLE ${table}_block_mean (id INTEGER PRIMARY KEY, mean BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX ${table}_block_place ON ${table}_block(layout, first, b0);
  CREATE INDEX ${table}_block_age ON ${table}_block(b0);`;

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE series (id INTEGER PRIMARY KEY, key TEXT) STRICT;
  CREATE TABLE layout (id INTEGER PRIMARY KEY, series BLOB NOT NULL) STRICT;
  CREATE TABLE head_raw (
    seq INTEGER PRIMARY KEY, layout INTEGER NOT NULL, ts REAL NOT NULL, interval REAL NOT NULL, value BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX head_raw_row ON head_raw(layout, ts);
  ${HEAD_OF_BINS('r5')} ${HEAD_OF_BINS('r60')} ${HEAD_OF_BINS('r1d')}
  CREATE TABLE times (id INTEGER PRIMARY KEY, t1 REAL NOT NULL, stamps BLOB NOT NULL) STRICT;
  CREATE INDEX times_age ON times(t1);
  CREATE TABLE raw (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, t0 REAL NOT NULL, t1 REAL NOT NULL,
    interval REAL NOT NULL, times INTEGER NOT NULL, value BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX raw_chunk ON raw(series, t0);
  CREATE INDEX raw_age ON raw(t1);
  ${BINS('r5')} ${BINS('r60')} ${BINS('r1d')}
  CREATE TABLE state (name TEXT PRIMARY KEY, value REAL NOT NULL) STRICT;
  CREATE TABLE damaged (id INTEGER PRIMARY KEY, tier TEXT NOT NULL, series INTEGER NOT NULL, at REAL NOT NULL, reason TEXT NOT NULL, bytes BLOB) STRICT;
  `,
  // Blocks of many series, and heads that are written at one place only.
  `
  ${(['raw', 'r5', 'r60', 'r1d'] as const).map(HEAD_BY_TIME).join('')}
  CREATE TABLE moved (head TEXT NOT NULL, layout INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (head, layout)) STRICT, WITHOUT ROWID;
  CREATE TABLE raw_block (
    id INTEGER PRIMARY KEY, layout INTEGER NOT NULL, first INTEGER NOT NULL, t0 REAL NOT NULL, t1 REAL NOT NULL,
    interval REAL NOT NULL, times INTEGER NOT NULL, value BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX raw_block_place ON raw_block(layout, first, t0);
  CREATE INDEX raw_block_age ON raw_block(t1);
  ${BIN_BLOCKS('r5')} ${BIN_BLOCKS('r60')} ${BIN_BLOCKS('r1d')}
  `,
  // Checksums over rows and the places they stand at; rows of before have none.
  `
  ${(['raw', 'r5', 'r60', 'r1d'] as const).map((tier) => `ALTER TABLE head_${tier} ADD COLUMN sums BLOB;`).join('')}
  ${(['series', 'layout', 'moved'] as const).map((table) => `ALTER TABLE ${table} ADD COLUMN sum INTEGER;`).join('')}
  ALTER TABLE damaged ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
  `,
  // Columns may be bit planes from here on, which a Saguaro of before would take for damage.
  'SELECT 1;',
];
