/**
 * The schema of history.db, as the steps that led to it. A released step is never changed;
 * what is new is appended. See docs/decisions/0002-embedded-store.md for the layout.
 */
export const PAGE_BYTES = 16_384;

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
];
