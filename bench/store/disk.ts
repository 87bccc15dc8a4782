/** Bytes a series of the embedded store at full retention, from what its closed blocks take. */
import { DatabaseSync } from 'node:sqlite';

/** Records and bins of a series: 14 d of minutes, 400 d of 5 minutes of which 40 d of means are kept plain, 5 y, 10 y. */
const KEPT = { raw: 20_160, plain: 40 * 288, r5: 115_200, r60: 43_920, r1d: 3_650 } as const;
const PLAIN = "substr(mean, 1, 1) = x'00'";

/**
 * Blobs as they are, times what pages and indexes add to them; the moments of records, and what is still in the head, not
 * in the blobs' favour: moments count with the records, the head holds less than a day.
 * @param path a compact copy of a history of at least 45 days of minutes
 */
export function bytesASeries(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const sum = (query: string): number => Number(db.prepare(query).get()?.['n'] ?? 0);
  // Every blob says in its third and fourth byte how many values it holds, of all series of its block.
  const held = (query: string): number => {
    let n = 0;
    for (const row of db.prepare(query).iterate()) {
      const head = row['head'] as Uint8Array;
      n += (head[2] ?? 0) + 256 * (head[3] ?? 0);
    }
    return n;
  };
  try {
    const pages = sum("SELECT sum(pgsize) AS n FROM dbstat WHERE name GLOB '*_block*'");
    const rawBytes = sum('SELECT sum(length(value)) AS n FROM raw_block');
    const bins = (['r5', 'r60', 'r1d'] as const).map((table) => {
      const joined = `${table}_block JOIN ${table}_block_mean USING (id)`;
      const means = (where: string) => ({
        bytes: sum(`SELECT sum(length(mean)) AS n FROM ${joined} WHERE ${where}`),
        count: held(`SELECT substr(mean, 1, 8) AS head FROM ${joined} WHERE ${where}`),
      });
      return {
        rest: sum(`SELECT sum(length(min) + length(max) + length(known)) AS n FROM ${table}_block`),
        plain: means(PLAIN),
        packed: means(`NOT ${PLAIN}`),
      };
    });
    const blobs = bins.reduce((all, { rest, plain, packed }) => all + rest + plain.bytes + packed.bytes, rawBytes);
    const perMean = ({ bytes, count }: { bytes: number; count: number }) => (count > 0 ? bytes / count : 8);
    const bytes = bins.map(({ rest, plain, packed }, i) => {
      const kept = [KEPT.r5, KEPT.r60, KEPT.r1d][i] ?? 0;
      const keptPlain = i === 0 ? KEPT.plain : 0;
      const restOfEach = rest / Math.max(1, plain.count + packed.count);
      return kept * restOfEach + keptPlain * perMean(plain) + (kept - keptPlain) * perMean(packed);
    });
    const stamps = sum("SELECT sum(pgsize) AS n FROM dbstat WHERE name GLOB 'times*'");
    const records = held('SELECT substr(value, 1, 8) AS head FROM raw_block');
    const raw = (KEPT.raw * (rawBytes * (pages / blobs) + stamps)) / records;
    return raw + bytes.reduce((all, one) => all + one, 0) * (pages / blobs);
  } finally {
    db.close();
  }
}
