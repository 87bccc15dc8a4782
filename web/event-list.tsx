/** What happened, in words: newest first. */
import type { EventView } from '../core/api.ts';
import { href } from './address.ts';
import { grouped } from './event-groups.ts';
import { clockTime, eventWord, newestFirst, when } from './words.ts';

export interface EventListProps {
  readonly events: readonly EventView[];
  readonly nowMs: number;
  readonly zone: string;
  /** Name the device of each event, and link it. */
  readonly named: boolean;
  /** Only the time of day: the day stands above. */
  readonly timed?: boolean;
  /** It stands in a narrow column: time and word above the sentence. */
  readonly narrow?: boolean;
}

export function EventList({ events, nowMs, zone, named, timed = false, narrow = false }: EventListProps) {
  const sorted = newestFirst(events);
  const groups = named ? grouped(sorted) : sorted.map((first) => ({ first, others: [] }));
  return (
    <ul class={`events ${timed ? 'timed' : ''} ${narrow ? 'narrow' : ''}`}>
      {groups.map(({ first: event, others }) => {
        const { shape, word } = eventWord(event, nowMs);
        return (
          <li key={event.id}>
            <time dateTime={new Date(event.fromMs).toISOString()}>
              {timed ? clockTime(event.fromMs, zone) : when(event.fromMs, nowMs, zone)}
            </time>
            <span class={`st ${shape}`}>{word}</span>
            <span class="what">
              {named && event.device !== null && (
                <>
                  <Device event={event} />
                  {others.length === 1 && others[0] && (
                    <>
                      {' and '}
                      <Device event={others[0]} />
                    </>
                  )}
                  {others.length > 1 && ` and ${others.length} more`}
                  {': '}
                </>
              )}
              {event.text}
              {event.toMs === null && (event.kind === 'gap' || event.kind === 'down') && <span class="mut"> Still so.</span>}
              {others.length > 1 && (
                <details>
                  <summary class="s mut">All {others.length + 1} devices</summary>
                  {[event, ...others].map((one, i) => (
                    <span key={one.id}>
                      {i > 0 && ', '}
                      <Device event={one} />
                    </span>
                  ))}
                </details>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Device({ event }: { event: EventView }) {
  return (
    <a class="q n1" href={href({ page: 'device', id: event.device ?? '' })}>
      {event.deviceName ?? event.device}
    </a>
  );
}
