import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function OverviewPage(_shared: Shared) {
  useTitle('Overview');
  return (
    <div class="head">
      <h1>Overview</h1>
    </div>
  );
}
