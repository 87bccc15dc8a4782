/** The soak over 1,000 simulated devices, as long as SAGUARO_SOAK_MINUTES says (10). */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compilerOf } from '../../bench/poll/programs.ts';

const minutes = Number(process.env['SAGUARO_SOAK_MINUTES'] ?? '10');
const MARGIN_MS = 120_000;

test.skipIf('missing' in compilerOf())(
  'polls a fleet with dead and hostile devices without a wrong or a missing value',
  async () => {
    // A process of its own: what else runs here must not make its event loop late.
    const soak = spawn(process.execPath, [join(import.meta.dirname, 'poll.ts'), '--minutes', String(minutes)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors] = ['', ''];
    soak.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    soak.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    try {
      await new Promise((resolve) => soak.once('close', resolve));
    } finally {
      soak.kill('SIGKILL');
    }
    console.log(output);
    expect(errors).toBe('');
    expect((JSON.parse(output) as { faults: string[] }).faults).toEqual([]);
  },
  minutes * 60_000 + MARGIN_MS,
);
