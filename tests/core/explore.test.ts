/** Graphs of the explorer: all of a graph is in its id, whatever is in the id is refused in words, and its file is a dashboard's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDashboard } from '../../config/dashboard-file.ts';
import { aligner, before } from '../../core/ago.ts';
import { AGGREGATES, type BoardLine } from '../../core/dashboard.ts';
import type { Condition, Selector } from '../../core/dashboard-select.ts';
import {
  exploreId,
  faultOf,
  GRAPH_ID_MAX,
  lensOf,
  NOTHING_CHOSEN,
  parseExploreId,
  type ExploreSpec,
} from '../../core/explore.ts';
import { dashboardYaml } from '../../core/explore-yaml.ts';
import { visible } from '../../core/text.ts';

const text = (maxLength: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .map((s) => visible(s))
    .filter((s) => s.length <= maxLength);
const patterns = fc.option(fc.array(text(12), { minLength: 1, maxLength: 3 }));
const condition: fc.Arbitrary<Condition> = fc.record({
  ...{ kind: patterns, site: patterns, tag: patterns },
  ...{ device: patterns, name: patterns, alias: patterns },
});
const asks = (one: Condition) => Object.values(one).some((part) => part !== null);
const selector: fc.Arbitrary<Selector> = fc
  .tuple(condition, fc.option(condition.filter(asks)))
  .map(([wanted, not]) => ({ ...wanted, not }));
const line: fc.Arbitrary<BoardLine> = fc.record({
  metric: fc.constantFrom('interface.in_bps', 'interface.out_bps'),
  aggregate: fc.constantFrom(...AGGREGATES),
  label: fc.oneof(fc.constant(''), text(20)),
  mirror: fc.boolean(),
  per: fc.constant(null),
  select: fc.option(fc.array(selector, { minLength: 1, maxLength: 2 })),
});
const value = fc.double({ min: 1e-6, max: 1e15, noNaN: true });
const spec: fc.Arbitrary<ExploreSpec> = fc.record({
  title: fc.oneof(fc.constant(''), text(40)),
  select: selector,
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  stack: fc.boolean(),
  limit: fc.option(value),
  greatest: fc.constantFrom('average', 'current', 'maximum'),
  thresholds: fc.array(fc.record({ label: fc.oneof(fc.constant(''), text(12)), value }), { maxLength: 3 }),
  p95: fc.boolean(),
  band: fc.option(fc.boolean()),
  events: fc.boolean(),
  compare: fc.option(fc.constantFrom('1d', '1w', '1mo', '1y')),
  difference: fc.boolean(),
});

const id = (json: unknown) => `explore~${Buffer.from(JSON.stringify(json)).toString('base64url')}`;
const errorOf = (given: string) => {
  const read = parseExploreId(given);
  return read && 'error' in read ? read.error : read;
};
const LINE = { m: 'interface.in_bps' };

describe('the id of a graph of the explorer', () => {
  it('says all of it, in letters that need no escape in an address', () => {
    fc.assert(
      fc.property(spec, (given) => {
        const text = exploreId(given);
        expect(text).toMatch(/^explore~[A-Za-z0-9_-]+$/);
        if (text.length <= GRAPH_ID_MAX) expect(parseExploreId(text)).toEqual({ spec: given });
        else expect(errorOf(text)).toContain('longer than 2048');
      }),
      { numRuns: 150 },
    );
  });

  it('is short for twelve interfaces picked one by one', () => {
    const lines = Array.from({ length: 12 }, (_, i): BoardLine => {
      const one = { kind: null, site: null, tag: null, alias: null, not: null };
      const select = [{ ...one, device: [`d3v1ceid${i}`], name: [`1nst4nce${i}`] }];
      return { metric: 'interface.out_bps', aggregate: 'each', label: '', mirror: true, per: null, select };
    });
    expect(exploreId({ ...NOTHING_CHOSEN, lines }).length).toBeLessThan(1600);
  });

  it('is never an exception, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((json) => Buffer.from(json).toString('base64url')),
        ),
        (rest) => {
          const read = parseExploreId(`explore~${rest}`);
          if (read && 'error' in read) expect(read.error).toMatch(/^[A-Z].*[.!]$/su);
        },
      ),
      { numRuns: 300 },
    );
    expect(parseExploreId('traffic~a~b')).toBeNull();
  });

  it.each([
    ['cut off', 'explore~eyJsIjpb', 'cut off or changed'],
    ['empty', 'explore~', 'cut off or changed'],
    ['nothing chosen', id({ l: [] }), 'needs at least one line'],
    ['too many lines', id({ l: Array.from({ length: 13 }, () => LINE) }), 'at most 12 lines, and this one has 13'],
    ['too long', `explore~${'A'.repeat(3000)}`, 'too much on it'],
    ['no metric', id({ l: [{}] }), 'Line 1 needs a metric such as interface.in_bps'],
    ['no such aggregate', id({ l: [{ ...LINE, a: 'median' }] }), 'must be each, sum, mean, max or min'],
    ['an unknown key', id({ l: [LINE], z: 1 }), 'The graph says "z", which this version does not know.'],
    ['an unknown condition', id({ l: [{ ...LINE, s: [{ colour: 'red' }] }] }), 'says "colour"'],
    ['no selector', id({ l: [{ ...LINE, s: [] }] }), 'needs at least one selector'],
    ['two units', id({ l: [LINE, { m: 'load.one' }] }), 'load.one is in 1, and interface.in_bps in bps: a graph has one unit.'],
    ['a sum of shares', id({ l: [{ m: 'disk.used_bytes', p: 'disk.size_bytes', a: 'sum' }] }), 'do not add up'],
    ['capacity of one by one', id({ l: [LINE], c: 'capacity' }), 'only where every line is a sum'],
    ['a limit below zero', id({ l: [LINE], c: -1 }), 'must be a number above 0'],
    ['a threshold that is none', id({ l: [LINE], h: [['much']] }), 'must be a number above 0'],
    ['compared with never', id({ l: [LINE], w: '3y' }), 'must be 1d, 1w, 1mo or 1y'],
  ])('refuses in a sentence: %s', (_what, given, words) => {
    expect(errorOf(given)).toContain(words);
  });
});

it('is what its documentation shows', () => {
  const [, json = ''] =
    /```json\n([^`]+)```/.exec(readFileSync(join(import.meta.dirname, '../../docs/explorer.md'), 'utf8')) ?? [];
  const read = parseExploreId(id(JSON.parse(json)));
  if (!read || 'error' in read) throw new Error(read?.error);
  expect(read.spec).toMatchObject({
    title: 'Transit',
    limit: 'capacity',
    compare: '1w',
    thresholds: [{ value: 2e8, label: 'contract' }],
  });
  expect(parseExploreId(exploreId(read.spec))).toEqual(read);
});

describe('its file', () => {
  it('is a dashboard that shows the same', () => {
    fc.assert(
      fc.property(spec, (given) => {
        const yaml = dashboardYaml(given, (_kind, name) => name);
        const { faults, graphs } = checkDashboard('x', 'x.yaml', yaml);
        expect(faults, yaml).toEqual([]);
        const lens = lensOf(given);
        const difference = lens.difference && lens.compare !== null;
        expect(graphs).toEqual([{ ...lens, key: expect.any(String) as string, difference }]);
      }),
      { numRuns: 100 },
    );
  });

  it('says names where there are some, and each line at a value', () => {
    const select = [{ kind: null, site: null, tag: null, device: ['d1'], name: ['i1'], alias: null, not: null }];
    const lines: BoardLine[] = [{ metric: 'interface.in_bps', aggregate: 'each', label: '', mirror: false, per: null, select }];
    const thresholds = [
      { label: 'contract', value: 2e8 },
      { label: '', value: 3e8 },
    ];
    expect(faultOf({ lines, limit: null })).toBeNull();
    expect(
      dashboardYaml({ ...NOTHING_CHOSEN, title: 'Uplink: in', lines, thresholds }, (kind) =>
        kind === 'device' ? 'sw1' : 'xe-0/0/1',
      ),
    ).toBe(
      `title: "Uplink: in"
graphs:
  - title: "Uplink: in"
    lines:
      - { metric: interface.in_bps, select: { device: sw1, name: xe-0/0/1 } }
    thresholds:
      - { value: 200000000, label: contract }
      - { value: 300000000 }
    width: wide
`,
    );
  });
});

describe('so much before', () => {
  const ms = (iso: string) => Temporal.Instant.from(iso).epochMilliseconds;
  it('goes by the calendar of the zone', () => {
    expect(before(ms('2026-03-31T10:00:00Z'), '1mo', 'UTC')).toBe(ms('2026-02-28T10:00:00Z'));
    expect(before(ms('2024-02-29T10:00:00Z'), '1y', 'UTC')).toBe(ms('2023-02-28T10:00:00Z'));
    // The clocks went forward on 29 March: the same hour of the day is 23 h less seven days away.
    expect(before(ms('2026-04-01T10:00:00+02:00'), '1w', 'Europe/Paris')).toBe(ms('2026-03-25T10:00:00+01:00'));
    expect(before(-8.64e15, '1y', 'UTC')).toBeNull();
  });

  it('keeps the hour of the day where the clocks change within', () => {
    const from = ms('2026-03-27T00:00:00+01:00');
    const past = before(from, '1w', 'Europe/Paris') ?? 0;
    const align = aligner(from, past, 'Europe/Paris');
    expect(align(ms('2026-03-28T06:00:00+01:00'))).toBe(ms('2026-03-21T06:00:00+01:00'));
    expect(align(ms('2026-03-30T06:00:00+02:00'))).toBe(ms('2026-03-23T06:00:00+01:00'));
  });
});
