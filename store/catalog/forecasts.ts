/**
 * Forecasts in the catalog: a text for each series, so that a restart shows at once what was known before it; and what was said
 * in earlier weeks, to be held against what came.
 */
import type { ForecastStore } from '../../core/capacity.ts';
import type { Connection } from './connection.ts';

export function forecasts(connection: Connection): ForecastStore {
  return {
    async load() {
      const [result] = await connection.run([{ sql: 'SELECT doc FROM forecasts ORDER BY series', params: [] }]);
      return (result?.rows ?? []).map((row) => String(row['doc']));
    },
    async save(rows) {
      if (rows.length === 0) return;
      const said = rows.flatMap((row) => (row.said ? [[row.series, row.said.madeMs, row.said.doc]] : []));
      await connection.run([
        {
          sql: 'INSERT OR REPLACE INTO forecasts (series, doc) VALUES (?, ?)',
          params: [],
          each: rows.map(({ series, doc }) => [series, doc]),
        },
        { sql: 'INSERT OR REPLACE INTO forecasts_said (series, made_ms, doc) VALUES (?, ?, ?)', params: [], each: said },
      ]);
    },
    async remove(series) {
      if (series.length === 0) return;
      await connection.run([{ sql: 'DELETE FROM forecasts WHERE series = ?', params: [], each: series.map((one) => [one]) }]);
    },
    async said(series) {
      const sql = 'SELECT doc FROM forecasts_said WHERE series = ? ORDER BY made_ms';
      const [result] = await connection.run([{ sql, params: [series] }]);
      return (result?.rows ?? []).map((row) => String(row['doc']));
    },
    async forget(beforeMs) {
      await connection.run([{ sql: 'DELETE FROM forecasts_said WHERE made_ms < ?', params: [beforeMs] }]);
    },
  };
}
