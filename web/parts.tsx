/** Small pieces that several pages show the same way. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceView } from '../core/api.ts';
import { sentence } from './api.ts';
import { go, useNow } from './live.ts';
import { PRESETS, shortRange, shownRange, type Route } from './route.ts';
import { dataAge, stateWord } from './words.ts';

/** Shape and word, never colour alone. */
export function State({ state }: { state: DeviceView['state'] }) {
  const { shape, word } = stateWord(state);
  return <span class={`st ${shape}`}>{word}</span>;
}

/** "data 40 s old", counting. */
export function Age({ newestMs, warnAfterMs = Infinity }: { newestMs: number | null; warnAfterMs?: number }) {
  const now = useNow(1_000);
  const old = newestMs !== null && now - newestMs > warnAfterMs;
  return <span class={old ? 'warn' : ''}>{dataAge(newestMs, now)}</span>;
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

/** Presets and the typed range; the address is the only place that holds them. */
export function RangeTools({ route, field }: { route: Route; field: boolean }) {
  const [typed, setTyped] = useState(shownRange(route.range));
  useEffect(() => setTyped(shownRange(route.range)), [route.range]);
  return (
    <>
      <div class="seg fill" role="group" aria-label="Time range">
        {PRESETS.map((preset) => (
          <button
            type="button"
            key={preset}
            aria-pressed={route.range === preset}
            onClick={() => go({ ...route, range: preset })}
          >
            {preset}
          </button>
        ))}
      </div>
      {field && (
        <form
          class="range-form"
          onSubmit={(event) => {
            event.preventDefault();
            const range = shortRange(typed);
            if (range !== '') go({ ...route, range });
          }}
        >
          <input
            class="range"
            type="text"
            aria-label="Range, typed"
            title='As in "last 3d", "2026-03", "yesterday" or "now-7d to now"'
            spellcheck={false}
            autocomplete="off"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </form>
      )}
    </>
  );
}
