import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { search, type Findable } from '../../core/search.ts';

const named = fc
  .tuple(
    fc.constantFrom('device', 'interface', 'disk', 'dashboard'),
    fc.stringMatching(/^[ab]{1,4}$/),
    fc.stringMatching(/^[ab .]{0,6}$/),
  )
  .map(([kind, title, more]): Findable => ({
    hit: { kind, title, detail: '', page: 'device', id: title },
    texts: [title, more],
  }));

describe('a search', () => {
  it('gives the best of all, in one order, however few are wanted', () => {
    fc.assert(
      fc.property(fc.array(named, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (all, limit) => {
        expect(search(all, 'a b', limit)).toEqual(search(all, 'a b', all.length + 1).slice(0, limit));
      }),
    );
  });

  it('puts a name before what only begins with it, and that before what holds it', () => {
    const texts = ['xcore', 'core', 'my core', 'core1', 'edge'];
    const all = texts.map((title): Findable => ({
      hit: { kind: 'device', title, detail: '', page: 'device', id: title },
      texts: [title],
    }));
    expect(search(all, 'core', 10).map(({ title }) => title)).toEqual(['core', 'core1', 'my core', 'xcore']);
    expect(search(all, 'core', 2).map(({ title }) => title)).toEqual(['core', 'core1']);
    expect(search(all, '  ', 10)).toEqual([]);
  });
});
