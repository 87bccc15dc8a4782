/** What is not as usual at this hour of this weekday: one line an episode, since when and how far, to the graph of it. */
import type { HabitsView, UnusualView } from '../core/habit-watch.ts';
import { formatDuration } from '../core/units.ts';
import { api } from './api.ts';
import { href } from './address.ts';
import { useLive } from './live.ts';
import { Trouble } from './parts.tsx';
import { count } from './words.ts';

const SHOWN = 8;
const EVERY_MS = 30_000;
/** So much before an episode is shown with it. */
const BEFORE_MS = 12 * 3_600_000;

export function UnusualNow({ now }: { now: number }) {
  const { value, error } = useLive(
    'unusual now',
    (signal) => api.habits(signal),
    () => EVERY_MS,
  );
  const items = value?.items ?? [];
  return (
    <section>
      <header>
        <h2>Unusual now</h2>
        <span class="end">
          <a href={href({ page: 'events', more: { kind: 'unusual' } })}>
            {items.length > SHOWN ? `All ${items.length}` : 'Before'}
          </a>
        </span>
      </header>
      <Trouble error={error} />
      {value && items.length === 0 && <p class="mut">{quiet(value)}</p>}
      <ul class="events narrow">
        {items.slice(0, SHOWN).map((one) => (
          <li key={one.series}>
            <time dateTime={new Date(one.fromMs).toISOString()}>{formatDuration(Math.max(0, now - one.fromMs))}</time>
            <span class="st stale">{one.above ? 'High' : 'Low'}</span>
            <span class="what">
              <a class="q n1" href={href({ page: 'device', id: one.device })}>
                {one.deviceName}
              </a>
              , <a href={addressOf(one)}>{one.name}</a>: {one.text}
            </span>
          </li>
        ))}
      </ul>
      {value && value.items.length > 0 && value.learning > 0 && <p class="s mut">{learning(value)}</p>}
    </section>
  );
}

function addressOf({ graph, device, fromMs }: UnusualView): string {
  if (graph === null) return href({ page: 'device', id: device });
  return href({ page: 'graph', id: graph, range: `${Math.floor((fromMs - BEFORE_MS) / 1000)} to now`, more: { usual: '1' } });
}

function quiet(view: HabitsView): string {
  const { followed, waiting } = view;
  if (followed === 0) return 'No series has been followed yet.';
  if (waiting > 0) return `Habits of ${count(waiting, 'series', 'series')} are still to be learnt from the history.`;
  return `Nothing: ${series(followed - view.learning)} as usual.${view.learning > 0 ? ` ${learning(view)}` : ''}`;
}

const series = (n: number): string => count(n, 'series is', 'series are');

/** What is said of those of which nothing is said. */
const learning = (view: HabitsView): string => `${series(view.learning)} still learning what is usual, which takes 21 days.`;
