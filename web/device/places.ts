/** Where devices belong: by place, kind and tag. */
import type { DeviceView } from '../../core/api.ts';

export const BRANCHES = ['site', 'kind', 'tag'] as const;
export type Branch = (typeof BRANCHES)[number];

export interface Node {
  readonly name: string;
  /** What the address says; NONE for what has no place or tag. */
  readonly key: string;
  readonly all: number;
  readonly down: number;
  /** The next level: kinds within a place, places within a kind. */
  readonly inner: readonly Node[];
}
/** Stands in the address for "without one"; no place or tag is called so, because they are trimmed and never empty. */
export const NONE = ' ';
const NONE_WORDS: Readonly<Record<Branch, string>> = { site: 'No place', kind: 'Other', tag: 'No tag' };

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Branches with how many devices are on them, by name, "none" last; a device is on each of its tags. */
export function tree(devices: readonly DeviceView[], by: Branch, deep = true): Node[] {
  const groups = new Map<string, DeviceView[]>();
  for (const device of devices) {
    for (const key of keysOf(device, by)) {
      const group = groups.get(key);
      if (group) group.push(device);
      else groups.set(key, [device]);
    }
  }
  return [...groups]
    .map(([key, group]) => ({
      key,
      name: key === NONE ? NONE_WORDS[by] : by === 'kind' ? capital(key) : key,
      all: group.length,
      down: group.filter((d) => d.state === 'down').length,
      inner: deep && by !== 'tag' ? tree(group, by === 'site' ? 'kind' : 'site', false) : [],
    }))
    .sort((a, b) => Number(a.key === NONE) - Number(b.key === NONE) || collator.compare(a.name, b.name));
}

/** Whether a device is on every branch that an address names. */
export function isAt(device: DeviceView, chosen: Readonly<Record<string, string>>): boolean {
  return BRANCHES.every((branch) => {
    const key = chosen[branch] ?? '';
    return key === '' || keysOf(device, branch).includes(key);
  });
}

function keysOf(device: DeviceView, by: Branch): readonly string[] {
  switch (by) {
    case 'site':
      return [device.site === '' ? NONE : device.site];
    case 'kind':
      return [device.kind];
    case 'tag':
      return device.tags.length === 0 ? [NONE] : device.tags;
  }
}

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
