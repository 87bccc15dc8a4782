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
// The copy is whole and needs no log.
const copy = new DatabaseSync(to);
try {
  copy.exec("UPDATE state SET value = 0 WHERE name = 'open'");
} finally {
  copy.close();
}
