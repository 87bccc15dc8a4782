/**
 * Many devices being added, at most four at a time. It lives outside the page that shows it:
 * whoever looks at another page meanwhile finds it again, and the browser warns before it ends.
 */
import type { DeviceInput } from '../../core/api.ts';

/** `silent`: refused only because it did not answer. */
export type AddState = 'waiting' | 'asking' | 'added' | 'failed' | 'silent';
export interface AddRow {
  readonly key: string;
  readonly input: DeviceInput;
  readonly state: AddState;
  /** What it answered, or why it was not added. */
  readonly text: string;
  /** Id of the added device. */
  readonly device: string | null;
}
/** How the asking for one ended. */
export type AddOutcome = Pick<AddRow, 'text' | 'device'> & { readonly state: 'added' | 'failed' | 'silent' };
export interface Adding {
  rows(): readonly AddRow[];
  /** Whether something is being asked now. */
  busy(): boolean;
  start(devices: readonly { readonly key: string; readonly input: DeviceInput }[]): void;
  /** Asks those again that were not added. */
  retry(): void;
  /** Adds those that did not answer all the same. */
  force(): void;
  /** Begins no further one; what is being asked comes to its end. */
  pause(): void;
  resume(): void;
  clear(): void;
  /** Calls back after every change; the answer ends it. */
  listen(listener: () => void): () => void;
}

const AT_ONCE = 4;

/**
 * @param add asks for one; never rejects
 * @param onIdle called when all have come to an end
 */
export function createAdding(add: (input: DeviceInput) => Promise<AddOutcome>, onIdle: () => void): Adding {
  let rows: readonly AddRow[] = [];
  let asking = 0;
  let paused = false;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  const set = (key: string, change: Partial<AddRow>) => {
    rows = rows.map((row) => (row.key === key ? { ...row, ...change } : row));
    tell();
  };
  const warn = (event: Event) => event.preventDefault();

  const go = () => {
    while (!paused && asking < AT_ONCE) {
      const next = rows.find(({ state }) => state === 'waiting');
      if (!next) break;
      if (asking++ === 0) globalThis.addEventListener?.('beforeunload', warn);
      set(next.key, { state: 'asking', text: '' });
      void add(next.input).then((outcome) => {
        set(next.key, outcome);
        asking--;
        go();
        if (asking > 0) return;
        globalThis.removeEventListener?.('beforeunload', warn);
        onIdle();
        tell();
      });
    }
  };
  const again = (which: (row: AddRow) => boolean, force: boolean) => {
    rows = rows.map((row) =>
      which(row) ? { ...row, input: force ? { ...row.input, force } : row.input, state: 'waiting' as const, text: '' } : row,
    );
    paused = false;
    tell();
    go();
  };

  return {
    rows: () => rows,
    busy: () => asking > 0,
    start(devices) {
      const before = rows.filter(({ key }) => !devices.some((device) => device.key === key));
      rows = [...before, ...devices.map((device) => ({ ...device, state: 'waiting' as const, text: '', device: null }))];
      paused = false;
      tell();
      go();
    },
    retry: () => again(({ state }) => state === 'failed' || state === 'silent', false),
    force: () => again(({ state }) => state === 'silent', true),
    pause() {
      paused = true;
      tell();
    },
    resume: () => again(() => false, false),
    clear() {
      if (asking > 0) return;
      rows = [];
      tell();
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** How many are in each state. */
export function tally(rows: readonly AddRow[]): Readonly<Record<AddState, number>> {
  const counts = { waiting: 0, asking: 0, added: 0, failed: 0, silent: 0 };
  for (const { state } of rows) counts[state]++;
  return counts;
}

/** "12 of 40 added, 2 not added, 1 did not answer." */
export function progressLine(rows: readonly AddRow[]): string {
  const { added, failed, silent } = tally(rows);
  const parts = [
    `${added} of ${rows.length} added`,
    ...(failed > 0 ? [`${failed} not added`] : []),
    ...(silent > 0 ? [`${silent} did not answer`] : []),
  ];
  return `${parts.join(', ')}.`;
}
