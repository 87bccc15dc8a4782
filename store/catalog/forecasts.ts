/** Rows of forecasts in the catalog: a text for each series, so that a restart shows at once what was known before it. */
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
      const sql = 'INSERT OR REPLACE INTO forecasts (series, doc) VALUES (?, ?)';
      await connection.run([{ sql, params: [], each: rows.map(({ series, doc }) => [series, doc]) }]);
    },
    async remove(series) {
      if (series.length === 0) return;
      await connection.run([{ sql: 'DELETE FROM forecasts WHERE series = ?', params: [], each: series.map((one) => [one]) }]);
    },
  };
}
