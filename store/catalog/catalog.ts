/** The catalog in SQLite: devices, instances, events, secrets, settings and last readings. */
import type { SQLInputValue } from 'node:sqlite';
import type { Device, Event, Instance } from '../../core/model.ts';
import { NameTaken, type Catalog, type EventQuery } from '../../core/ports.ts';
import { connect, StatementError, type Connection } from './connection.ts';
import { embeds } from './embeds.ts';
import { forecasts } from './forecasts.ts';
import { habits } from './habits.ts';
import type { Result, Step } from './protocol.ts';
import { createVault } from './vault.ts';

const SQLITE_CONSTRAINT = 19;

/**
 * Opens or makes the catalog.
 * @param options.path catalog.db, or ':memory:'
 * @param options.keyPath file of the key that seals the secrets, made (0600) with the first secret; null: a key for this process only
 * @throws DataFolderError when the file is damaged, not writable or of a newer version
 */
export async function createCatalog(options: { readonly path: string; readonly keyPath: string | null }): Promise<Catalog> {
  const connection = await connect(options.path);
  return {
    devices: devices(connection),
    instances: instances(connection),
    events: events(connection),
    secrets: secrets(connection, options.keyPath),
    embeds: embeds(connection),
    forecasts: forecasts(connection),
    habits: habits(connection),
    settings: {
      async get(name) {
        const row = first(await connection.run([step('SELECT value FROM settings WHERE name = ?', name)]));
        return row ? String(row['value']) : null;
      },
      async put(name, value) {
        await connection.run([step('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', name, value)]);
      },
    },
    readings: {
      async save(entries) {
        if (entries.length === 0) return;
        // A device removed in the meantime takes its readings with it. What is there is written over in its
        // place: that is half the work of writing it anew.
        const sql = `INSERT INTO readings (device, bytes) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM devices WHERE id = ?1)
          ON CONFLICT (device) DO UPDATE SET bytes = excluded.bytes`;
        await connection.run([{ sql, params: [], each: entries.map(({ device, bytes }) => [device, bytes]) }]);
      },
      async load(device) {
        const row = first(await connection.run([step('SELECT bytes FROM readings WHERE device = ?', device)]));
        return row ? (row['bytes'] as Uint8Array) : null;
      },
    },
    backup: (path) => connection.alone(step('VACUUM INTO ?', path)),
    close: () => connection.close(),
  };
}

function devices(connection: Connection): Catalog['devices'] {
  return {
    async list() {
      return documents<Device>(await connection.run([step('SELECT doc FROM devices ORDER BY name, id')]));
    },
    async get(id) {
      return documents<Device>(await connection.run([step('SELECT doc FROM devices WHERE id = ?', id)]))[0] ?? null;
    },
    async count() {
      const sql = `SELECT count(*) AS devices, count(*) FILTER (WHERE json_array_length(doc, '$.sources') = 0) AS unasked FROM devices`;
      const row = first(await connection.run([step(sql)]));
      return { all: Number(row?.['devices'] ?? 0), unasked: Number(row?.['unasked'] ?? 0) };
    },
    async put(device) {
      const sql =
        'INSERT INTO devices (id, name, doc) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, doc = excluded.doc';
      try {
        await connection.run([step(sql, device.id, device.name, JSON.stringify(device))]);
      } catch (error) {
        if (error instanceof StatementError && error.code === SQLITE_CONSTRAINT) throw new NameTaken(device.name);
        throw error;
      }
    },
    async remove(id) {
      await connection.run([
        // A secret that another device uses as well stays.
        step(
          `DELETE FROM secrets WHERE id IN (
             SELECT json_extract(source.value, '$.secret') FROM devices, json_each(devices.doc, '$.sources') source WHERE devices.id = ?1
           ) AND id NOT IN (
             SELECT json_extract(source.value, '$.secret') FROM devices, json_each(devices.doc, '$.sources') source
             WHERE devices.id <> ?1 AND json_extract(source.value, '$.secret') IS NOT NULL
           )`,
          id,
        ),
        step('DELETE FROM events WHERE device = ?', id),
        step('DELETE FROM devices WHERE id = ?', id),
      ]);
    },
  };
}

function instances(connection: Connection): Catalog['instances'] {
  return {
    async list(device) {
      const query =
        device === undefined
          ? step('SELECT doc FROM instances ORDER BY rowid')
          : step('SELECT doc FROM instances WHERE device = ? ORDER BY rowid', device);
      return documents<Instance>(await connection.run([query]));
    },
    async put(entries) {
      // An import may have moved the beginning of a history back while its device was polled: it never moves on again.
      const sql = `INSERT INTO instances (id, device, doc) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET device = excluded.device,
        doc = json_set(excluded.doc, '$.firstSeenMs', min(instances.doc ->> '$.firstSeenMs', excluded.doc ->> '$.firstSeenMs'))`;
      await connection.run(entries.map((entry) => step(sql, entry.id, entry.device, JSON.stringify(entry))));
    },
  };
}

function events(connection: Connection): Catalog['events'] {
  const columns = 'id, kind, device, instance, cause, text, from_ms, to_ms';
  return {
    async add(entries) {
      const sql = 'INSERT INTO events (kind, device, instance, cause, text, from_ms, to_ms) VALUES (?, ?, ?, ?, ?, ?, ?)';
      const results = await connection.run(
        entries.map((event) =>
          step(sql, event.kind, event.device, event.instance, event.cause, event.text, event.fromMs, event.toMs),
        ),
      );
      return results.map((result) => result.lastId);
    },
    async end(ids, toMs) {
      await connection.run(ids.map((id) => step('UPDATE events SET to_ms = ? WHERE id = ? AND to_ms IS NULL', toMs, id)));
    },
    async list(query) {
      const { where, params } = conditions(query);
      const sql = `SELECT ${columns} FROM events ${where} ORDER BY id DESC LIMIT ?`;
      return eventRows(await connection.run([step(sql, ...params, query.limit)]));
    },
    async open() {
      return eventRows(await connection.run([step(`SELECT ${columns} FROM events WHERE to_ms IS NULL ORDER BY id`)]));
    },
  };
}

/** An event is in a range when any part of it is. */
function conditions(query: EventQuery): { where: string; params: SQLInputValue[] } {
  const parts: string[] = [];
  const params: SQLInputValue[] = [];
  const add = (sql: string, ...values: SQLInputValue[]) => {
    parts.push(sql);
    params.push(...values);
  };
  if (query.device !== undefined) add('device = ?', query.device);
  if (query.among !== undefined) {
    // One value for a list of any length.
    add('(device IS NULL OR device IN (SELECT value FROM json_each(?)))', JSON.stringify(query.among.devices));
    add('(instance IS NULL OR instance IN (SELECT value FROM json_each(?)))', JSON.stringify(query.among.instances));
  }
  if (query.fromMs !== undefined) add('(to_ms IS NULL OR to_ms >= ?)', query.fromMs);
  if (query.toMs !== undefined) add('from_ms <= ?', query.toMs);
  if (query.kinds !== undefined) add(`kind IN (${query.kinds.map(() => '?').join(', ')})`, ...query.kinds);
  if (query.cause !== undefined) add('cause = ?', query.cause);
  if (query.beforeId !== undefined) add('id < ?', query.beforeId);
  return { where: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', params };
}

function secrets(connection: Connection, keyPath: string | null): Catalog['secrets'] {
  const vault = createVault(keyPath);
  return {
    async put(id, plaintext) {
      const sealed = await vault.seal(id, plaintext);
      await connection.run([step('INSERT OR REPLACE INTO secrets (id, sealed) VALUES (?, ?)', id, sealed)]);
    },
    async get(id) {
      const row = first(await connection.run([step('SELECT sealed FROM secrets WHERE id = ?', id)]));
      return row ? vault.unseal(id, row['sealed'] as Uint8Array) : null;
    },
    async remove(id) {
      await connection.run([step('DELETE FROM secrets WHERE id = ?', id)]);
    },
  };
}

function step(sql: string, ...params: SQLInputValue[]): Step {
  return { sql, params };
}

function first(results: readonly Result[]): Result['rows'][number] | undefined {
  return results[0]?.rows[0];
}

function documents<T>(results: readonly Result[]): T[] {
  return (results[0]?.rows ?? []).map((row) => JSON.parse(String(row['doc'])) as T);
}

function eventRows(results: readonly Result[]): Event[] {
  return (results[0]?.rows ?? []).map((row) => ({
    id: Number(row['id']),
    kind: row['kind'] as Event['kind'],
    device: row['device'] as string | null,
    instance: row['instance'] as string | null,
    cause: row['cause'] as Event['cause'],
    text: String(row['text']),
    fromMs: Number(row['from_ms']),
    toMs: row['to_ms'] === null ? null : Number(row['to_ms']),
  }));
}
