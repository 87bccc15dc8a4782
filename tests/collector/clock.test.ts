import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStamps, createSystemClock, type ClockStep } from '../../collector/clock.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2025, 2, 30, 0, 30);

function bench() {
  let wallMs = START_MS;
  let monoMs = 0;
  const steps: ClockStep[] = [];
  const stamps = createStamps({ wallMs: () => wallMs, monoMs: () => monoMs, onStep: (step) => steps.push(step) });
  return {
    steps,
    stamps,
    pass(ms: number, wallRate = 1) {
      monoMs += ms;
      wallMs += ms * wallRate;
      return stamps();
    },
    set(deltaMs: number) {
      wallMs += deltaMs;
    },
    wall: () => wallMs,
  };
}

describe('stamps', () => {
  it('follow the machine while nothing happens, a night with a change to summer time included', () => {
    const clock = bench();
    for (let minute = 1; minute <= 180; minute++) expect(clock.pass(60_000)).toBe(START_MS + minute * 60_000);
    expect(clock.steps).toEqual([]);
  });

  it('take a step forward of an hour at once and say so', () => {
    const clock = bench();
    clock.pass(1000);
    clock.set(HOUR_MS);
    expect(clock.pass(1000)).toBe(START_MS + 2000 + HOUR_MS);
    expect(clock.steps).toHaveLength(1);
    expect(clock.steps[0]?.deltaMs).toBe(HOUR_MS);
    expect(clock.steps[0]?.text).toMatch(/forward by 3600\.0 s/);
  });

  it('do not follow a step back of an hour, say so once, and are back within a day', () => {
    const clock = bench();
    const before = clock.pass(1000);
    clock.set(-HOUR_MS);
    let last = before;
    let hours = 0;
    while (last - clock.wall() > 2_000 && hours < 48) {
      for (let minute = 0; minute < 60; minute++) {
        const now = clock.pass(60_000);
        expect(now - last).toBeGreaterThanOrEqual(60_000 * 0.95 - 1);
        expect(now - last).toBeLessThanOrEqual(60_001);
        last = now;
      }
      hours++;
    }
    expect(hours).toBeGreaterThan(18);
    expect(hours).toBeLessThan(24);
    expect(clock.steps).toHaveLength(1);
    expect(clock.steps[0]?.text).toMatch(/went back by 3600\.0 s/);
  });

  it('follow a drift of 200 ppm without a step', () => {
    const clock = bench();
    for (let minute = 0; minute < 24 * 60; minute++) clock.pass(60_000, 1.0002);
    expect(Math.abs(clock.stamps() - clock.wall())).toBeLessThan(50);
    expect(clock.steps).toEqual([]);
  });

  it('never go backwards, whatever is done to the clock', () => {
    const change = fc.record({
      passMs: fc.integer({ min: 0, max: 100_000 }),
      setMs: fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 50 }), (changes) => {
        const clock = bench();
        let last = clock.stamps();
        for (const { passMs, setMs } of changes) {
          clock.set(setMs);
          const now = clock.pass(passMs);
          // At least the time that passed, less 5 % while catching up.
          expect(now - last).toBeGreaterThanOrEqual(passMs * 0.95 - 1);
          last = now;
        }
      }),
    );
  });

  it('begin where the last run ended when the clock is behind it', () => {
    const stamps = createStamps({ wallMs: () => START_MS, monoMs: () => 0, notBeforeMs: START_MS + 5000 });
    expect(stamps()).toBe(START_MS + 5000);
  });
});

describe('the system clock', () => {
  it('sleeps at least as long as asked, and stops sleeping when told', async () => {
    const clock = createSystemClock();
    const fromMs = clock.monoMs();
    await clock.sleep(30);
    expect(clock.monoMs() - fromMs).toBeGreaterThanOrEqual(30);
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(50);
    await expect(clock.sleep(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const later = new AbortController();
    const sleeping = clock.sleep(60_000, later.signal);
    later.abort(new Error('now'));
    await expect(sleeping).rejects.toThrow('now');
  });
});
