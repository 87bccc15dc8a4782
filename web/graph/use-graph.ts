/** Graph data for a place on the page: asked when it comes into view, in its width, again when a new slot can be full. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { GraphData } from '../../core/graph.ts';
import { api, type Compared } from '../api.ts';
import { useLive, type Live } from '../live.ts';
import { serverNow } from '../remote.ts';
import { chartCode } from './chart-code.ts';
import { refreshMs } from './pace.ts';

/** Widths are asked in steps, so that a window's last pixel does not ask for everything anew. */
const WIDTH_STEP_PX = 40;
/** Begin a little before it is seen. */
const AHEAD = '300px';

/** Width and visibility of an element; width 0 until it has been in view once. */
export function useSeen<T extends Element>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => setWidth(Math.max(120, Math.round(element.clientWidth / WIDTH_STEP_PX) * WIDTH_STEP_PX));
    const size = new ResizeObserver(measure);
    const sight = new IntersectionObserver(
      (entries) => {
        if (!entries.some((e) => e.isIntersecting)) return;
        sight.disconnect();
        measure();
        size.observe(element);
      },
      { rootMargin: AHEAD },
    );
    sight.observe(element);
    return () => {
      sight.disconnect();
      size.disconnect();
    };
  }, []);
  return [ref, width];
}

/** @param width in CSS pixels; 0 asks nothing yet */
export function useGraph(id: string, range: string, width: number, intervalMs: number, compared: Compared = {}): Live<GraphData> {
  return useLive(
    width === 0 ? null : `${id} ${range} ${width} ${compared.compare ?? ''} ${compared.difference ?? ''} ${compared.habit ?? ''}`,
    (signal) => {
      // Sparklines need it not, but where they are graphs are. A failure is told by the plot.
      chartCode().catch(() => undefined);
      return api.graph(id, range, width, signal, compared);
    },
    (data) => refreshMs(data, intervalMs, serverNow()),
  );
}
