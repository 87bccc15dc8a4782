import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstRange, parseRoute, pathOf, shortRange, shownRange, withMore, type Route } from '../../web/route.ts';

const read = (address: string) => {
  const url = new URL(address, 'http://x');
  return parseRoute(url.pathname, url.search);
};

describe('addresses of views', () => {
  it.each([
    ['/', { page: 'overview', id: '', range: '', more: {} }],
    ['/nonsense/deep', { page: 'overview', id: '', range: '', more: {} }],
    ['/devices?filter=phx&state=down', { page: 'devices', id: '', range: '', more: { filter: 'phx', state: 'down' } }],
    ['/devices/ab12', { page: 'device', id: 'ab12', range: '', more: {} }],
    ['/devices/ab12?range=7d', { page: 'device', id: 'ab12', range: '7d', more: {} }],
    ['/devices/add', { page: 'add', id: '', range: '', more: {} }],
    ['/devices/add/list', { page: 'bulk', id: '', range: '', more: {} }],
    ['/devices/add/range', { page: 'range', id: '', range: '', more: {} }],
    ['/devices/ab12/edit', { page: 'edit', id: 'ab12', range: '', more: {} }],
    ['/dashboards', { page: 'dashboards', id: '', range: '', more: {} }],
    ['/dashboards/network?range=7d', { page: 'dashboard', id: 'network', range: '7d', more: {} }],
    ['/graphs/traffic~a~b?range=last+3d&p95=0', { page: 'graph', id: 'traffic~a~b', range: 'last 3d', more: { p95: '0' } }],
    ['/graphs/', { page: 'dashboards', id: '', range: '', more: {} }],
    ['/events?device=ab12', { page: 'events', id: '', range: '', more: { device: 'ab12' } }],
    ['/events?kind=gap&cause=timeout', { page: 'events', id: '', range: '', more: { kind: 'gap', cause: 'timeout' } }],
    ['/reviews?period=month', { page: 'review', id: '', range: '', more: { period: 'month' } }],
    ['/collector', { page: 'collector', id: '', range: '', more: {} }],
    ['/devices/%E0%A4%A', { page: 'device', id: '%E0%A4%A', range: '', more: {} }],
    ['/graphs/x?range=%20', { page: 'graph', id: 'x', range: '', more: {} }],
  ])('%s', (address, route) => expect(read(address)).toEqual(route));

  it('leaves defaults out and stays readable', () => {
    expect(pathOf({ page: 'graph', id: 'traffic~a~b', range: '24h' })).toBe('/graphs/traffic~a~b?range=24h');
    expect(pathOf({ page: 'graph', id: 'a', range: '2026-11-12T10:30 to 2026-11-13T08:05' })).toBe(
      '/graphs/a?range=2026-11-12T10:30+to+2026-11-13T08:05',
    );
    expect(pathOf({ page: 'devices', more: { filter: '' } })).toBe('/devices');
  });

  it('reads back whatever it writes', () => {
    const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    const id = fc.stringMatching(/^[A-Za-z0-9_~-]{4,40}$/);
    const value = words.filter((s) => s.trim() === s);
    const route: fc.Arbitrary<Route> = fc.record({
      page: fc.constantFrom('device' as const, 'edit' as const, 'dashboard' as const, 'graph' as const),
      id,
      range: value,
      more: fc.dictionary(fc.constantFrom('filter', 'p95', 'band', 'table'), value),
    });
    fc.assert(
      fc.property(route, (r) => {
        expect(read(pathOf(r))).toEqual({ ...r, more: { ...r.more } });
      }),
    );
  });

  it('changes and removes settings', () => {
    const route = read('/devices?filter=a&state=down');
    expect(withMore(route, { filter: '', sort: 'name' }).more).toEqual({ state: 'down', sort: 'name' });
  });
});

describe('the range nobody asked for', () => {
  it.each([
    [60_000, '15m'],
    [3_600_000, '1h'],
    [4 * 3_600_000, '6h'],
    [86_400_000, '24h'],
    [Infinity, '24h'],
  ])('of a device added %i ms ago is %s', (ageMs, range) => expect(firstRange(ageMs)).toBe(range));
});

describe('ranges as shown and as kept', () => {
  it.each([
    ['7d', 'now-7d to now'],
    ['last 3d', 'last 3d'],
    ['2026-03', '2026-03'],
  ])('%s is shown as %s', (range, shown) => expect(shownRange(range)).toBe(shown));
  it.each([
    ['now-7d to now', '7d'],
    [' last  7d ', '7d'],
    ['Now-24h', '24h'],
    ['now-7d to now-1d', 'now-7d to now-1d'],
    ['last week', 'last week'],
    ['2026-03', '2026-03'],
  ])('%s is kept as %s', (typed, kept) => expect(shortRange(typed)).toBe(kept));
});
