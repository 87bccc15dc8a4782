/** Letters typed before the search is there wait for it; keys of everything else stay what they are. */
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as SearchKey from '../../web/search-key.ts';

class Element {
  readonly isContentEditable = false;
  readonly tagName: string;
  constructor(tagName: string) {
    this.tagName = tagName;
  }
}
let onKey = (_event: object): void => undefined;
let keys: typeof SearchKey;

beforeAll(async () => {
  vi.stubGlobal('HTMLElement', Element);
  vi.stubGlobal('addEventListener', (_type: string, listener: typeof onKey) => (onKey = listener));
  keys = await import('../../web/search-key.ts');
});
beforeEach(() => void keys.takeTyped());

/** @returns whether the key was taken from where it was typed */
function press(key: string, tagName = 'BODY', more: object = {}): boolean {
  const preventDefault = vi.fn();
  onKey({ key, target: new Element(tagName), ctrlKey: false, metaKey: false, altKey: false, ...more, preventDefault });
  return preventDefault.mock.calls.length > 0;
}

describe('the key of the search', () => {
  it('is a slash, and what follows waits for the field', () => {
    expect(press('/')).toBe(true);
    for (const letter of 'core') expect(press(letter)).toBe(true);
    expect(keys.takeTyped()).toBe('core');
    expect(press('x')).toBe(false);
  });

  it('is a letter within a field', () => {
    expect(press('/', 'INPUT')).toBe(false);
    expect(press('k', 'INPUT', { ctrlKey: true })).toBe(true);
  });

  it('takes nothing from a field, though the search was wanted where it cannot come, or while it is there', () => {
    expect(press('k', 'INPUT', { ctrlKey: true })).toBe(true);
    expect(press('x', 'INPUT')).toBe(false);
    expect(press('/')).toBe(true);
    expect(press('x', 'INPUT')).toBe(false);
  });

  it('gives up a search that does not come', () => {
    vi.useFakeTimers();
    expect(press('/')).toBe(true);
    vi.advanceTimersByTime(6_000);
    expect(press(' ')).toBe(false);
    expect(keys.takeTyped()).toBe('');
    vi.useRealTimers();
  });
});
