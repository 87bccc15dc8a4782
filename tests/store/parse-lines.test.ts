/** What rows become as lines, read back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIERS, type MetricName, seriesKey, type Tier } from '../../core/model.ts';
import type { Batch } from '../../core/ports.ts';
import { createLineEncoder } from '../../store/server/line-protocol.ts';
import { parseLines } from '../../store/server/parse-lines.ts';

const id = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc.constantFrom('a', 'B', '\\x', '7', '-', ',', '=', ' ', '"', 'é', ':', '.'),
});
/** Also such as look like what is added to a field, or like a name the servers keep for themselves. */
const field = fc
  .tuple(
    fc.constantFrom('in_bps', 'out_bps', 'used', 'a b', 'x=y', 'time', 'device', 'instance', 'gap'),
    fc.array(fc.constantFrom('_gap', '_mean', '_min', '_max', '_known', '_'), { maxLength: 3 }),
  )
  .map(([stem, ends]) => stem + ends.join(''));
const family = fc.constantFrom('interface', 'disk', 'my disk', 'a,b');
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(NaN, -Infinity, Infinity, -0, 5e-324, 1.7976931348623157e308, 1 / 3, 2 ** 53 + 2),
);
const cells = fc.uniqueArray(fc.record({ instance: id, family, field, value, known: fc.constantFrom(NaN, 0, 1, 0.25) }), {
  selector: ({ instance, family: of, field: name }) => `${instance}/${of}.${name}`,
  minLength: 1,
  maxLength: 8,
});
const tMs = fc.integer({ min: 0, max: 4e12 });

/** By tier, series and moment all numbers that a batch says. */
function facts({ raw, bins }: Batch): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const row of raw) [...row.series].forEach((key, i) => found.set(`raw ${key} ${row.tMs}`, [row.values[i] ?? 0]));
  for (const row of bins)
    [...row.series].forEach((key, i) => {
      const known = row.known[i] ?? NaN;
      if (Number.isNaN(known)) return;
      const rest = known === 0 ? [] : [row.mean[i] ?? 0, row.min[i] ?? 0, row.max[i] ?? 0];
      found.set(`${row.tier} ${key} ${row.tMs}`, [known, ...rest]);
    });
  return found;
}

const read = (parcels: readonly { tier: Tier; text: string }[]): Map<string, number[]> =>
  new Map(parcels.flatMap(({ tier, text }) => [...facts(parseLines(tier, text))]));

describe('lines', () => {
  it('say exactly what the rows say', () => {
    fc.assert(
      fc.property(id, cells, tMs, fc.boolean(), (device, some, at, rewrites) => {
        const series = some.map((cell) => seriesKey(device, cell.instance, `${cell.family}.${cell.field}` as MetricName));
        const column = (pick: (cell: (typeof some)[number]) => number) => Float64Array.from(some, pick);
        const finite = (n: number) => (Number.isFinite(n) ? n : 1);
        const batch: Batch = {
          raw: [{ device, tMs: at, intervalMs: 60_000, series, values: column((cell) => cell.value) }],
          bins: [
            {
              tier: '5m',
              device,
              tMs: at,
              series,
              mean: column((cell) => finite(cell.value)),
              min: column(() => -0),
              max: column(() => 1e308),
              known: column((cell) => cell.known),
            },
          ],
        };
        const encoder = createLineEncoder(rewrites);
        expect(encoder.refusal(batch)).toBeNull();
        expect(read(encoder.encode(batch))).toEqual(facts(batch));
        // A second word on the same moment.
        expect(read(encoder.encode(batch))).toEqual(facts(batch));
      }),
    );
  });

  it('take a gap back when a value comes for its moment, and never where nothing can be replaced', () => {
    const series = [seriesKey('d', 'i', 'interface.in_bps')];
    const row = (t: number, v: number) => ({ device: 'd', tMs: t, intervalMs: 60_000, series, values: Float64Array.of(v) });
    const lines = (rewrites: boolean) => {
      const encoder = createLineEncoder(rewrites);
      return [row(1, NaN), row(2, 5), row(1, 7)].flatMap((one) =>
        encoder.encode({ raw: [one], bins: [] }).map(({ text }) => text),
      );
    };
    expect(lines(true)).toEqual([
      'interface,device=d,instance=i in_bps_gap=1 1',
      'interface,device=d,instance=i in_bps=5 2',
      'interface,device=d,instance=i in_bps=7,in_bps_gap=0 1',
    ]);
    expect(lines(false)[2]).toBe('interface,device=d,instance=i in_bps=7 1');
  });

  it('never have one field for two', () => {
    const fields = ['x', 'x_gap', 'x_gap_', 'x_gap_gap', 'x_mean', 'x_known', 'time', 'time_', 'device', 'instance'];
    const series = fields.map((name) => seriesKey('d', 'i', `f.${name}`));
    const values = Float64Array.from(fields, (_name, i) => (i % 2 === 0 ? i : NaN));
    const known = values.map(() => 1);
    const raw = { device: 'd', tMs: 1, intervalMs: 60_000, series, values };
    const bin = { tier: '1h' as const, device: 'd', tMs: 1, series, mean: known, min: known, max: known, known };
    const parcels = createLineEncoder(true).encode({ raw: [raw], bins: [bin] });
    for (const { tier, text } of parcels) {
      const names = (text.split(' ')[1] ?? '').split(',').map((part) => part.split('=')[0]);
      expect(names).toHaveLength(fields.length * (tier === 'raw' ? 1 : 4) + (tier === 'raw' ? fields.length / 2 : 0));
      expect(new Set(names).size).toBe(names.length);
      for (const kept of ['time', 'device', 'instance']) expect(names).not.toContain(kept);
    }
    expect(read(parcels)).toEqual(facts({ raw: [raw], bins: [bin] }));
  });

  it('are not written for a series that no line can say', () => {
    const encoder = createLineEncoder(true);
    const refusal = (device: string, instance: string, metric: MetricName = 'interface.in_bps') => {
      const row = { device, tMs: 1, intervalMs: 60_000, series: [seriesKey(device, instance, metric)] };
      const one = Float64Array.of(1);
      const said = encoder.refusal({ raw: [{ ...row, values: one }], bins: [] });
      expect(encoder.refusal({ raw: [], bins: [{ ...row, tier: '1h', mean: one, min: one, max: one, known: one }] })).toBe(said);
      return said;
    };
    for (const bad of ['', 'a\\', 'a\nb', '\n', 'a\\,b', 'a\\ b', 'a\\=b', 'a\\\\b']) {
      expect(refusal(bad, 'i')).toMatch(/^The series ".*" cannot be written to a server: a part of it is empty/);
      expect(refusal('d', bad)).toMatch(/^The series ".*" cannot be written to a server/);
      expect(refusal('d', 'i', `interface.${bad}x${bad}`)).toEqual(
        bad === '' ? null : expect.stringContaining('cannot be written'),
      );
    }
    for (const good of ['C:\\x', '\\n', 'a,b', ' ', '=']) expect([refusal(good, 'i'), refusal('d', good)]).toEqual([null, null]);
  });

  it('stay within what a server takes at once', () => {
    const series = Array.from({ length: 12_000 }, (_s, n) => seriesKey('d', `i${n}`, 'interface.in_bps'));
    const row = { device: 'd', tMs: 1, intervalMs: 60_000, series, values: new Float64Array(12_000) };
    const parcels = createLineEncoder(true).encode({ raw: [row], bins: [] });
    expect(parcels.map(({ tier, lines, text }) => [tier, lines, text.split('\n').length])).toEqual([
      ['raw', 5_000, 5_000],
      ['raw', 5_000, 5_000],
      ['raw', 2_000, 2_000],
    ]);
  });

  it.each(TIERS.map((tier) => [tier] as const))('that are not ours are refused: %s', (tier) => {
    for (const text of [
      '',
      'x',
      'interface,device=d in_bps=1 5',
      'interface,device=d,instance=i in_bps=1',
      'a,device=d,instance=i x=1 z',
    ])
      expect(() => parseLines(tier, text)).toThrow(SyntaxError);
  });
});
