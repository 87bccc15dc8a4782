import type { Shared } from '../app.tsx';
import { useTitle } from '../parts.tsx';

export function EditPage(_shared: Shared) {
  useTitle('Edit a device');
  return (
    <div class="head">
      <h1>Edit a device</h1>
    </div>
  );
}
