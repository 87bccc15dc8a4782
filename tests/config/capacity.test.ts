/** Limits, lead times and rounds of forecasts in a configuration file: what is taken, and what is named as wrong. */
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

it('has its rounds at four in the morning, and keeps reports', () => {
  for (const text of ['', 'capacity: []\n', 'capacity: {}\n', 'capacity: { limits: [] }\n']) {
    const loaded = load(text);
    expect(loaded.ok && [loaded.config.capacity, loaded.config.capacityRounds]).toEqual([
      [],
      { nightlyMinute: 240, report: true },
    ]);
  }
});

it('takes the limits as one key of several', () => {
  const loaded = load('capacity:\n  nightly: 23:05\n  report: false\n  limits:\n    - { what: disk, limit: 90% }\n');
  expect(loaded.ok && loaded.config.capacityRounds).toEqual({ nightlyMinute: 23 * 60 + 5, report: false });
  expect(loaded.ok && loaded.config.capacity).toMatchObject([{ what: 'disk', share: 0.9 }]);
});

it.each([
  ['nightly: "24:00"', '2: capacity.nightly must be a time of day from "00:00" to "23:59", in quotes'],
  ['nightly: 4', '2: capacity.nightly must be a time of day'],
  ['nightly: "4:00"', '2: capacity.nightly must be a time of day'],
  ['report: monthly', '2: capacity.report must be true or false'],
  ['reports: true', '2: capacity.reports is not a known key; did you mean report?'],
  ['limits: { what: disk }', '2: capacity.limits must be a list; begin each entry with "- "'],
  ['limits:\n    - { limit: 0% }', '3: capacity.limits[0].limit must be more than 0%'],
  ['limits:\n    - { what: disk }', '3: capacity.limits[0] says nothing: give it a limit'],
  ['limits:\n    - { what: cpu, limit: 90% }', '3: capacity.limits[0].what must be disk, memory or link'],
])('%s is refused with its line: %s', (entry, words) => {
  const loaded = load(`capacity:\n  ${entry}\n`);
  expect(loaded.ok ? [] : loaded.errors.map(formatConfigError)).toEqual([expect.stringContaining(`saguaro.yaml:${words}`)]);
});

it.each(['capacity: often\n', 'capacity:\n'])('%j is refused in words', (text) => {
  const loaded = load(text);
  expect(loaded.ok ? [] : loaded.errors.map(formatConfigError)).toEqual([
    expect.stringContaining('capacity must have keys of its own: limits, report, nightly'),
  ]);
});
