import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openSpool } from '../../store/spool.ts';
import { isAsMade } from './spooled.ts';

const KILLS = process.env['SAGUARO_LONG'] ? 200 : 20;
const SCRIPT = fileURLToPath(new URL('./spooler.ts', import.meta.url));
const FIRST_WORD_MS = 15_000;

async function runAndKill(folder: string, done: number, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [SCRIPT, folder, String(done + 1)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  let timer: NodeJS.Timeout | null = null;
  const deadline = setTimeout(() => child.kill('SIGKILL'), FIRST_WORD_MS);
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
  clearTimeout(deadline);
  if (timer) clearTimeout(timer);
  expect(errors).toBe('');
  expect(signal).toBe('SIGKILL');
  // The last line may be torn.
  return out.slice(0, out.lastIndexOf('\n')).split('\n');
}

it(`keeps all that it acknowledged over ${KILLS} kills, in order and exactly`, { timeout: KILLS * 5_000 + 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-spool-kill-'));
  try {
    let seed = 20_261_125;
    let [has, done] = [-1, -1];
    for (let kill = 0; kill < KILLS; kill++) {
      seed = (seed * 48_271) % 2_147_483_647;
      for (const line of await runAndKill(folder, done, 5 + (seed % 200))) {
        const [what, position] = line.split(' ');
        if (what === 'start') expect(Number(position)).toBeGreaterThanOrEqual(has);
        if (what === 'has') has = Number(position);
        if (what === 'done') done = Number(position);
      }
    }
    const log = { info: () => undefined, warn: () => undefined, error: (text: string) => expect.fail(text) };
    const spool = await openSpool({ folder, maxBytes: 2 ** 30, maxAgeMs: 1e12, nowMs: () => 0, log });
    const positions: number[] = [];
    for (let after = -1; ;) {
      const records = await spool.peek(1e6, after);
      if (records.length === 0) break;
      expect(records.filter((record) => !isAsMade(record))).toEqual([]);
      positions.push(...records.map(({ position }) => position));
      after = positions.at(-1) ?? after;
    }
    // What was delivered may come again; nothing that was not may be missing.
    const [first = has + 1] = positions;
    expect(first).toBeLessThanOrEqual(done + 1);
    expect(positions).toEqual(positions.map((_p, i) => first + i));
    expect(positions.at(-1)).toBeGreaterThanOrEqual(has);
    expect(positions.at(-1)).toBeLessThanOrEqual(has + 3);
    expect(has).toBeGreaterThan(KILLS * 5);
    expect(spool.stats()).toMatchObject({ damagedBytes: 0, damagedPieces: 0 });
    await spool.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
