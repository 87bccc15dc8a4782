import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { ensureDashboard } from '../../command/dashboard.ts';

const HOME = join(import.meta.dirname, '..', '..');
const ASSETS = join(HOME, 'web', 'dist', 'assets');

beforeAll(async () => {
  await ensureDashboard(HOME, () => undefined);
}, 120_000);

/** What the first page and the first graph cost on a slow line. */
it.each([
  ['the shell', /^index-.*\.js$/, 25_000],
  ['the chart', /^chart-.*\.js$/, 65_000],
  ['the styles', /^index-.*\.css$/, 8_000],
])('%s stays small', (_name, pattern, mostBytes) => {
  const files = readdirSync(ASSETS).filter((name) => pattern.test(name));
  expect(files).toHaveLength(1);
  const bytes = gzipSync(readFileSync(join(ASSETS, files[0] ?? '')), { level: 9 }).length;
  expect(bytes).toBeLessThanOrEqual(mostBytes);
});
