/** The monthly capacity reports: that of the last month as known now, and those that are kept. */
import { useState } from 'preact/hooks';
import { monthName } from '../../core/moments.ts';
import { api } from '../api.ts';
import { useLive } from '../live.ts';
import { Trouble } from '../parts.tsx';

const EVERY_MS = 300_000;
/** Half a year, so that the list of what fills stays in sight; older ones on demand. */
const SHOWN = 6;

export function MonthlyReports() {
  const [open, setOpen] = useState(false);
  const [all, setAll] = useState(false);
  const { value, error } = useLive(open ? 'capacity reports' : null, api.capacityReports, () => EVERY_MS);
  const months = all ? value?.months : value?.months.slice(0, SHOWN);
  return (
    <details class="monthly s" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Monthly reports</summary>
      <Trouble error={error} />
      {value && months && (
        <ul aria-label="Monthly reports">
          <Report month="now" name={value.last.month} note="the last month, as known now" />
          {months.map((month) => (
            <Report key={month} month={month} name={monthName(month)} note="" />
          ))}
        </ul>
      )}
      {value && months && months.length < value.months.length && (
        <button type="button" class="btn" onClick={() => setAll(true)}>
          Show {value.months.length - months.length} more
        </button>
      )}
      {value?.months.length === 0 && (
        <p class="sec">
          None is kept yet: one is made on the first morning of a month, unless <span class="mono">capacity.report</span> in the
          configuration is false.
        </p>
      )}
    </details>
  );
}

function Report({ month, name, note }: { readonly month: string; readonly name: string; readonly note: string }) {
  const of = `${name}${note === '' ? '' : `, ${note}`}`;
  const link = (form: 'html' | 'pdf', word: string) => (
    <a href={api.capacityReportAddress(month, form)} {...(form === 'html' ? { target: '_blank' } : { download: '' })}>
      {word}
      <span class="vh"> of {of}</span>
    </a>
  );
  return (
    <li>
      <span>
        <span class="n1">{name}</span> {note !== '' && <span class="sec">{note}</span>}
      </span>
      <span class="forms">
        {link('html', 'Page')} {link('pdf', 'PDF')}
      </span>
    </li>
  );
}
