import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function RangePage(_shared: Shared) {
  useTitle('Discover an address range');
  return (
    <div class="head">
      <h1>Discover an address range</h1>
    </div>
  );
}
