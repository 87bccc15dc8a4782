/** `saguaro store migrate` between files; with servers it is tested where those are. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folder, saguaro } from './processes.ts';

describe('saguaro store migrate', () => {
  const { path, remove } = folder('migrate');
  const data = join(path, 'data');
  const other = join(path, 'other.db');
  const run = (words: readonly string[], variables: Record<string, string> = {}) =>
    saguaro(['store', 'migrate', ...words], { SAGUARO_DATA: data, ...variables });

  beforeAll(async () => {
    const firstS = Math.floor(Date.now() / 1000) - 2 * 86_400;
    const lines = ['device,instance,metric,unit,time,value'];
    for (let i = 0; i < 500; i++)
      for (const device of ['web1', 'web2'])
        lines.push(`${device},eth0,interface.in_bps,bps,${firstS + i * 300},${i % 9 === 0 ? '' : i * 100}`);
    const file = join(path, 'history.csv');
    writeFileSync(file, lines.join('\n'));
    expect(await saguaro(['import', file], { SAGUARO_DATA: data })).toMatchObject({ status: 0 });
  });
  afterAll(remove);

  test('copies everything, says so, and leaves no trace of being half done', async () => {
    const done = await run(['--from', 'embedded', '--to', other]);
    expect(done.stderr).toContain('2 of 2 devices copied');
    expect(done.stdout).toMatch(
      /^Copied [\d\s.k]+ values of 2 series\.\nCompared .* values of 2 series: .*other\.db holds what embedded holds\.\n$/,
    );
    expect(done.status).toBe(0);
    expect(readdirSync(data).filter((name) => name.startsWith('migration-'))).toEqual([]);
  });

  test('says what differs, and ends with status 1', async () => {
    const db = new DatabaseSync(other);
    const tables = ['raw', 'raw_block'].filter((table) => db.prepare(`SELECT count(*) n FROM ${table}`).get()?.['n'] !== 0);
    for (const table of tables) db.exec(`DELETE FROM ${table}`);
    db.close();
    const compared = await run(['--from', 'embedded', '--to', other, '--compare-only', '--json']);
    expect(compared.status).toBe(1);
    const result = JSON.parse(compared.stdout) as { copied: null; comparison: { missing: number; examples: string[] } };
    expect(result.copied).toBeNull();
    expect(result.comparison.missing).toBeGreaterThan(900);
    expect(result.comparison.examples[0]).toMatch(/interface\.in_bps at \d{4}-\d\d-\d\dT.*Z \(raw\): is missing$/);
    // Nothing of it was marked as done: the next run copies it again.
    expect(await run(['--from', 'embedded', '--to', other])).toMatchObject({ status: 0 });
  });

  test.each([
    [['--from', 'embedded'], 2, 'store migrate needs --from STORE and --to STORE.'],
    [['--from', 'embedded', '--to', 'embedded'], 1, 'Both ends are the same store; name two different ones.'],
    [['--from', 'nowhere.db', '--to', 'embedded'], 1, /There is no history in .*nowhere\.db\./],
    [['--from', 'embedded', '--to', 'influxdb'], 1, 'The configuration says nothing of influxdb; give it the key influxdb'],
  ])('%j', async (words, status, sentence) => {
    const refused = await run(words);
    expect(refused.status).toBe(status);
    expect(refused.stderr).toMatch(sentence);
    expect(refused.stderr).not.toContain('at file:');
  });

  test('names a server that does not answer, and writes nothing', async () => {
    const refused = await run(['--from', 'embedded', '--to', 'influxdb'], { SAGUARO_INFLUXDB_URL: 'http://127.0.0.1:9' });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/InfluxDB/);
    expect(refused.stderr).not.toMatch(/fault of the program/);
    expect(existsSync(join(data, 'recent.db'))).toBe(false);
  });
});
