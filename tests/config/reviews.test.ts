import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatConfigError, loadConfig } from '../../config.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'saguaro-config-reviews-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const path = join(folder, 'saguaro.yaml');
  writeFileSync(path, `timeZone: Europe/Paris\n${text}`);
  return loadConfig({ path, env: {}, home: folder });
}
const reviewsOf = (text: string) => {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(loaded.errors.map(formatConfigError).join('\n'));
  return loaded.config.reviews;
};
const faultsOf = (text: string) => {
  const loaded = load(text);
  return loaded.ok ? [] : loaded.errors.map((error) => formatConfigError(error).replace(/^.*saguaro\.yaml:/, ''));
};

it('has defaults for all but name and period', () => {
  expect(reviewsOf('')).toEqual([]);
  expect(reviewsOf('reviews: [{name: All, every: month}]')).toEqual([
    {
      name: 'All',
      every: 'month',
      select: { kind: null, site: null, tag: null, device: null, name: null, alias: null, not: null },
      metrics: ['interface.in_bps', 'interface.out_bps'],
      zone: 'Europe/Paris',
      keep: 12,
    },
  ]);
});

it('takes a selector as dashboards have it', () => {
  const [review] = reviewsOf(
    'reviews:\n  - {name: A, every: week, select: {site: attic, not: {name: lo}}, metric: disk.used_bytes, zone: UTC, keep: 3}',
  );
  expect(review).toMatchObject({
    select: { site: ['attic'], not: { name: ['lo'] } },
    metrics: ['disk.used_bytes'],
    zone: 'UTC',
    keep: 3,
  });
});

it.each([
  ['reviews: [{name: A}]', '2: reviews[0] needs the key every'],
  ['reviews: [{name: A, every: day}]', '2: reviews[0].every must be week or month'],
  ['reviews: [{name: A, every: week, keep: 0}]', '2: reviews[0].keep must be a number from 1 to 120'],
  ['reviews: [{name: A, every: week, zone: Mars}]', '2: reviews[0].zone must be a time zone such as Europe/Paris or UTC'],
  ['reviews: [{name: A, every: week, colour: red}]', '2: reviews[0].colour is not a known key; known are'],
  ['reviews: [{name: A, every: week, metric: nothing}]', '2: reviews[0].metric must be a metric such as disk.used_bytes'],
  ['reviews: [{name: A, every: week, select: {sites: x}}]', '2: reviews[0].select.sites is not a known key; did you mean site?'],
  [
    'reviews:\n  - {name: A, every: week}\n  - {name: A, every: month}',
    '4: reviews[1].name "A" is the name of reviews[0] already; names are unique',
  ],
  [
    'reviews: [{name: A, every: week, metric: [disk.used_bytes, load.five]}]',
    '2: reviews[0].metric must be of one unit, and these are in bytes and 1; make two reviews of it',
  ],
])('%s is refused in words', (text, fault) => expect(faultsOf(text)[0]).toContain(fault));
