/** Runs one copy and ends; an error ends it as well and reaches whoever started it. */
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

const { from, to } = workerData as { from: string; to: string };
const db = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
try {
  db.prepare('VACUUM INTO ?').run(to);
} finally {
  db.close();
}
