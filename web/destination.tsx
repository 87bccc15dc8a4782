/** What stands on every page while the server that keeps the history is away or blocked, or something was lost. */
import type { DestinationView, StatusView } from '../core/api.ts';
import { destinationWords, nothingLost } from '../core/destination-words.ts';
import { href } from './address.ts';
import { when } from './words.ts';

/** Goes by itself once all is well. */
export function DestinationNotice({ status }: { status: StatusView | null }) {
  const destination = status?.store.destination ?? null;
  return (
    <div role="status">
      {status && destination && <Notice destination={destination} nowMs={status.nowMs} zone={status.zone} />}
    </div>
  );
}

interface NoticeProps {
  readonly destination: DestinationView;
  readonly nowMs: number;
  readonly zone: string;
}

function Notice({ destination, nowMs, zone }: NoticeProps) {
  const words = destinationWords(destination, nowMs, (ms) => when(ms, nowMs, zone));
  if (words.silent) return null;
  return (
    <p class="wanting">
      {words.away !== null && (
        <>
          {words.away}
          {/* Grows every minute: to be seen, not to be read out each time. */}
          <span aria-hidden="true"> ({words.lasting})</span>. {destination.state === 'blocked' && `${words.reason} `}
          {nothingLost(destination) && 'Nothing is lost: what is measured waits on disk. '}
          Graphs of older time come back with it.{' '}
        </>
      )}
      {words.troubles.map((text) => `${text} `)}
      <a href={href({ page: 'collector' })}>Its figures</a>
    </p>
  );
}
