import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function DashboardPage(_shared: Shared) {
  useTitle('Dashboard');
  return (
    <div class="head">
      <h1>Dashboard</h1>
    </div>
  );
}
