import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DataFolderError } from '../../store/failures.ts';
import { lockDataFolder } from '../../store/lock.ts';
import { canMount } from './mounting.ts';

const HOLDER = fileURLToPath(new URL('./lock-holder.ts', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saguaro-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes the folder for its owner alone', async () => {
  const dir = join(folder, 'new', 'data');
  const lock = await lockDataFolder(dir);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  await lock.release();
  await lock.release();
});

it('refuses a second holder and says who the first is, until it lets go', async () => {
  const lock = await lockDataFolder(folder);
  const second = lockDataFolder(folder);
  await expect(second).rejects.toThrow(DataFolderError);
  await expect(second).rejects.toThrow(`is in use by another Saguaro (process ${process.pid}); stop it first`);
  await lock.release();
  await (await lockDataFolder(folder)).release();
});

it('is free again the moment its holder is killed', async () => {
  const child = spawn(process.execPath, [HOLDER, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await expect(lockDataFolder(folder)).rejects.toThrow(`process ${child.pid ?? 0}`);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  await (await lockDataFolder(folder)).release();
});

it.runIf(process.platform === 'linux')('refuses at once where no folder can be made', async () => {
  await expect(lockDataFolder('/proc/nope/data')).rejects.toThrow('The data folder /proc/nope/data cannot be used');
});

it('refuses a folder of a newer version, and what is no folder', async () => {
  await (await lockDataFolder(folder)).release();
  const db = new DatabaseSync(join(folder, 'lock.db'));
  db.exec('PRAGMA user_version = 9');
  db.close();
  await expect(lockDataFolder(folder)).rejects.toThrow(/was written by a newer version of Saguaro; start that version/);
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(lockDataFolder(file)).rejects.toThrow(/is not a folder; choose another one with SAGUARO_DATA/);
  await expect(lockDataFolder(join(file, 'below'))).rejects.toThrow(/is not a folder/);
});

it('refuses a folder it may not write', async () => {
  const dir = join(folder, 'closed');
  mkdirSync(dir, { mode: 0o500 });
  // Root may write anywhere, so it asks as somebody else.
  const asked = spawnSync(process.execPath, [HOLDER, dir, process.getuid?.() === 0 ? '65534' : ''], {
    encoding: 'utf8',
    input: '',
  });
  expect(asked.stdout).toBe('');
  expect(asked.stderr).toMatch(/cannot be written by this user; choose another one with SAGUARO_DATA/);
});

it.runIf(canMount())('refuses a folder on a read-only file system', async () => {
  const mount = join(folder, 'readonly');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', mount]);
  try {
    await expect(lockDataFolder(mount)).rejects.toThrow(/is on a read-only file system; choose another one/);
    await expect(lockDataFolder(join(mount, 'below'))).rejects.toThrow(/is on a read-only file system/);
  } finally {
    execFileSync('umount', ['-l', mount]);
  }
});
