import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// What takes longer than `npm test` may lives in *.long.ts and runs by `npm run test:long`.
const long = process.env['SAGUARO_LONG'] === '1';

// Stores and programs are opened hundreds of times, each in a thread or a process of its own: what Node has compiled once
// is kept for the next. It looks at the text of each file itself, so that nothing stale is run.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'compiled');

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', ...(long ? ['tests/**/*.long.ts'] : [])],
    globalSetup: ['tests/real-parts.ts'],
    // Real programs and sockets are at work here: a few processes that have room, not one per core.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: long ? 300_000 : 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    allowOnly: false,
    // Whatever is waited for may take its time on a busy machine: what never comes still fails.
    expect: { poll: { timeout: 10_000 } },
  },
});
