/** Habits in the catalog: opaque bytes for each series, changed together with the events of their episodes. */
import type { HabitStore, KeptHabit } from '../../core/habit-watch.ts';
import type { Connection } from './connection.ts';

/** Series asked for in one statement. */
const AT_ONCE = 100;
const SAVE = 'INSERT OR REPLACE INTO habits (series, bytes, event) VALUES (?, ?, ?)';

export function habits(connection: Connection): HabitStore {
  return {
    async load(series) {
      const found = [];
      for (let at = 0; at < series.length; at += AT_ONCE) {
        const some = series.slice(at, at + AT_ONCE);
        const sql = `SELECT series, bytes, event FROM habits WHERE series IN (${some.map(() => '?').join(', ')})`;
        const [result] = await connection.run([{ sql, params: some }]);
        for (const row of result?.rows ?? []) {
          const event = row['event'] === null ? null : Number(row['event']);
          found.push({ series: String(row['series']), bytes: row['bytes'] as Uint8Array, event });
        }
      }
      return found;
    },
    async save(kept) {
      if (kept.length === 0) return;
      await connection.run([{ sql: SAVE, params: [], each: kept.map(paramsOf) }]);
    },
    async begin({ series, bytes }, { kind, device, instance, cause, text, fromMs, toMs }) {
      const [added] = await connection.run([
        {
          sql: 'INSERT INTO events (kind, device, instance, cause, text, from_ms, to_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
          params: [kind, device, instance, cause, text, fromMs, toMs],
        },
        // The id of the row before it in the same transaction.
        { sql: SAVE.replace('?, ?, ?', '?, ?, last_insert_rowid()'), params: [series, bytes] },
      ]);
      return added?.lastId ?? 0;
    },
    async tell(habit, event, text, toMs) {
      await connection.run([
        { sql: 'UPDATE events SET text = ?, to_ms = ? WHERE id = ?', params: [text, toMs, event] },
        { sql: SAVE, params: paramsOf({ ...habit, event: toMs === null ? event : null }) },
      ]);
    },
    async keepOnly(series) {
      const [result] = await connection.run([{ sql: 'SELECT series FROM habits', params: [] }]);
      const gone = (result?.rows ?? []).map((row) => String(row['series'])).filter((one) => !series.has(one));
      if (gone.length === 0) return;
      await connection.run([{ sql: 'DELETE FROM habits WHERE series = ?', params: [], each: gone.map((one) => [one]) }]);
    },
  };
}

const paramsOf = ({ series, bytes, event = null }: KeptHabit) => [series, bytes, event];
