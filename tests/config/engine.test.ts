/** Who asks devices over SNMP, from the file and the environment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatConfigError, loadConfig } from '../../config.ts';

describe('snmpEngine', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'saguaro-engine-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const load = (text: string, env: Record<string, string> = {}) => {
    const path = join(folder, 'saguaro.yaml');
    writeFileSync(path, text);
    return loadConfig({ path, env, home: folder });
  };

  test('is our own when nobody says', () => {
    expect(load('interval: 1m\n')).toMatchObject({ ok: true, config: { snmpEngine: 'own' } });
  });
  test('may be the library, by file or environment', () => {
    expect(load('snmpEngine: net-snmp\n')).toMatchObject({ ok: true, config: { snmpEngine: 'net-snmp' } });
    expect(load('snmpEngine: own\n', { SAGUARO_SNMP_ENGINE: 'net-snmp' })).toMatchObject({
      ok: true,
      config: { snmpEngine: 'net-snmp' },
    });
  });
  test('may be nothing else', () => {
    const loaded = load('snmpEngine: fast\n');
    if (loaded.ok) throw new Error('it was taken');
    expect(loaded.errors.map(formatConfigError)).toEqual([expect.stringMatching(/snmpEngine must be own or net-snmp/)]);
  });
});
