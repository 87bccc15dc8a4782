/** The whole of hostile.test.ts: more than five thousand damaged replies a transport, by several seeds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADAPTERS } from '../../agents/adapters.ts';
import { expectUnharmed, kindsFor, runHostile } from './hostile-run.ts';

const REPLIES = 6_000;
const uncaught: unknown[] = [];
const note = (error: unknown) => uncaught.push(error);
beforeAll(() => process.on('uncaughtExceptionMonitor', note));
afterAll(() => {
  process.off('uncaughtExceptionMonitor', note);
  expect(uncaught).toEqual([]);
});

describe.each(ADAPTERS)('$name', (adapter) => {
  test.each([20_000, 40_000])('from seed %i: six thousand damaged replies harm nobody', async (seed) => {
    const kinds = kindsFor(adapter, 40);
    const report = await runHostile(adapter, { seed, replies: REPLIES, kinds, healthy: 100, mostMs: 120_000 });
    // How late polls started by the clock is the machine's affair as well: it is told, not judged.
    console.log(adapter.name, { ...report, wrong: report.wrong.length, overdue: report.overdue.length });
    expectUnharmed(report, REPLIES, kinds.length);
  });
});
