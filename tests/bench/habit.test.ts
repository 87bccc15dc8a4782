import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { benchHabit, isNab } from '../../bench/forecast/habit.ts';
import { standsOut, thresholdFor } from '../../bench/forecast/habit-oracle.ts';

const folder = mkdtempSync(join(tmpdir(), 'habit-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('detections for the Numenta benchmark', () => {
  it('are written as its own scorer reads them, one row for each of the data', () => {
    const [data, results] = [join(folder, 'data'), join(folder, 'results')];
    const start = Date.UTC(2026, 0, 5);
    const time = (i: number) => new Date(start + i * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const peak = 450;
    const rows = Array.from({ length: 500 }, (_, i) => `${time(i)},${i === peak ? 900 : 50 + (i % 24) + (i % 7)}`);
    mkdirSync(join(data, 'realTraffic'), { recursive: true });
    mkdirSync(join(data, 'labels'));
    expect(isNab(data)).toBe(false);
    writeFileSync(join(data, 'realTraffic', 'link.csv'), ['timestamp,value', ...rows, ''].join('\n'));
    const windows = { 'realTraffic/link.csv': [[time(peak - 5), time(peak + 5)]] };
    writeFileSync(join(data, 'labels', 'combined_windows.json'), JSON.stringify(windows));
    expect(isNab(data)).toBe(true);

    const { nab } = benchHabit({ nab: data, results, seeds: [] });
    expect(nab?.standard).toBeGreaterThan(50);
    const written = readFileSync(join(results, 'saguaro', 'realTraffic', 'saguaro_link.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(written[0]).toBe('timestamp,value,anomaly_score,label');
    expect(written).toHaveLength(501);
    const [stamp, value, score, label] = written[1 + peak]?.split(',') ?? [];
    expect([stamp, value, label]).toEqual([time(peak), '900', '1']);
    expect(Number(score)).toBeGreaterThan(0.9);
    expect(written[1 + peak - 6]?.endsWith(',0')).toBe(true);
  });
});

describe('one who knows level and noise', () => {
  it('has no more false episodes than are allowed, and hardly fewer', () => {
    let state = 1;
    const uniform = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    const z = Float64Array.from({ length: 20_000 }, () => Array.from({ length: 12 }, uniform).reduce((a, b) => a + b, -6));
    const out = standsOut(z);
    const threshold = thresholdFor([out], 300_000, 5);
    const begins = (at: number) =>
      out.filter((v, i) => v >= at && !out.subarray(Math.max(0, i - 36), i).some((w) => w >= at)).length;
    expect(begins(threshold)).toBeLessThanOrEqual(5);
    expect(begins(threshold - 0.1)).toBeGreaterThanOrEqual(5);
  });
});
