/**
 * One of every equal thing. Ten thousand switches of one model are asked the same objects in
 * the same words; what they have in common is kept once.
 */
import { createHash } from 'node:crypto';

export interface Sharing {
  /** The value that was first given of those that are equal as JSON. It must never be changed. */
  one<T extends object>(value: T): T;
}

export function createSharing(): Sharing {
  const kept = new Map<string, WeakRef<object>>();
  // Nobody uses it any more: its name goes as well.
  const gone = new FinalizationRegistry<string>((name) => {
    if (kept.get(name)?.deref() === undefined) kept.delete(name);
  });
  return {
    one<T extends object>(value: T): T {
      const name = createHash('sha256').update(JSON.stringify(value)).digest('base64');
      const same = kept.get(name)?.deref();
      // Equal as JSON, so of the same shape.
      if (same) return same as T;
      kept.set(name, new WeakRef(value));
      gone.register(value, name);
      return value;
    },
  };
}
