/** Limits and lead times of a configuration file: what is taken, and what is named as wrong. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatConfigError, loadConfig } from '../../config.ts';
import { ANYTHING } from '../../core/dashboard-select.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'saguaro-config-capacity-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const path = join(folder, 'saguaro.yaml');
  writeFileSync(path, text);
  return loadConfig({ path, env: {}, home: folder });
}

it('takes shares and amounts, for kinds and selectors', () => {
  const loaded = load('capacity:\n  - { what: disk, limit: 90% }\n  - { select: { tag: edge }, limit: 800e6, leadDays: 0 }\n');
  expect(loaded.ok && loaded.config.capacity).toEqual([
    { what: 'disk', select: ANYTHING, share: 0.9, amount: null, leadDays: null },
    { what: null, select: { ...ANYTHING, tag: ['edge'] }, share: null, amount: 800e6, leadDays: 0 },
  ]);
});

it.each([
  ['{ what: cpu, limit: 90% }', 'capacity[0].what must be disk, memory or link'],
  ['{ limit: 0% }', 'capacity[0].limit must be more than 0%'],
  ['{ limit: 101% }', 'capacity[0].limit must be more than 0%'],
  ['{ limit: -5 }', 'capacity[0].limit must be a share of the size or speed such as 90%'],
  ['{ limit: lots }', 'capacity[0].limit must be a share of the size or speed such as 90%'],
  ['{ leadDays: 2000 }', 'capacity[0].leadDays must be a number of days from 0 to 1000'],
  ['{ what: disk }', 'capacity[0] says nothing: give it a limit'],
  ['{ limits: 90% }', 'did you mean limit?'],
])('%s is refused: %s', (entry, words) => {
  const loaded = load(`capacity:\n  - ${entry}\n`);
  expect(loaded.ok ? [] : loaded.errors.map(formatConfigError)).toEqual([expect.stringContaining(words)]);
});
