/** A month with fewer points; the whole of it is in equality.long.ts. */
import { equalityOfAll } from './equality.ts';
import { HOUR } from './histories.ts';

equalityOfAll({ tenS: 3 * HOUR, oldMinutes: 2_000, many: 2_000 });
