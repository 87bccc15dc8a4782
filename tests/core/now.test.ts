import { describe, expect, it } from 'vitest';
import { deviceKind } from '../../core/kind.ts';
import { NO_FACTS } from '../../core/model.ts';
import { filesystemNow, interfaceNow } from '../../core/now.ts';

const latest = (values: Record<string, number>) => (field: string) => values[field] ?? null;
const port = (capacity: number | null, vanishedMs: number | null = null) => ({ capacity, vanishedMs });

describe('what an interface carries now', () => {
  it('is a share of its speed', () => {
    expect(interfaceNow(port(1e10), latest({ in_bps: 6e9, out_bps: 5e9, in_errors_per_s: 0 }))).toEqual({
      speedBps: 1e10,
      inBps: 6e9,
      outBps: 5e9,
      inShare: 0.6,
      outShare: 0.5,
      used: 0.6,
      errorsPerS: 0,
      discardsPerS: null,
      operUp: null,
    });
  });
  it('is unknown, not zero, where speed or value are', () => {
    const now = interfaceNow(port(0), latest({ in_bps: 6e9 }));
    expect([now.inShare, now.outShare, now.used, now.outBps]).toEqual([null, null, null, null]);
  });
  it.each([
    ['down', port(1e9), { in_bps: 5, oper_up: 0 }],
    ['gone', port(1e9, 1), { in_bps: 5, oper_up: 1 }],
  ])('is nothing when it is %s', (_word, of, values) => {
    expect(interfaceNow(of, latest(values))).toMatchObject({ inBps: null, used: null, speedBps: 1e9 });
  });
});

describe('how full a filesystem is', () => {
  it('is a share of the size, which may stand in the capacity', () => {
    expect(filesystemNow(port(100), latest({ used_bytes: 25 }))).toEqual({ usedBytes: 25, sizeBytes: 100, used: 0.25 });
    expect(filesystemNow(port(100), latest({ used_bytes: 25, size_bytes: 50 })).used).toBe(0.5);
    expect(filesystemNow(port(null), latest({ used_bytes: 25 })).used).toBeNull();
  });
});

describe('the kind of a device', () => {
  const of = (sysDescr: string, counts: Record<string, number> = {}, tags: string[] = []) =>
    deviceKind({ tags, origin: 'catalog', facts: { ...NO_FACTS, sysDescr } }, counts);
  it.each([
    ['Linux web03 6.1.0-18-amd64', { disk: 2, interface: 2 }, 'server'],
    ['VyOS 1.4.0', { interface: 7 }, 'router'],
    ['Cisco IOS Software, Catalyst L3 Switch Software', { interface: 52 }, 'switch'],
    ['Synology DiskStation', { disk: 3 }, 'storage'],
    ['FortiGate-60F', {}, 'firewall'],
    ['', { interface: 24 }, 'switch'],
    ['', { interface: 1 }, 'other'],
    ['', {}, 'other'],
  ])('%s %j: %s', (sysDescr, counts, kind) => expect(of(sysDescr, counts)).toBe(kind));
  it('is what a tag says', () => expect(of('VyOS 1.4.0', {}, ['core', 'Switch'])).toBe('switch'));
});
