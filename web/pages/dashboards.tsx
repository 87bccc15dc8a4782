import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function DashboardsPage(_shared: Shared) {
  useTitle('Dashboards');
  return (
    <div class="head">
      <h1>Dashboards</h1>
    </div>
  );
}
