/** Which store keeps the history, from the file and the environment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatConfigError, loadConfig } from '../../config.ts';

describe('store', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saguaro-stores-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const load = (text: string, env: Record<string, string> = {}) => {
    const path = join(folder, 'saguaro.yaml');
    writeFileSync(path, text);
    return loadConfig({ path, env, home: folder });
  };
  const storeOf = (text: string, env: Record<string, string> = {}) => {
    const loaded = load(text, env);
    if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
    return loaded.config.store;
  };
  const faults = (text: string, env: Record<string, string> = {}) => {
    const loaded = load(text, env);
    return loaded.ok ? [] : loaded.errors.map(formatConfigError).map((line) => line.replace(`${folder}/`, ''));
  };

  test('is the embedded one when nobody says', () => {
    expect(storeOf('interval: 1m\n')).toEqual({
      kind: 'embedded',
      influxdb: null,
      victoriametrics: null,
      spool: { maxBytes: 10 * 2 ** 30, maxAgeMs: 14 * 86_400_000 },
    });
  });

  test('may be InfluxDB, its parts from the file, the environment and a secret file', () => {
    const secret = join(folder, 'token');
    writeFileSync(secret, 's3cret\n');
    const found = storeOf('store: influxdb\ninfluxdb:\n  url: http://influx:8086/\n  org: host\n  version: 2\n', {
      SAGUARO_INFLUXDB_TOKEN_FILE: secret,
      SAGUARO_INFLUXDB_ORG: 'other',
    });
    expect(found.influxdb).toEqual({
      url: 'http://influx:8086',
      token: 's3cret',
      org: 'other',
      version: 2,
      prefix: 'saguaro',
      timeoutMs: 10_000,
    });
  });

  test('may be named by the environment alone', () => {
    const found = storeOf('', {
      SAGUARO_STORE: 'victoriametrics',
      SAGUARO_VICTORIAMETRICS_WRITE_URL: 'http://vm:8428',
      SAGUARO_VICTORIAMETRICS_READ_URL: 'http://vm:8428',
      SAGUARO_VICTORIAMETRICS_TOKEN: 'me:secret',
    });
    expect(found).toMatchObject({
      kind: 'victoriametrics',
      victoriametrics: { writeUrl: 'http://vm:8428', readUrl: 'http://vm:8428', token: 'me:secret', deleteUrl: null, tiers: {} },
    });
  });

  test('may have servers of its own for a tier, and a bound for what waits', () => {
    const text = `store: victoriametrics
victoriametrics:
  writeUrl: http://vminsert:8480/insert/0/influx
  readUrl: http://vmselect:8481/select/0/prometheus
  tiers: { 1d: { writeUrl: http://long:8428, readUrl: http://long:8428 } }
spool: { maxBytes: 512MiB, maxAge: 2d }
`;
    expect(storeOf(text)).toMatchObject({
      victoriametrics: { tiers: { '1d': { writeUrl: 'http://long:8428', readUrl: 'http://long:8428' } } },
      spool: { maxBytes: 512 * 2 ** 20, maxAgeMs: 2 * 86_400_000 },
    });
  });

  test.each([
    ['store: mysql\n', 'saguaro.yaml:1: store must be embedded, influxdb or victoriametrics'],
    ['store: influxdb\n', 'saguaro.yaml:1: store is influxdb, so the key influxdb with its url is needed'],
    ['influxdb: { token: x }\n', 'saguaro.yaml:1: influxdb needs the key url'],
    ['victoriametrics:\n  writeUrl: http://a:1\n', 'saguaro.yaml:1: victoriametrics needs the key readUrl'],
    [
      'influxdb: { url: http://me:word@host:8086 }\n',
      'saguaro.yaml:1: influxdb.url must not hold a name or password; give them as token',
    ],
    ['influxdb: { url: http://host:8086?db=x }\n', 'saguaro.yaml:1: influxdb.url must end with its path, without ? or #'],
    ['influxdb: { url: host }\n', 'saguaro.yaml:1: influxdb.url must be an address such as http://127.0.0.1:8086'],
    ['spool: { maxBytes: 10GB }\n', 'saguaro.yaml:1: spool.maxBytes must be a size with its unit, such as 512MiB or 10GiB'],
    ['spool: { maxBytes: 1KiB }\n', 'saguaro.yaml:1: spool.maxBytes must be at least 1MiB'],
    ['spool: { maxAge: 1s }\n', 'saguaro.yaml:1: spool.maxAge must be at least 1m'],
  ])('%s', (text, sentence) => {
    expect(faults(text)).toEqual([sentence]);
  });

  test('never shows a token', () => {
    const all = faults('influxdb: { token: topsecret, url: nowhere }\n').join('\n');
    expect(all).not.toContain('topsecret');
  });
});
