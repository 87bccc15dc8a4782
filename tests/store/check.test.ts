/** `saguaro store check` on real folders: what it says, with which status, and what a repair leaves. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checked } from '../../command/store-check.ts';
import { folder, saguaro, startServer, type Finished } from '../cli/processes.ts';
import { wholeHistory, type Whole } from './damaging.ts';

const space = folder('check');
const config = join(space.path, 'saguaro.yaml');
writeFileSync(config, 'thisMachine: {poll: false}\n');
let whole: Whole;
beforeAll(async () => {
  whole = await wholeHistory();
});
afterAll(() => {
  whole.remove();
  space.remove();
});

/** A data folder with the whole history in it. */
function dataFolder(name: string): { env: Record<string, string>; history: string } {
  const data = join(space.path, name);
  mkdirSync(data, { mode: 0o700 });
  const history = join(data, 'history.db');
  copyFileSync(whole.path, history);
  return { env: { SAGUARO_DATA: data, SAGUARO_CONFIG: config }, history };
}
function hurt(history: string): void {
  const db = new DatabaseSync(history);
  db.exec('UPDATE raw_block SET t1 = t1 + 60000 WHERE id = (SELECT min(id) FROM raw_block)');
  db.exec('UPDATE r5_block SET b0 = b0 + 1 WHERE id = (SELECT min(id) FROM r5_block)');
  db.close();
}
const json = ({ stdout }: Finished) => JSON.parse(stdout) as Checked;

describe('saguaro store check', () => {
  it('finds a sound history sound', async () => {
    const { env } = dataFolder('sound');
    const text = await saguaro(['store', 'check'], env);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/history\.db: [\d\s  ]+rows looked at, all sound\.\nTABLE +ROWS +DAMAGED\n/);
  });

  it('names what is damaged, mends it, and is content afterwards', async () => {
    const { env, history } = dataFolder('damaged');
    hurt(history);
    const found = await saguaro(['store', 'check', '--json'], env);
    expect(found.status).toBe(1);
    expect(json(found)).toMatchObject({ sound: false, damaged: 2, repair: null });
    expect(json(found).findings.map(({ table, series }) => [table, series !== ''])).toEqual([
      ['raw_block', true],
      ['r5_block', true],
    ]);
    const text = await saguaro(['store', 'check'], env);
    expect(text.stdout).toMatch(/raw_block of \S+ and \d+ more series, \S+Z to \S+Z: does not match its checksum/);
    expect(text.stdout).toMatch(/Restore a backup from before/);
    const mended = await saguaro(['store', 'check', '--repair', '--json'], env);
    expect(mended.status).toBe(0);
    expect(json(mended)).toMatchObject({ sound: true, damaged: 0, repair: { before: 2, setAside: 2, kept: null } });
    expect(json(mended).repair?.recomputed).toBeGreaterThan(0);
    expect((await saguaro(['store', 'check'], env)).status).toBe(0);
  });

  it('checks a backup that was taken beside a server, and leaves the server’s history alone', async () => {
    const { env } = dataFolder('served');
    const server = await startServer(env);
    const tar = join(space.path, 'backup.tar');
    try {
      const refused = await saguaro(['store', 'check'], env);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toMatch(
        /is in use by another Saguaro \(process \d+\); stop it first, .* A backup can be checked meanwhile: saguaro store check --file/,
      );
      expect(await saguaro(['backup', tar], env)).toMatchObject({ status: 0 });
      const checked = await saguaro(['store', 'check', '--file', tar, '--json'], env);
      expect(checked.status).toBe(0);
      expect(json(checked)).toMatchObject({ file: tar, sound: true, setAside: 0 });
    } finally {
      expect(await server.stop()).toBe(0);
    }
  }, 60_000);

  it.each([
    [['--file', 'nowhere.db'], 1, /There is no file .*nowhere\.db/],
    [['--file', 'nowhere.tar'], 1, /cannot be read as a backup \(ENOENT\)/],
    [['--file', 'history.db', '--repair'], 2, /--repair works on the data folder only/],
    [['--file', join(import.meta.dirname, 'check.test.ts')], 1, /is damaged|not a history/],
  ] as const)('refuses %j', async (words, status, said) => {
    const refused = await saguaro(['store', 'check', ...words], { SAGUARO_DATA: join(space.path, 'none') });
    expect(refused.status).toBe(status);
    expect(refused.stderr).toMatch(said);
  });
});
