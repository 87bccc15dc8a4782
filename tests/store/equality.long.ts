/** The whole month every ten seconds and every minute, in every store. */
import { equalityOfAll, equalityOfBuffered } from './equality.ts';
import { DAY } from './histories.ts';

const SIZE = { tenS: 10 * DAY, oldMinutes: 4_300, many: 10_000 };
equalityOfAll(SIZE);
equalityOfBuffered(SIZE);
