/** The figures of the server that keeps the history. */
import type { ComponentChildren } from 'preact';
import type { DestinationView } from '../core/api.ts';
import { destinationWords } from '../core/destination-words.ts';
import { formatDuration, formatWith } from '../core/units.ts';
import { count, when, whole } from './words.ts';

const STATES: Readonly<Record<DestinationView['state'], readonly [shape: string, word: string]>> = {
  starting: ['new', 'Not asked yet'],
  ok: ['up', 'Takes history'],
  away: ['down', 'Away'],
  blocked: ['down', 'Blocked'],
};

interface Props {
  readonly destination: DestinationView;
  readonly nowMs: number;
  readonly zone: string;
}

export function DestinationFacts({ destination, nowMs, zone }: Props) {
  const { label, state, sinceMs, waitingLines, waitingBytes, oldestMs, alarms } = destination;
  const { reason } = destinationWords(destination, nowMs, (ms) => when(ms, nowMs, zone));
  const [shape, word] = STATES[state];
  const waits = waitingLines > 0 || waitingBytes > 0;
  return (
    <section>
      <header>
        <h2>History in {label}</h2>
        <span class="end">counted since the start</span>
      </header>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <span class={`st ${shape}`}>{word}</span> since {when(sinceMs, nowMs, zone)} ({formatDuration(nowMs - sinceMs)})
          {reason !== '' && <span class="n2">{reason}</span>}
        </dd>
        <dt>Waiting here</dt>
        <dd>
          {waits ? `${count(waitingLines, 'line')}, ${formatWith(waitingBytes, 'bytes')}` : 'nothing'}
          {oldestMs !== null && <span class="n2">the oldest for {formatDuration(nowMs - oldestMs)}</span>}
        </dd>
        <dt>Sent</dt>
        <dd>{count(destination.sentLines, 'line')}</dd>
        <Lost name="Given up" n={destination.droppedLines}>
          too many waited, or too long: a gap there
        </Lost>
        <Lost name="Expired" n={destination.expiredLines}>
          older than it keeps
        </Lost>
        <Lost name="Refused" n={destination.refusedLines}>
          set aside in the refused-… files, with the reason
        </Lost>
        {destination.damagedBytes > 0 && (
          <>
            <dt>Damaged</dt>
            <dd>
              <b>{formatWith(destination.damagedBytes, 'bytes')}</b>
              <span class="n2">could not be read back; in the damaged-… files</span>
            </dd>
          </>
        )}
        {alarms.length > 0 && (
          <>
            <dt>Alarms</dt>
            <dd>
              {alarms.map((alarm) => (
                <p key={alarm}>{alarm}</p>
              ))}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** A figure that is nothing to speak of while it is none. */
function Lost({ name, n, children }: { name: string; n: number; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {n === 0 ? (
          <span class="mut">none</span>
        ) : (
          <>
            <b>{whole(n)}</b> {n === 1 ? 'line' : 'lines'}
            <span class="n2">{children}</span>
          </>
        )}
      </dd>
    </>
  );
}
