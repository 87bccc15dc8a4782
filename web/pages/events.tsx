import { useEffect, useState } from 'preact/hooks';
import type { EventView } from '../../core/api.ts';
import { causeWords } from '../../core/causes.ts';
import type { Shared } from '../app.tsx';
import { api, sentence } from '../api.ts';
import { EventList } from '../event-list.tsx';
import { go, useLive, useNow } from '../live.ts';
import { Trouble, useTitle } from '../parts.tsx';
import { href } from '../address.ts';
import { withMore } from '../route.ts';
import { dayName, newestFirst } from '../words.ts';

const PAGE = 200;
/** What one looks for, and the kinds of events that tell of it. */
const KINDS: readonly (readonly [key: string, word: string, kinds: readonly string[]])[] = [
  ['', 'All', []],
  ['down', 'Down', ['down']],
  ['gap', 'Gaps', ['gap']],
  ['restart', 'Restarts', ['restart']],
  ['parts', 'Ports and disks', ['added', 'vanished', 'returned', 'changed']],
  ['unusual', 'Unusual', ['unusual']],
  ['collector', 'Collector', ['collector', 'import']],
];

export function EventsPage({ route, devices, zone }: Shared) {
  const device = route.more['device'] ?? '';
  const name = devices?.find((d) => d.id === device)?.name ?? device;
  useTitle(device === '' ? 'Events' : `Events of ${name}`);
  const now = useNow(10_000);
  const [older, setOlder] = useState<{ items: EventView[]; cursor: string | null } | null>(null);
  const [trouble, setTrouble] = useState('');
  const [kind = '', , kinds = []] = KINDS.find(([key]) => key === route.more['kind']) ?? KINDS[0] ?? [];
  const cause = route.more['cause'] ?? '';
  const because = causeWords(cause);
  const query = {
    limit: PAGE,
    kind: kinds,
    ...(device === '' ? {} : { device }),
    ...(because === null ? {} : { cause }),
  };
  const { value, error } = useLive(
    `events ${device} ${kind} ${cause}`,
    (signal) => api.events(query, signal),
    () => 15_000,
  );
  useEffect(() => setOlder(null), [device, kind, cause]);
  const cursor = older ? older.cursor : (value?.nextCursor ?? null);
  const newest = value?.items ?? [];
  // What moved from the first page to the second since it was asked stands once.
  const known = new Set(newest.map((e) => e.id));
  const events = newestFirst([...newest, ...(older?.items ?? []).filter((e) => !known.has(e.id))]);
  const loadOlder = async () => {
    if (cursor === null) return;
    try {
      const page = await api.events({ ...query, cursor }, new AbortController().signal);
      setOlder({ items: [...(older?.items ?? []), ...page.items], cursor: page.nextCursor });
      setTrouble('');
    } catch (failed) {
      setTrouble(sentence(failed));
    }
  };
  return (
    <>
      <div class="head">
        <h1>Events</h1>
        {device !== '' && (
          <>
            <span class="sec wrap">
              of <a href={href({ page: 'device', id: device })}>{name}</a>
            </span>
            <a href={href(withMore(route, { device: '' }))}>Of all devices</a>
          </>
        )}
        {because !== null && (
          <>
            <span class="sec wrap">because: {because}</span>
            <a href={href(withMore(route, { cause: '' }))}>Whatever the cause</a>
          </>
        )}
        <div class="end">
          <span>times in {zone}</span>
        </div>
      </div>
      <div class="tools">
        <div class="seg wraps" role="group" aria-label="What happened">
          {KINDS.map(([key, word]) => (
            <button type="button" key={key} aria-pressed={key === kind} onClick={() => go(withMore(route, { kind: key }), true)}>
              {word}
            </button>
          ))}
        </div>
      </div>
      <Trouble error={error} />
      {value && events.length === 0 && (kind !== '' || because !== null) && <p class="mut">Nothing of that kind has happened.</p>}
      {value && events.length === 0 && kind === '' && because === null && (
        <div class="empty">
          <p>Nothing has happened yet. Gaps with their cause, restarts, and devices that come and go are told here.</p>
          <a class="btn" href={href({ page: 'devices' })}>
            All devices
          </a>
        </div>
      )}
      {byDay(events, now, zone).map(([name, list]) => (
        <section key={name}>
          <header>
            <h2>{name}</h2>
          </header>
          <EventList events={list} nowMs={now} zone={zone} named={device === ''} timed />
        </section>
      ))}
      {cursor !== null && (
        <p class="row more">
          <button type="button" class="btn" onClick={() => void loadOlder()}>
            Older events
          </button>
          <span class="bad">{trouble}</span>
        </p>
      )}
    </>
  );
}

function byDay(events: readonly EventView[], now: number, zone: string): [string, EventView[]][] {
  const days = new Map<string, EventView[]>();
  for (const event of events) {
    const name = dayName(event.fromMs, now, zone);
    const list = days.get(name) ?? [];
    list.push(event);
    days.set(name, list);
  }
  return [...days];
}
