/** `saguaro habit` in processes of its own, on files as people have them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { folder, saguaro, saguaroJson } from './processes.ts';

vi.setConfig({ testTimeout: 60_000 });
const DAY_S = 86_400;
const STEP_S = 900;
/** Monday 1 June 2026. */
const START_S = Date.UTC(2026, 5, 1) / 1000;
const { path, remove } = folder('habit');
// No configuration and no data folder: the command needs neither.
const env = { SAGUARO_CONFIG: join(path, 'none.yaml'), SAGUARO_DATA: join(path, 'none') };
afterAll(remove);

/** Busy by day; a peak on the fifth Tuesday at 03:00. */
const PEAK_S = START_S + 29 * DAY_S + 3 * 3600;
function rows(days: number): string[] {
  return Array.from({ length: (days * DAY_S) / STEP_S }, (_, i) => {
    const tS = START_S + i * STEP_S;
    const usual = 50 + 20 * Math.sin(((tS % DAY_S) / DAY_S - 0.375) * 2 * Math.PI) + 2 * Math.sin(i * 7.3) + Math.sin(i * 1.7);
    return `${tS},${tS >= PEAK_S && tS < PEAK_S + 3600 ? 310 : usual.toFixed(2)}`;
  });
}
function csv(name: string, lines: readonly string[]): string {
  const file = join(path, name);
  writeFileSync(file, `time,value\n${lines.join('\n')}\n`);
  return file;
}

interface Answer {
  readonly zone: string;
  readonly learning: boolean;
  readonly notes: string[];
  readonly rows: { t: number; value: number | null; score: number; lower: number | null; upper: number | null }[];
  readonly episodes: {
    from: number;
    to: number;
    over: boolean;
    learning: boolean;
    direction: string;
    worst: number;
    text: string;
  }[];
}

describe('saguaro habit', () => {
  test('--json judges each row by those before it and tells of a peak once', async () => {
    const answer = await saguaroJson<Answer>(['habit', '--csv', csv('uplink.csv', rows(31))], env);
    expect(answer).toMatchObject({ zone: 'UTC', learning: false });
    expect(answer.rows).toHaveLength((31 * DAY_S) / STEP_S);
    const told = answer.episodes.filter(({ learning }) => !learning);
    expect(told).toMatchObject([{ from: PEAK_S, over: true, direction: 'above', worst: 310 }]);
    expect(told[0]?.text).toMatch(/Tue.* 30 Jun 2026 03:00.* unusually high: Tuesday 03:00 usually .*–.*; was 310/);
    const peak = answer.rows.find(({ t }) => t === PEAK_S);
    expect(peak?.score).toBeGreaterThan(0.9);
    expect(peak?.upper).toBeLessThan(100);
    expect(peak?.lower).toBeGreaterThan(0);
    // Only rows before it count: what comes after changes nothing.
    const until = answer.rows.findIndex(({ t }) => t === PEAK_S) + 1;
    const shorter = await saguaroJson<Answer>(['habit', '--csv', csv('shorter.csv', rows(31).slice(0, until))], env);
    expect(shorter.rows).toEqual(answer.rows.slice(0, until));
    expect(shorter.episodes.filter(({ learning }) => !learning)).toMatchObject([{ from: PEAK_S, over: false }]);
  });

  test('--zone decides whose hours they are', async () => {
    const answer = await saguaroJson<Answer>(['habit', '--csv', csv('zone.csv', rows(30)), '--zone', 'Asia/Tokyo'], env);
    expect(answer.zone).toBe('Asia/Tokyo');
    expect(answer.episodes.filter(({ learning }) => !learning)[0]?.text).toMatch(/Tuesday 12:00 usually/);
    const wrong = await saguaro(['habit', '--csv', 'x.csv', '--zone', 'Mars/Olympus'], env);
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toMatch(/--zone Mars\/Olympus is not a time zone; write one such as Europe\/Paris/);
  });

  test('says what is missing or strange in a history, and fails on none of it', async () => {
    const few = await saguaro(['habit', '--csv', csv('few.csv', rows(2))], env);
    expect(few).toMatchObject({ status: 0 });
    expect(few.stdout).toMatch(/Still learning: a habit needs 21 d of known history/);
    expect(few.stdout).toMatch(/The series ended .* ago|USUALLY/);

    const jumped = rows(22);
    jumped.splice(500, 0, `${START_S},99`, `${START_S + 500 * STEP_S - 1},`);
    const odd = await saguaroJson<Answer>(['habit', '--csv', csv('odd.csv', jumped)], env);
    expect(odd.notes.join(' ')).toMatch(/not later than one before/);
    expect(odd.rows[501]).toMatchObject({ value: null, score: 0 });

    const gaps = rows(5).map((row) => row.replace(/,.*/, ','));
    const empty = await saguaroJson<Answer>(['habit', '--csv', csv('gaps.csv', gaps)], env);
    expect(empty.notes.join(' ')).toMatch(/rows are unknown, so nothing is known of what is usual/);
    expect(empty.episodes).toEqual([]);
  });

  test('refuses in a sentence what it cannot read', async () => {
    const none = await saguaro(['habit', '--csv', join(path, 'absent.csv')], env);
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/absent\.csv/);
    const missing = await saguaro(['habit'], env);
    expect(missing).toMatchObject({ status: 2 });
    expect(missing.stderr).toMatch(/saguaro habit needs --csv FILE/);
  });
});
