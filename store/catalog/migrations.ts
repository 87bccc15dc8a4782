/**
 * The schema of catalog.db, as the steps that led to it. A released step is never changed;
 * what is new is appended.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE devices (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE INDEX instances_device ON instances(device);
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    device TEXT,
    instance TEXT,
    cause TEXT,
    text TEXT NOT NULL,
    from_ms REAL NOT NULL,
    to_ms REAL
  ) STRICT;
  CREATE INDEX events_device ON events(device, id);
  CREATE INDEX events_from ON events(from_ms);
  CREATE INDEX events_open ON events(id) WHERE to_ms IS NULL;
  CREATE TABLE secrets (id TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE readings (
    device TEXT PRIMARY KEY REFERENCES devices(id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE embeds (
    id TEXT PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL,
    created_ms REAL NOT NULL,
    expires_ms REAL,
    revoked_ms REAL,
    used_ms REAL
  ) STRICT;
  `,
  `
  CREATE TABLE habits (
    series TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
  ) STRICT;
  `,
  'ALTER TABLE habits ADD COLUMN event INTEGER',
  'CREATE TABLE forecasts (series TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT',
  `
  CREATE TABLE forecasts_said (
    series TEXT NOT NULL,
    made_ms REAL NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (series, made_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX forecasts_said_made ON forecasts_said(made_ms);
  `,
];
