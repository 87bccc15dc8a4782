/** The whole month every ten seconds and every minute, in every store. */
import { equalityOfAll } from './equality.ts';
import { DAY } from './histories.ts';

equalityOfAll({ tenS: 10 * DAY, oldMinutes: 4_300, many: 10_000 });
