/** A data folder with an imported history, for commands that ask a server or, where none runs, the folder itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { folder, saguaro, startServer, type RunningServer } from './processes.ts';

export const MODES = ['no server', 'a server'] as const;

export interface Imported {
  readonly path: string;
  /** For every command that is to work on it. */
  readonly env: Readonly<Record<'SAGUARO_DATA' | 'SAGUARO_CONFIG', string>>;
}

/** To be called within `describe`. @param csv what is imported before the tests */
export function imported(name: string, mode: (typeof MODES)[number], zone: string, csv: string): Imported {
  const { path, remove } = folder(name);
  const env = { SAGUARO_DATA: join(path, 'data'), SAGUARO_CONFIG: join(path, 'saguaro.yaml') };
  let server: RunningServer | null = null;
  beforeAll(async () => {
    writeFileSync(env.SAGUARO_CONFIG, `thisMachine: {poll: false}\ntimeZone: ${zone}\n`);
    const { status, stderr } = await saguaro(['import', '-'], env, csv);
    expect(status, stderr).toBe(0);
    if (mode === 'a server') server = await startServer(env);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    remove();
  });
  return { path, env };
}
