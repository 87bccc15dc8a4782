/** Appends to a spool until it is killed, and says on stdout what was acknowledged. Run by the spool's kill test. */
import { openSpool } from '../../store/spool.ts';
import { entryAt } from './spooled.ts';

const [folder = '', from = '0'] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: (text: string) => process.stderr.write(`${text}\n`) };
const spool = await openSpool({ folder, maxBytes: 2 ** 30, maxAgeMs: 1e12, nowMs: () => 0, log, segmentBytes: 40_000 });
let [next, done] = [Number(from), Number(from) - 1];
process.stdout.write(`start ${spool.stats().lastPosition}\n`);
for (next = spool.stats().lastPosition + 1; ;) {
  const entries = Array.from({ length: 1 + (next % 3) }, (_e, i) => entryAt(next + i));
  const answer = await spool.append(entries);
  if (answer.result !== 'ok') throw new Error(answer.reason);
  next += entries.length;
  process.stdout.write(`has ${answer.position}\n`);
  // Delivers some, so that files go as well as come.
  if (next % 7 === 0) {
    const records = await spool.peek(3_000);
    const last = records.at(-5);
    if (last && last.position > done) {
      done = last.position;
      process.stdout.write(`done ${done}\n`);
      await spool.done(done);
    }
  }
}
