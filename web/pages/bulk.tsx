import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function BulkPage(_shared: Shared) {
  useTitle('Add a list of devices');
  return (
    <div class="head">
      <h1>Add a list of devices</h1>
    </div>
  );
}
