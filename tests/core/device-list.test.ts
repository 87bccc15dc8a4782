import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { DeviceInput } from '../../core/api.ts';
import { DEFAULT_COLUMNS, parseDeviceList } from '../../core/device-list.ts';
import { knownBy, planDevices, withShared, type KnownDevice } from '../../core/device-plan.ts';
import { tagsOf } from '../../core/tags.ts';

const MORE_COLUMNS = ['user', 'auth', 'authkey', 'priv', 'privkey', 'ping', 'timeout', 'retries'];
const inputs = (text: string) => {
  const { devices, faults } = parseDeviceList(text);
  expect(faults).toEqual([]);
  return devices.map(({ input }) => input);
};
const faults = (text: string) => parseDeviceList(text).faults.map(({ line, text: why }) => `${line}: ${why}`);

describe('a list', () => {
  test('one address a line; empty lines and remarks are passed over, lines are counted as they stand', () => {
    const { devices } = parseDeviceList(
      '\ufeff# the roof\r\n192.0.2.1\r\n\r\n  switch1.example.org \n[2001:db8::1]:1161\n2001:db8::2\n192.0.2.9:1161',
    );
    expect(devices).toEqual([
      { line: 2, input: { address: '192.0.2.1' } },
      { line: 4, input: { address: 'switch1.example.org' } },
      { line: 5, input: { address: '2001:db8::1', snmp: { port: 1161 } } },
      { line: 6, input: { address: '2001:db8::2' } },
      { line: 7, input: { address: '192.0.2.9', snmp: { port: 1161 } } },
    ]);
  });

  test.each([',', ';', '\t'])('a table without a head, separated by %j', (s) => {
    expect(inputs(['192.0.2.1', 'core1', 'Paris', 'edge|rack 4', 'v2c', 'sesame', '30s', '1161'].join(s))).toEqual([
      {
        address: '192.0.2.1',
        name: 'core1',
        site: 'Paris',
        tags: ['edge', 'rack 4'],
        snmp: { version: '2c', community: 'sesame', port: 1161 },
        intervalMs: 30_000,
      },
    ]);
  });

  test('a table with a head: any order, names as people write them, cells quoted', () => {
    const text =
      'Name,IP,Auth_Key,user,auth,ping,Tags,timeout\n"core ""1"", Paris",192.0.2.1,longenough,ops,SHA256,yes,"a, b",2s\n,192.0.2.2,,,,,,';
    expect(inputs(text)).toEqual([
      {
        address: '192.0.2.1',
        name: 'core "1", Paris',
        snmp: { timeoutMs: 2000, auth: 'sha256', user: 'ops', authKey: 'longenough' },
        ping: true,
        tags: ['a', 'b'],
      },
      { address: '192.0.2.2' },
    ]);
  });

  test('ping alone, and an interval in seconds', () => {
    expect(inputs('192.0.2.254,,,,ping,,300')).toEqual([{ address: '192.0.2.254', ping: true, intervalMs: 300_000 }]);
  });

  test.each([
    ['192.0.2.1 core1', '1: "192.0.2.1 core1" is not a host name or address: separate columns by commas, semicolons or tabs.'],
    ['ok.example\n-oProxy', '2: "-oProxy" is not a host name or address: give one such as 192.0.2.1 or switch1.example.org.'],
    [',core1', '1: The address is missing: give a host name or an address.'],
    ['a,b/c', '1: "b/c" cannot be a name: "/" separates device, instance and metric.'],
    ['a,b\u202ec', '1: The name holds characters that cannot be seen: type it anew.'],
    ['a,"b', '1: A quotation mark is opened and not closed on this line: close it, or take it away.'],
    ['a,,,,,,5y', '1: The interval "5y" is not a time from 1s to 1d: write it as in 30s or 5m.'],
    ['a,,,,,,2d', '1: The interval "2d" is not a time from 1s to 1d: write it as in 30s or 5m.'],
    ['a,,,,,,,70000', '1: The port "70000" is not a whole number from 1 to 65535.'],
    ['a,,,,4', '1: The version "4" is not known: use 1, 2c, 3, ping.'],
    ['a,,,,ping,sesame', '1: The version is ping, but there are settings of SNMP: leave one of them away.'],
    [
      'address,constructor\na,b',
      `1: "constructor" is not a known column; known are ${[...DEFAULT_COLUMNS, ...MORE_COLUMNS].join(', ')}.`,
    ],
    ['address,comunity\na,b', '1: "comunity" is not a known column; did you mean community?'],
    ['address,address\na,b', '1: The column address stands there twice; name it once.'],
    [
      'a,,,,,,,,x',
      '1: There are 9 columns, and 8 are known (address, name, site, tags, version, community, interval, port): name the columns in a first line.',
    ],
    [`a,,,,,${'c'.repeat(300)}`, '1: The community is too long.'],
  ])('%j is told', (text, sentence) => expect(faults(text)).toEqual([sentence]));

  test('a bad line keeps no other from being read; too many are refused at once', () => {
    expect(parseDeviceList('a\nb c\nd')).toMatchObject({ devices: [{ line: 1 }, { line: 3 }], faults: [{ line: 2 }] });
    expect(faults('x\n'.repeat(1000))).toEqual([]);
    expect(faults('x\n'.repeat(1001))).toEqual([
      '1001: The list has 1001 devices: at most 1000 are added at a time, so divide it.',
    ]);
    expect(faults('x'.repeat(1_000_001))).toHaveLength(1);
  });

  test('no text is too strange: every line becomes a valid request or a sentence', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('192.0.2.1', 'a', '"', '2c', 'ping', '1m', '161', 'yes', 'address', 'user'),
    );
    const table = fc.array(fc.array(cell, { maxLength: 10 }), { maxLength: 6 });
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(table, fc.constantFrom(',', ';', '\t')).map(([rows, s]) => rows.map((row) => row.join(s)).join('\n')),
    );
    fc.assert(
      fc.property(text, (given) => {
        const { devices, faults: found } = parseDeviceList(given);
        for (const { input } of devices) expect(Value.Check(DeviceInput, input), JSON.stringify(input)).toBe(true);
        for (const fault of found) expect(fault.text).toMatch(/[.?]$/);
        planDevices({ devices, faults: found }, {}, []);
      }),
      { numRuns: 500 },
    );
  });

  test('the list of the guide is one', () => {
    const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'guide.md'), 'utf8');
    expect(inputs(/```csv\n([\s\S]*?)```/.exec(guide)?.[1] ?? '')).toEqual([
      {
        address: '192.0.2.1',
        name: 'core1',
        site: 'Paris',
        tags: ['core', 'rack 4'],
        snmp: { version: '2c' },
        intervalMs: 30_000,
      },
      { address: '192.0.2.2', site: 'Lyon', snmp: { port: 1161 } },
      { address: '192.0.2.254', name: 'gateway', ping: true },
    ]);
  });

  test('tags', () => expect(tagsOf(' edge, rack 4 ;edge| ')).toEqual(['edge', 'rack 4']));
});

describe('what all lines share', () => {
  test('counts where a line says nothing; communities do not go with users', () => {
    const shared = { snmp: { version: '2c' as const, community: 'sesame', port: 1161 }, ping: true, site: 'Paris' };
    expect(withShared({ address: 'a' }, shared)).toEqual({ address: 'a', ...shared });
    expect(withShared({ address: 'a', snmp: { port: 9 }, ping: false }, shared)).toEqual({
      address: 'a',
      snmp: { version: '2c', community: 'sesame', port: 9 },
      ping: false,
      site: 'Paris',
    });
    expect(withShared({ address: 'a', snmp: { user: 'ops' } }, shared).snmp).toEqual({ port: 1161, user: 'ops' });
    expect(withShared({ address: 'a', ping: true }, shared)).toEqual({ address: 'a', ping: true, site: 'Paris' });
  });
});

describe('what is there already', () => {
  const snmp = { version: '2c' as const, port: 161, timeoutMs: 1000, retries: 1, user: null, auth: null, priv: null };
  const known: KnownDevice[] = [
    { name: 'core1', address: '192.0.2.1', snmp },
    { name: 'gate', address: '192.0.2.254', snmp: null },
  ];
  test('is named before anything is asked', () => {
    const list = parseDeviceList(
      '192.0.2.1\n192.0.2.2\n192.0.2.2\n192.0.2.1,again\n192.0.2.3,core1\n192.0.2.1:1161\n192.0.2.4,x\n192.0.2.4,y\n192.0.2.5,x\nb c',
    );
    const { devices, faults: found } = planDevices(list, {}, known);
    expect(devices.map(({ line }) => line)).toEqual([2, 4, 6, 7, 8]);
    expect(found.map(({ line, text }) => `${line}: ${text}`)).toEqual([
      '1: It is known already as "core1": give a name to add it once more.',
      '3: The address is that of line 2 already: take one away, or give both names of their own.',
      '5: A device named "core1" exists already: give another name.',
      '9: The name is that of line 7 already: give another one.',
      '10: "b c" is not a host name or address: separate columns by commas, semicolons or tabs.',
    ]);
  });
  test('is another where another port is asked, or only ping', () => {
    expect(knownBy(known)({ address: '192.0.2.254' })).toBeNull();
    expect(knownBy(known)({ address: '192.0.2.254', ping: true })).toContain('"gate"');
  });
});
