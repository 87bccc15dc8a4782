/** Habits in the catalog: opaque bytes for each series. */
import type { HabitStore } from '../../core/habit-watch.ts';
import type { Connection } from './connection.ts';

/** Series asked for in one statement. */
const AT_ONCE = 100;

export function habits(connection: Connection): HabitStore {
  return {
    async load(series) {
      const found = [];
      for (let at = 0; at < series.length; at += AT_ONCE) {
        const some = series.slice(at, at + AT_ONCE);
        const sql = `SELECT series, bytes FROM habits WHERE series IN (${some.map(() => '?').join(', ')})`;
        const [result] = await connection.run([{ sql, params: some }]);
        for (const row of result?.rows ?? []) found.push({ series: String(row['series']), bytes: row['bytes'] as Uint8Array });
      }
      return found;
    },
    async save(kept) {
      if (kept.length === 0) return;
      const sql = 'INSERT OR REPLACE INTO habits (series, bytes) VALUES (?, ?)';
      await connection.run([{ sql, params: [], each: kept.map(({ series, bytes }) => [series, bytes]) }]);
    },
    async keepOnly(series) {
      const [result] = await connection.run([{ sql: 'SELECT series FROM habits', params: [] }]);
      const gone = (result?.rows ?? []).map((row) => String(row['series'])).filter((one) => !series.has(one));
      if (gone.length === 0) return;
      await connection.run([{ sql: 'DELETE FROM habits WHERE series = ?', params: [], each: gone.map((one) => [one]) }]);
    },
  };
}
