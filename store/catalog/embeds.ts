/** Embeds in the catalog: what never changes as a document, what does in columns of its own. */
import type { SQLOutputValue } from 'node:sqlite';
import type { Embed, EmbedStore } from '../../core/embed.ts';
import type { Connection } from './connection.ts';
import type { Result } from './protocol.ts';

const COLUMNS = 'doc, created_ms, expires_ms, revoked_ms, used_ms';
type Kept = Omit<Embed, 'createdMs' | 'expiresMs' | 'revokedMs' | 'usedMs'>;

export function embeds(connection: Connection): EmbedStore {
  return {
    async list() {
      const sql = `SELECT ${COLUMNS} FROM embeds ORDER BY created_ms DESC, id`;
      return rowsOf(await connection.run([{ sql, params: [] }])).map(embedOf);
    },
    async get(sha256) {
      const sql = `SELECT ${COLUMNS} FROM embeds WHERE sha256 = ?`;
      return rowsOf(await connection.run([{ sql, params: [sha256] }])).map(embedOf)[0] ?? null;
    },
    async add({ createdMs, expiresMs, revokedMs, usedMs, ...kept }, sha256) {
      const sql = `INSERT INTO embeds (id, sha256, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`;
      const params = [kept.id, sha256, JSON.stringify(kept satisfies Kept), createdMs, expiresMs, revokedMs, usedMs];
      await connection.run([{ sql, params }]);
    },
    async revoke(id, atMs) {
      // Both in one transaction: what was revoked already is told apart.
      const [before] = await connection.run([
        { sql: 'SELECT id FROM embeds WHERE id = ? AND revoked_ms IS NULL', params: [id] },
        { sql: 'UPDATE embeds SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL', params: [atMs, id] },
      ]);
      return (before?.rows.length ?? 0) > 0;
    },
    async used(id, atMs) {
      await connection.run([
        { sql: 'UPDATE embeds SET used_ms = max(coalesce(used_ms, 0), ?) WHERE id = ?', params: [atMs, id] },
      ]);
    },
    async forget(beforeMs) {
      await connection.run([{ sql: 'DELETE FROM embeds WHERE revoked_ms < ?1 OR expires_ms < ?1', params: [beforeMs] }]);
    },
  };
}

const rowsOf = (results: readonly Result[]): Result['rows'] => results[0]?.rows ?? [];
const momentOf = (value: SQLOutputValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

function embedOf(row: Result['rows'][number]): Embed {
  return {
    ...(JSON.parse(String(row['doc'])) as Kept),
    createdMs: Number(row['created_ms']),
    expiresMs: momentOf(row['expires_ms']),
    revokedMs: momentOf(row['revoked_ms']),
    usedMs: momentOf(row['used_ms']),
  };
}
