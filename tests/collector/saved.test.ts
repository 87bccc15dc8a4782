import { describe, expect, it } from 'vitest';
import { hashSeries, layoutOf } from '../../collector/layout.ts';
import { instanceKey } from '../../collector/merge.ts';
import { decodeReadings, encodeReadings, nameSeries } from '../../collector/saved.ts';
import { createTracker } from '../../collector/tracker.ts';
import { BOTH, readings, shownOf, START_MS, track, usual, type Poll, type Shown } from './tracks.ts';

/** `usual(0, 2)` as version 1 of the format had it. */
const VERSION_1 =
  'AUnWtXMBAgAADLXyQXlCAAAAAABM7UABAAAMtfJBeUIAAAAAAEz9QAAAAAAAWPtAAAAAAAAA+H8AAAAAAAD4fwFhAQAADLXyQXlCAAAAAABM/UAAAAAAAFj7QAAAAAAAAPh/AAAAAAAA+H8BYQABAAAAJaMz3sh4kQBAsAQAAAAAAAAAAAAAAAD4fw==';

describe('a restart of ours', () => {
  const before = (polls: readonly Poll[]) => {
    const run = track(BOTH, 60, polls);
    const state = run.tracker.state();
    if (!state) throw new Error('there are readings');
    return { ...run, bytes: encodeReadings('192.0.2.1', [{ type: 'snmp', state }]) };
  };
  const after = (bytes: Uint8Array | null, lastS: number | null, polls: readonly Poll[]) => {
    const tracker = createTracker('d');
    tracker.use(BOTH);
    const saved = bytes ? (decodeReadings(bytes, '192.0.2.1')?.tracks.get('snmp') ?? null) : null;
    const latest = lastS === null ? null : { tMs: START_MS + lastS * 1000, value: 1 };
    tracker.resume(saved ? nameSeries(saved, BOTH.series) : null, [latest, latest]);
    const applied = polls.map((poll) =>
      tracker.apply(readings({ ...poll, moment: { epoch: 'b', monoMs: poll.at * 1000 - 55_000, ...poll.moment } }), 60_000, null),
    );
    return { applied, records: shownOf(applied.flatMap((one) => one.rows)) };
  };

  it('goes on from what an earlier version saved', () => {
    const bytes = Buffer.from(VERSION_1, 'base64');
    const { applied, records } = after(bytes, 120, usual(3, 4));
    expect(records).toEqual({ c: '180:10 240:10', g: '180:3 240:4' });
    expect(applied[0]?.gap).toBeNull();
  });

  it('knows series by the same words, whether their names are made or not', () => {
    const { columns } = BOTH;
    const ids = new Map(columns.map((column) => [instanceKey(column), `id-of-${column.key}`]));
    const { series } = layoutOf('device', columns, [0, 1], ids);
    expect([...series]).toEqual(['device/id-of-c/k.c', 'device/id-of-g/k.g']);
    expect(hashSeries(series)).toEqual(hashSeries([...series]));
    expect(new Set(hashSeries(series)).size).toBe(4);
  });

  it('goes on without a gap and without a spike', () => {
    const { bytes } = before(usual(0, 2));
    const { applied, records } = after(bytes, 120, usual(3, 4));
    expect(records).toEqual({
      c: '180:10 240:10',
      g: '180:3 240:4',
    });
    expect(applied[0]?.gap).toBeNull();
  });

  it.each<[string, boolean, number | null, Poll[], Shown]>([
    [
      'too long',
      true,
      120,
      usual(20, 21),
      {
        c: '1140:? 1200:? 1260:10',
        g: '1140:? 1200:20 1260:21',
      },
    ],
    [
      'without saved readings',
      false,
      120,
      usual(3, 4),
      {
        c: '180:? 240:10',
        g: '180:3 240:4',
      },
    ],
    [
      'with readings older than the history',
      true,
      150,
      usual(3, 4),
      {
        c: '180:? 240:10',
        g: '180:3 240:4',
      },
    ],
    [
      'of a device without uptime',
      true,
      120,
      usual(3, 4).map((poll) => ({ ...poll, moment: { upTicks: null } })),
      {
        c: '180:? 240:10',
        g: '180:3 240:4',
      },
    ],
  ])('%s: a gap "collector down"', (_name, withBytes, lastS, polls, expected) => {
    const { bytes } = before(usual(0, 2));
    const { applied, records } = after(withBytes ? bytes : null, lastS, polls);
    expect(applied[0]?.gap?.cause).toBe('collector down');
    expect(records).toEqual(expected);
  });

  it('of the device as well: "restarted"', () => {
    const { bytes } = before(usual(0, 2));
    const { applied, records } = after(bytes, 120, [{ at: 180, cells: [10n ** 12n, 3], moment: { upTicks: 400 } }]);
    expect(applied[0]?.gap?.cause).toBe('restarted');
    expect(applied[0]?.restart).toEqual({ beforeS: 1120, afterS: 4 });
    expect(records['c']).toEqual('180:?');
  });

  it('bytes of another address, another version or cut short are not used', () => {
    const { bytes } = before(usual(0, 2));
    expect(decodeReadings(bytes, '192.0.2.1')?.tracks.size).toBe(1);
    expect(decodeReadings(bytes, '192.0.2.2')).toBeNull();
    expect(
      decodeReadings(
        Uint8Array.from(bytes, (byte, i) => (i === 0 ? 99 : byte)),
        '192.0.2.1',
      ),
    ).toBeNull();
    for (let n = 0; n < bytes.length; n++) expect(decodeReadings(bytes.slice(0, n), '192.0.2.1')).toBeNull();
  });

  it('keeps every counter exactly, in few bytes', () => {
    const state = { ...before(usual(0, 2)).tracker.state()! };
    const size = 480;
    const series = Array.from({ length: size }, (_, i) => `d/i${String(i)}/interface.in_bps`);
    const counter = BigUint64Array.from({ length: size }, (_, i) => 2n ** 64n - 1n - BigInt(i));
    const width = new Uint8Array(size).fill(64);
    const many = { ...state, series, counter, width, discontinuity: new Float64Array(size).fill(NaN) };
    const bytes = encodeReadings('', [{ type: 'snmp', state: many }]);
    expect(bytes.length).toBeLessThan(size * 26 + 300);
    const track = decodeReadings(bytes, '')?.tracks.get('snmp');
    const named = track ? nameSeries(track, series.toReversed()) : null;
    expect(named?.series).toEqual(series);
    expect(named?.counter).toEqual(counter);
    expect(named?.baseline).toEqual(state.baseline);
  });
});
