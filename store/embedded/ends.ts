/** How far the chunks and blocks of a tier reach: what comes after that may become a block. */
import type { Layouts, Place } from './layouts.ts';
import { BLOCK_SERIES, firstOf, LAYOUT_SERIES } from './protocol.ts';

export interface Ends {
  /** The last moment of any series of a bundle, wherever it stands. */
  of(layout: number, first: number): number;
  /** A series reaches to t now. */
  reach(series: number, t: number): void;
  /** Nothing is certain any more: a transaction was rolled back. */
  forget(): void;
}

/** @param newest the last moment of a series in chunks of its own, and that of the blocks of a place */
export function createEnds(
  layouts: Layouts,
  newest: { readonly ofSeries: (series: number) => number; readonly ofPlace: (layout: number, first: number) => number },
): Ends {
  const known = new Map<number, number>();
  const keyOf = (layout: number, first: number) => (layout * LAYOUT_SERIES + first) / BLOCK_SERIES;
  const keyOfPlace = ({ layout, index }: Place) => keyOf(layout, firstOf(index));
  return {
    of(layout, first) {
      let end = known.get(keyOf(layout, first));
      if (end === undefined) {
        end = newest.ofPlace(layout, first);
        for (const series of layouts.series(layout).subarray(first, first + BLOCK_SERIES)) {
          end = Math.max(end, newest.ofSeries(series));
          if (!layouts.shared(series)) continue;
          for (const place of layouts.places(series)) end = Math.max(end, newest.ofPlace(place.layout, firstOf(place.index)));
        }
        known.set(keyOf(layout, first), end);
      }
      return end;
    },
    reach(series, t) {
      for (const place of layouts.places(series)) {
        const end = known.get(keyOfPlace(place));
        if (end !== undefined && end < t) known.set(keyOfPlace(place), t);
      }
    },
    forget: () => known.clear(),
  };
}
