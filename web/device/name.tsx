/** The name of an instance, which leads to its graph where it has one. */
import type { ComponentChildren } from 'preact';
import { href } from '../address.ts';

export interface Place {
  readonly name: string;
  readonly graph: string | null;
}

export function Name({ place, range, children }: { place: Place; range: string; children?: ComponentChildren }) {
  const shown = children ?? place.name;
  if (place.graph === null) return <span class="n1">{shown}</span>;
  return (
    <a class="q n1" href={href({ page: 'graph', id: place.graph, range })} title={place.name}>
      {shown}
    </a>
  );
}
