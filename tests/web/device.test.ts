import { describe, expect, it } from 'vitest';
import type { DeviceView } from '../../core/api.ts';
import { DeviceInput } from '../../core/api.ts';
import { Value } from 'typebox/value';
import { EMPTY, refused, toInput } from '../../web/device/add-form.ts';
import { sortingOf } from '../../web/device/column.tsx';
import { arrange } from '../../web/device/order.ts';
import { isAt, NONE, tree } from '../../web/device/places.ts';
import { percent, sharesLine } from '../../web/words.ts';

function device(name: string, more: Partial<DeviceView> = {}): DeviceView {
  const facts = { sysName: '', sysDescr: '', sysObjectId: '', sysLocation: '', sysContact: '' };
  const base = { id: name, name, address: '192.0.2.1', sources: ['snmp 2c'], site: '', tags: [], facts, state: 'up', reason: '' };
  return { ...base, lastOkMs: 1000, uptimeS: 10, ...more } as unknown as DeviceView;
}
const names = (list: DeviceView[]) => list.map((d) => d.name);

describe('the list of devices', () => {
  const fleet = [
    device('sw10', { site: 'Phoenix', lastOkMs: 500 }),
    device('sw2', { state: 'down', lastOkMs: null }),
    device('nas', { state: 'stale', tags: ['backup'] }),
    device('web', { facts: { ...device('x').facts, sysDescr: 'Debian' }, uptimeS: null }),
  ];
  it('puts trouble first, then names as people count', () => {
    expect(names(arrange(fleet, { filter: '', state: '', sort: 'state' }))).toEqual(['sw2', 'nas', 'sw10', 'web']);
    expect(names(arrange(fleet, { filter: '', state: '', sort: 'name' }))).toEqual(['nas', 'sw2', 'sw10', 'web']);
  });
  it('puts the oldest data and the shortest uptime first, the unknown at the sensible end', () => {
    expect(names(arrange(fleet, { filter: '', state: '', sort: 'age' }))).toEqual(['sw2', 'sw10', 'nas', 'web']);
    expect(names(arrange(fleet, { filter: '', state: '', sort: 'uptime' })).at(-1)).toBe('web');
  });
  it.each([
    ['phoenix', ['sw10']],
    ['SW snmp', ['sw2', 'sw10']],
    ['backup', ['nas']],
    ['debian web', ['web']],
    ['nothing', []],
  ])('finds %s', (filter, found) => expect(names(arrange(fleet, { filter, state: '', sort: 'state' }))).toEqual(found));
  it('keeps one state', () => expect(names(arrange(fleet, { filter: '', state: 'stale', sort: 'state' }))).toEqual(['nas']));
});

describe('where devices belong', () => {
  const fleet = [
    device('sw10', { site: 'Phoenix', kind: 'switch' }),
    device('sw2', { site: 'Phoenix', kind: 'switch', state: 'down', tags: ['core'] }),
    device('nas', { kind: 'storage', tags: ['core', 'backup'] }),
    device('web', { site: 'Attic', kind: 'server' }),
  ];
  it('is a tree of places with kinds in them, what has no place last', () => {
    const found = tree(fleet, 'site').map(({ name, all, down, inner }) => [name, all, down, inner.map((n) => n.name)]);
    expect(found).toEqual([
      ['Attic', 1, 0, ['Server']],
      ['Phoenix', 2, 1, ['Switch']],
      ['No place', 1, 0, ['Storage']],
    ]);
  });
  it('counts a device on each of its tags', () => {
    expect(tree(fleet, 'tag').map(({ name, all }) => [name, all])).toEqual([
      ['backup', 1],
      ['core', 2],
      ['No tag', 2],
    ]);
  });
  it.each([
    [{ site: 'Phoenix' }, ['sw10', 'sw2']],
    [{ site: 'Phoenix', kind: 'server' }, []],
    [{ tag: 'core' }, ['sw2', 'nas']],
    [{ site: NONE }, ['nas']],
    [{}, ['sw10', 'sw2', 'nas', 'web']],
  ])('%j', (chosen, found) => expect(names(fleet.filter((d) => isAt(d, chosen)))).toEqual(found));
});

describe('the column a table is sorted by', () => {
  const fallback = { sort: 'name', order: 'ascending' } as const;
  it.each([
    ['used:ascending', { sort: 'used', order: 'ascending' }],
    ['used', { sort: 'used', order: 'descending' }],
    ['name', { sort: 'name', order: 'ascending' }],
    ['nonsense:up', fallback],
    ['', fallback],
  ])('%s', (text, sorting) => expect(sortingOf(text, ['name', 'used'], fallback)).toEqual(sorting));
});

it.each([
  [0, '0 %'],
  [0.004, '< 1 %'],
  [0.6, '60 %'],
  [1.92, '192 %'],
])('%f is %s', (share, text) => expect(percent(share)).toBe(text));

it('says of a direction that nobody knows that, and not that it is idle', () => {
  expect(sharesLine(0.25, null)).toBe(`in ${percent(0.25)}, out unknown of the speed`);
  expect(sharesLine(0, 0.5)).toBe(`in ${percent(0)}, out ${percent(0.5)} of the speed`);
});

describe('the form', () => {
  it.each([
    [
      'v2c',
      { ...EMPTY, address: ' sw1 ' },
      { address: 'sw1', snmp: { version: '2c', community: 'public' }, ping: true, intervalMs: 60_000 },
    ],
    ['ping', { ...EMPTY, address: 'a', how: 'ping' as const, interval: ' 10' }, { address: 'a', ping: true, intervalMs: 10_000 }],
    [
      'v3 without authentication has no privacy either',
      { ...EMPTY, address: 'a', how: '3' as const, user: 'u', auth: '' as const, ping: false, port: '1161' },
      { address: 'a', snmp: { version: '3', port: 1161, user: 'u' }, ping: false, intervalMs: 60_000 },
    ],
    [
      'v3',
      {
        ...EMPTY,
        address: 'a',
        name: 'n',
        site: 's',
        how: '3' as const,
        user: 'u',
        authKey: 'k1',
        privKey: 'k2',
        interval: '5',
      },
      {
        address: 'a',
        name: 'n',
        site: 's',
        snmp: { version: '3', user: 'u', auth: 'sha256', authKey: 'k1', priv: 'aes', privKey: 'k2' },
        ping: true,
        intervalMs: 5000,
      },
    ],
  ])('%s', (_, filled, input) => expect(toInput(filled)).toEqual(input));

  it.each(['abc', '', ' ', '0', '1.5', '90000', '-5', '1e3', '0x10', '86401'])('refuses the interval "%s"', (interval) =>
    expect(refused({ ...EMPTY, address: 'a', interval })).toEqual({
      intervalMs: 'Give a whole number of seconds, 1 to 86\u00a0400.',
    }),
  );
  it.each(['1', '60', ' 300 ', '86400'])('takes the interval "%s"', (interval) =>
    expect(refused({ ...EMPTY, address: 'a', interval })).toEqual({}),
  );
  it('refuses an empty address and a port that is none, but not one that is not asked for', () => {
    expect(Object.keys(refused({ ...EMPTY, port: '70000' }))).toEqual(['address', 'snmp/port']);
    expect(refused({ ...EMPTY, address: 'a', how: 'ping', port: 'x' })).toEqual({});
  });

  it('makes requests that the API takes', () => {
    for (const how of ['1', '2c', '3', 'ping'] as const) {
      expect(Value.Check(DeviceInput, toInput({ ...EMPTY, address: 'a', how, user: 'u' }))).toBe(true);
    }
  });
});
