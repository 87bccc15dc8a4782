/** A graph on the page: the canvas, its words for those who do not see it, cursor by pointer and keys, zoom by dragging. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphData } from '../../core/graph.ts';
import { onTheme } from '../theme.ts';
import { moment } from '../words.ts';
import { chartCode } from './chart-code.ts';
import type { Drawn } from './chart.ts';
import type { GraphOptions } from './scene.ts';
import { cursorWords, summary } from './summary.ts';

export interface PlotProps {
  readonly data: GraphData;
  readonly size: GraphOptions['size'];
  readonly envelope?: boolean;
  readonly p95?: boolean;
  readonly events?: boolean;
  readonly frame?: GraphOptions['frame'];
  /** Slot under the cursor, or null. */
  readonly slot?: number | null;
  readonly onSlot?: (slot: number | null) => void;
  readonly onZoom?: (fromMs: number, toMs: number) => void;
  readonly onPick?: (tMs: number) => void;
}

/** Shorter drags are clicks. */
const DRAG_MIN_PX = 6;

export function Plot(props: PlotProps) {
  const { data, size, slot = null } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const [failed, setFailed] = useState(false);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    let gone = false;
    const off = onTheme(() => drawn.current?.recolour());
    chartCode().then(
      ({ drawGraph }) => {
        if (gone || !canvas.current) return;
        drawn.current = drawGraph(canvas.current, latest.current.data, options(latest.current));
        drawn.current.mark(latest.current.slot ?? null);
        // A canvas keeps what it drew before the font came.
        if (document.fonts.status !== 'loaded') void document.fonts.ready.then(() => drawn.current?.recolour());
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      off();
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, []);
  useEffect(() => {
    drawn.current?.update(data, options(props), slot);
  }, [data, size, props.envelope, props.p95, props.events, props.frame?.fromMs, props.frame?.toMs]);
  useEffect(() => {
    drawn.current?.mark(slot);
  }, [slot]);
  return (
    <div class={`plot ${size}`}>
      {failed && <p class="hole">The code that draws did not load. Load the page again; the server may have been updated.</p>}
      <canvas ref={canvas} role="img" aria-label={summary(data)} />
      {(props.onSlot || props.onPick) && <Over {...props} slot={slot} drawn={drawn} />}
    </div>
  );
}

function options(props: PlotProps): GraphOptions {
  const { data, size, envelope = false, p95 = false, events = false, frame = null } = props;
  return { size, envelope, p95, events, frame, flag: (tMs) => moment(tMs, data.zone, data.stepMs) };
}

interface OverProps extends PlotProps {
  readonly slot: number | null;
  readonly drawn: { readonly current: Drawn | null };
}

/** The transparent layer that feels pointer and keys. */
function Over({ data, size, slot, onSlot, onZoom, onPick, drawn }: OverProps) {
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const local = (event: PointerEvent) => event.offsetX;
  const last = data.tMs.length - 1;
  const keys = (event: KeyboardEvent) => {
    if (!onSlot || last < 0) return;
    const stride = event.shiftKey ? 10 : 1;
    const now = slot ?? last;
    const steps: Record<string, number | null> = {
      ArrowLeft: now - (slot === null ? 0 : stride),
      ArrowRight: now + stride,
      PageUp: now - Math.ceil(last / 10),
      PageDown: now + Math.ceil(last / 10),
      Home: 0,
      End: last,
      Escape: null,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setDrag(null);
    onSlot(next === null ? null : Math.max(0, Math.min(last, next)));
  };
  const end = (event: PointerEvent) => {
    const chart = drawn.current;
    if (!drag || !chart) return;
    setDrag(null);
    const [a, b] = [chart.at(Math.min(drag.from, drag.to)), chart.at(Math.max(drag.from, drag.to))];
    if (!a || !b) return;
    if (Math.abs(drag.to - drag.from) < DRAG_MIN_PX) onPick?.(chart.at(local(event))?.tMs ?? a.tMs);
    else if (onZoom) {
      onZoom(a.tMs, b.tMs);
      // What lay under the pointer is elsewhere now.
      onSlot?.(null);
    }
  };
  const box = drawn.current?.area();
  const clamp = (x: number) => (box ? Math.max(box.left, Math.min(box.right, x)) : x);
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      setDrag({ from: local(event), to: local(event) });
    },
    onPointerMove: (event: PointerEvent) => {
      if (drag) setDrag({ ...drag, to: local(event) });
      onSlot?.(drawn.current?.at(local(event))?.slot ?? null);
    },
    onPointerUp: end,
    onPointerCancel: () => setDrag(null),
    onPointerLeave: (event: PointerEvent) => {
      if (event.pointerType === 'mouse') onSlot?.(null);
    },
    onClick: (event: MouseEvent) => {
      const tMs = drawn.current?.at(event.offsetX)?.tMs;
      if (onPick && !onZoom && tMs !== undefined) onPick(tMs);
    },
  };
  const slider =
    size === 'large'
      ? {
          role: 'slider' as const,
          tabIndex: 0,
          'aria-label': `Cursor of ${data.title}, by arrow keys`,
          'aria-valuemin': 0,
          'aria-valuemax': Math.max(0, last),
          'aria-valuenow': slot ?? Math.max(0, last),
          'aria-valuetext': cursorWords(data, slot ?? last),
        }
      : {};
  return (
    <div class="over" {...slider} {...handlers} onKeyDown={keys}>
      {drag && box && Math.abs(drag.to - drag.from) >= DRAG_MIN_PX && (
        <div
          class="drag"
          style={{
            left: `${clamp(Math.min(drag.from, drag.to))}px`,
            width: `${Math.abs(clamp(drag.to) - clamp(drag.from))}px`,
            top: `${box.top}px`,
            height: `${box.bottom - box.top}px`,
          }}
        />
      )}
    </div>
  );
}
