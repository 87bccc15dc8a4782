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

/** A chunk and whatever it imports before it can run, by file name. */
function withImports(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const code = readFileSync(join(ASSETS, name), 'utf8');
  for (const [, other = ''] of code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) withImports(other, seen);
  return seen;
}

it('the first page with all it needs but the chart stays small', () => {
  const entry = readdirSync(ASSETS).filter((name) => /^(index|overview)-.*\.js$/.test(name));
  expect(entry).toHaveLength(2);
  const files = new Set(entry.flatMap((name) => [...withImports(name)]));
  expect(files.size).toBeGreaterThan(3);
  const bytes = [...files].reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length, 0);
  expect(bytes).toBeLessThanOrEqual(32_000);
});
