/** The hours of the week as bars, a row a day; a window is framed, so that nothing is told by colour alone. */
import type { QuietView } from '../../core/quiet-view.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const [HOUR_PX, ROW_PX, LEFT_PX, TOP_PX, GAP_PX] = [24, 34, 40, 26, 8];
const WIDTH_PX = LEFT_PX + 24 * HOUR_PX + 2;
const HEIGHT_PX = TOP_PX + 7 * (ROW_PX + GAP_PX);

interface WeekProps {
  readonly view: QuietView;
  /** Hour of the week of the window that is framed. */
  readonly start: number | null;
}

export function Week({ view, start }: WeekProps) {
  const { week, hours } = view;
  const most = Math.max(...week.map((load) => load ?? 0), 1e-9);
  const y = (day: number) => TOP_PX + day * (ROW_PX + GAP_PX);
  const framed = start === null ? [] : Array.from({ length: hours }, (_, i) => (start + i) % 168);
  const quietest = week.reduce((best: number, load, hour) => (load !== null && load < (week[best] ?? Infinity) ? hour : best), 0);
  return (
    <svg
      class="week"
      viewBox={`0 0 ${WIDTH_PX} ${HEIGHT_PX}`}
      role="img"
      aria-label={`Load of the hours of the week; the quietest hour begins ${DAYS[Math.floor(quietest / 24)] ?? ''} ${quietest % 24}:00.`}
    >
      {[0, 6, 12, 18].map((hour) => (
        <text key={hour} x={LEFT_PX + hour * HOUR_PX} y={18}>
          {String(hour).padStart(2, '0')}:00
        </text>
      ))}
      {DAYS.map((day, d) => (
        <g key={day}>
          <text x={0} y={y(d) + ROW_PX - 4}>
            {day}
          </text>
          <path class="base" d={`M${LEFT_PX} ${y(d) + ROW_PX}h${24 * HOUR_PX}`} />
          {Array.from({ length: 24 }, (_, h) => {
            const load = week[d * 24 + h] ?? null;
            if (load === null) return null;
            const height = Math.max(1, (load / most) * ROW_PX);
            return (
              <rect key={h} x={LEFT_PX + h * HOUR_PX + 2} y={y(d) + ROW_PX - height} width={HOUR_PX - 4} height={height}>
                <title>{`${day} ${String(h).padStart(2, '0')}:00, ${Math.round(load * 100)} % of the busiest hour`}</title>
              </rect>
            );
          })}
        </g>
      ))}
      {framed.map((hour) => (
        <path
          key={hour}
          class="frame"
          d={`M${LEFT_PX + (hour % 24) * HOUR_PX} ${y(Math.floor(hour / 24)) + ROW_PX + 4}h${HOUR_PX}`}
        />
      ))}
    </svg>
  );
}
