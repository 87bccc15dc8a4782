/** Reports that were made on a schedule and are kept as files. */
import type { KeptReview } from '../../core/review-view.ts';
import { api } from '../api.ts';
import { useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';
import { count, when } from '../words.ts';

const EVERY_MS = 60_000;

export function KeptReviews({ nowMs, zone }: { nowMs: number; zone: string }) {
  const { value, error } = useLive('kept reviews', api.keptReviews, () => EVERY_MS);
  return (
    <section class="kept" aria-label="Kept reports">
      <header>
        <h2>Kept reports</h2>
      </header>
      <Trouble error={error} />
      {value?.length === 0 && (
        <p class="sec">
          None yet. Name a review under <span class="mono">reviews</span> in the configuration, and it is made and kept every week
          or month.
        </p>
      )}
      {value !== null && value.length > 0 && (
        <ul class="reports">
          {value.map((kept) => (
            <Kept key={kept.id} kept={kept} nowMs={nowMs} zone={zone} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Kept({ kept, nowMs, zone }: { kept: KeptReview; nowMs: number; zone: string }) {
  const link = (form: 'html' | 'pdf' | 'csv', word: string) => (
    <a href={api.keptReviewAddress(kept.id, form)} {...(form === 'html' ? { target: '_blank' } : { download: '' })}>
      {word}
      <span class="vh">
        {' '}
        of {kept.title}, {kept.name}
      </span>
    </a>
  );
  return (
    <li>
      <span class="n1">{kept.title}</span>
      <span>{kept.name}</span>
      <span class="sec">
        {count(kept.series, 'series', 'series')}, made {when(kept.madeMs, nowMs, zone)}
      </span>
      <span class="forms">
        {link('html', 'Page')} {link('pdf', 'PDF')} {link('csv', 'CSV')}
      </span>
    </li>
  );
}
