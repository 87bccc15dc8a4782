import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { boardGraphId, keysOf, parseBoardGraphId } from '../../core/dashboard.ts';
import {
  ANYTHING as ANY,
  describe as inWords,
  fits,
  meansDevice,
  meansInstance,
  type Selector,
} from '../../core/dashboard-select.ts';
import { NO_FACTS, type Device, type Instance } from '../../core/model.ts';

const DEVICE: Device = {
  id: 'd1',
  name: 'rtr-edge1',
  address: '',
  sources: [],
  intervalMs: 60_000,
  site: 'Paris',
  tags: ['core', 'edge'],
  origin: 'catalog',
  facts: NO_FACTS,
  createdMs: 0,
};
const XE0: Instance = {
  id: 'i1',
  device: 'd1',
  kind: 'interface',
  key: 'xe0',
  name: 'xe-0/0/0',
  alias: 'Transit A (AS64500)',
  capacity: 1e10,
  metrics: [],
  firstSeenMs: 0,
  lastSeenMs: 0,
  vanishedMs: null,
};

describe('wildcards', () => {
  test.each<[string, string, boolean]>([
    ['*transit*', 'Transit A', true],
    ['transit', 'Transit A', false],
    ['TRANSIT ?', 'transit a', true],
    ['?', '', false],
    ['*', '', true],
    ['', '', true],
    ['', 'x', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b-c-', false],
    ['xe-?/?/*', 'xe-0/0/12', true],
    ['.*', 'anything', false],
    ['[a-z]', 'b', false],
    ['**a', 'bba', true],
  ])('%j and %j: %j', (pattern, text, expected) => {
    expect(fits(pattern, text)).toBe(expected);
  });

  it('agree with the regular expression of the same meaning, and never throw', () => {
    const letter = fc.constantFrom('a', 'b', 'A', '*', '?', '.', '(', '\\', '\u202e', 'é');
    const text = fc.array(letter, { maxLength: 12 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(text, text, (pattern, against) => {
        const source = pattern
          .split('')
          .map((c) => (c === '*' ? '[^]*' : c === '?' ? '[^]' : c.replace(/[.(\\]/, '\\$&')))
          .join('');
        expect(fits(pattern, against)).toBe(new RegExp(`^${source}$`, 'i').test(against));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are never slow, whatever the pattern', () => {
    const text = 'a'.repeat(255);
    const begun = performance.now();
    for (let i = 0; i < 100; i++) {
      expect(fits('*a'.repeat(120) + 'b', text)).toBe(false);
      expect(fits('*a*a?*'.repeat(40) + 'b', text)).toBe(false);
    }
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('a selector', () => {
  test.each<[string, Partial<Selector>, boolean]>([
    ['nothing asked', {}, true],
    ['alias', { alias: ['*transit*'] }, true],
    ['any of a list', { tag: ['access', 'edge'] }, true],
    ['none of a list', { tag: ['access', 'dist*'] }, false],
    ['name or key', { name: ['xe0'] }, true],
    ['name as shown', { name: ['xe-*'] }, true],
    ['device by id', { device: ['d1'] }, true],
    ['device by name', { device: ['rtr-*'] }, true],
    ['all must fit', { site: ['paris'], kind: ['disk'] }, false],
    ['what is excluded', { not: { ...ANY, name: ['xe*'] } }, false],
    ['excluded only if all of it fits', { not: { ...ANY, name: ['xe*'], site: ['Lyon'] } }, true],
  ])('%s', (_name, selector, expected) => {
    const whole = { ...ANY, ...selector };
    expect(meansInstance(whole, DEVICE, XE0)).toBe(expected);
    // A device may only be passed over when none of its instances can be meant.
    if (expected) expect(meansDevice(whole, DEVICE)).toBe(true);
  });

  it('passes over devices that cannot have any', () => {
    expect(meansDevice({ ...ANY, site: ['Lyon'] }, DEVICE)).toBe(false);
    expect(meansDevice({ ...ANY, not: { ...ANY, tag: ['core'] } }, DEVICE)).toBe(false);
    expect(meansDevice({ ...ANY, not: { ...ANY, tag: ['core'], name: ['lo'] } }, DEVICE)).toBe(true);
  });

  it('says in words what it asks', () => {
    expect(inWords({ ...ANY, tag: ['core', 'edge'], alias: ['*x*'], not: { ...ANY, name: ['lo'] } })).toBe(
      'tag is "core" or "edge" and alias is "*x*", not where name is "lo"',
    );
    expect(inWords(ANY)).toBe('');
  });
});

describe('keys of graphs', () => {
  it('come from titles, and stay when a neighbour is mended', () => {
    expect(keysOf(['Load', 'Traffic of all uplinks!', 'Load', '', '負荷', 'load-2'])).toEqual([
      'load',
      'traffic-of-all-uplinks',
      'load-2',
      'graph',
      'graph-2',
      'load-2-2',
    ]);
  });

  it('are unique and safe in a path for any titles', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 30 }), (titles) => {
        const keys = keysOf(titles);
        expect(new Set(keys).size).toBe(titles.length);
        for (const key of keys) {
          expect(key).toMatch(/^[a-z0-9-]+$/);
          expect(parseBoardGraphId(boardGraphId('network', key))).toEqual({ board: 'network', key });
        }
      }),
    );
  });

  test.each(['board~', 'board~a', 'board~a~', 'board~~b', 'board~a~b~c', 'traffic~a~b', ''])('%j names none', (id) => {
    expect(parseBoardGraphId(id)).toBeNull();
  });
});
