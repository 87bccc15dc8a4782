/** Small pieces that several pages show the same way. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceView } from '../core/api.ts';
import { href } from './address.ts';
import { ApiError, sentence } from './api.ts';
import { go, useNow } from './live.ts';
import { serverNow } from './remote.ts';
import { firstRange, PRESETS, shortRange, shownRange, type Page, type Route } from './route.ts';
import { dataAge, stateWord } from './words.ts';

/** The range a page shows: the address's, or what suits the age of the device's history. */
export function rangeOf(route: Route, device: DeviceView | null | undefined): string {
  if (route.range !== '') return route.range;
  if (!device || device.origin === 'import') return firstRange(Infinity);
  return firstRange(serverNow() - Math.min(device.createdMs, device.historySinceMs ?? Infinity));
}

/** Shape and word, never colour alone. */
export function State({ state }: { state: DeviceView['state'] }) {
  const { shape, word } = stateWord(state);
  return <span class={`st ${shape}`}>{word}</span>;
}

/** "data 40 s old", counting. */
interface AgeProps {
  readonly newestMs: number | null;
  readonly warnAfterMs?: number;
  /** Nothing polls it: its data has no age to warn of. */
  readonly imported?: boolean;
}

export function Age({ newestMs, warnAfterMs = Infinity, imported = false }: AgeProps) {
  const now = useNow(1_000);
  const old = !imported && newestMs !== null && now - newestMs > warnAfterMs;
  return <span class={old ? 'warn' : ''}>{imported && newestMs === null ? 'imported' : dataAge(newestMs, now)}</span>;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Saguaro' : `${title} · Saguaro`;
  }, [title]);
}

/** What failed and what to do; the rest of the page stays. */
export function Trouble({ error, children }: { error: unknown; children?: ComponentChildren }) {
  if (error === null || error === undefined) return null;
  return (
    <div class="note error" role="alert">
      {sentence(error)} {children}
    </div>
  );
}

/** The address leads to something that is not, or no longer, there. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

interface MissingProps {
  /** "device" */
  readonly what: string;
  readonly why: string;
  /** Where to go instead, in words. */
  readonly instead: string;
  readonly to: Page;
}

export function Missing({ what, why, instead, to }: MissingProps) {
  return (
    <div class="empty">
      <h1>No such {what}</h1>
      <p>{why}</p>
      <a class="btn" href={href({ page: to })}>
        {instead}
      </a>
    </div>
  );
}

export function NoSuchDevice() {
  const why = 'There is no device at this address; it may have been removed since.';
  return <Missing what="device" why={why} instead="All devices" to="devices" />;
}

/** In the place of everything, while nothing is polled. */
export function NothingPolled({ title }: { title: string }) {
  return (
    <>
      <div class="head">
        <h1>{title}</h1>
      </div>
      <div class="empty">
        <p>Nothing is polled yet. A device needs an address and, for SNMP, its community or user; discovery finds the rest.</p>
        <a class="btn pri" href={href({ page: 'add' })}>
          Add a device
        </a>
      </div>
    </>
  );
}

/** Ranges in words, offered where one is typed. */
const OFFERED = ['today', 'yesterday', 'this week', 'last week', 'this month', 'last month', 'this year', 'last year', 'last 3d'];

/**
 * Presets and the typed range; the address is the only place that holds them.
 * @param range what is shown now, also when the address leaves it open
 */
export function RangeTools({ route, range }: { route: Route; range: string }) {
  const [typed, setTyped] = useState(shownRange(range));
  useEffect(() => setTyped(shownRange(range)), [range]);
  return (
    <>
      <div class="seg fill" role="group" aria-label="Time range">
        {PRESETS.map((preset) => (
          <button
            type="button"
            key={preset}
            aria-pressed={shortRange(range) === preset}
            onClick={() => go({ ...route, range: preset })}
          >
            {preset}
          </button>
        ))}
      </div>
      <form
        class="range-form"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = shortRange(typed);
          if (wanted !== '') go({ ...route, range: wanted });
        }}
      >
        <input
          class="range"
          size={Math.max(34, typed.length + 1)}
          type="text"
          aria-label="Range, typed"
          title='As in "last 3d", "2026-03", "yesterday" or "now-7d to now"'
          list="ranges"
          // A field that is full offers nothing to choose: what stands in it is chosen to be typed over.
          onFocus={(event) => event.currentTarget.select()}
          spellcheck={false}
          autocomplete="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <datalist id="ranges">
          {OFFERED.map((words) => (
            <option key={words} value={words} />
          ))}
        </datalist>
      </form>
    </>
  );
}

export function Switch({ name, checked, onChange }: { name: string; checked: boolean; onChange: (value: boolean) => void }) {
  return (
    <label class="chk">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} /> {name}
    </label>
  );
}
