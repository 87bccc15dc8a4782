/** What is wrong in a dashboard's file, with the place; the rest of it is shown. */
import type { DashboardFaultView } from '../core/api.ts';

export function Faults({ faults }: { faults: readonly DashboardFaultView[] }) {
  if (faults.length === 0) return null;
  return (
    <ul class="note caution">
      {faults.map((fault) => (
        <li key={`${fault.file} ${fault.line} ${fault.key} ${fault.text}`}>
          <span class="mono">
            {fault.file}
            {fault.line === null ? '' : `:${fault.line}`}
          </span>
          : {fault.key} {fault.text}
        </li>
      ))}
    </ul>
  );
}
