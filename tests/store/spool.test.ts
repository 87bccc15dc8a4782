/** The queue on disk, against a plain model of it, and where a disk fails. */
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DataFolderError } from '../../store/failures.ts';
import { openSpool, type Spool, type SpoolEntry, type SpoolOptions, type SpoolRecord } from '../../store/spool.ts';
import { quiet } from './histories.ts';
import { canMount } from './mounting.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'saguaro-spool-'));
  folders.push(folder);
  return folder;
}
const opened = (folder: string, more: Partial<SpoolOptions> = {}): Promise<Spool> =>
  openSpool({ folder, maxBytes: 2 ** 30, maxAgeMs: 1e12, nowMs: () => 0, log: quiet, ...more });
const entry = (text: string, atMs = 0, kind = 0): SpoolEntry => ({ kind, atMs, count: 1, payload: Buffer.from(text) });
const textOf = ({ payload }: SpoolRecord) => Buffer.from(payload).toString();
const all = async (spool: Spool): Promise<SpoolRecord[]> => {
  const out: SpoolRecord[] = [];
  for (let after = -1; ;) {
    const records = await spool.peek(5_000, after);
    const last = records.at(-1);
    if (!last) return out;
    expect(last.position).toBeGreaterThan(after);
    out.push(...records);
    after = last.position;
  }
};

describe('a spool', () => {
  it('does what a plain list would do, whatever is asked of it and however often it is opened', { timeout: 60_000 }, async () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(9).map((n) => new Uint8Array(400 + n * 500).fill(65 + n)),
    );
    const step = fc.oneof(
      fc.record({ what: fc.constant('append' as const), payloads: fc.array(payload, { minLength: 1, maxLength: 4 }) }),
      fc.record({
        what: fc.constant('peek' as const),
        most: fc.integer({ min: 1, max: 4_000 }),
        ahead: fc.integer({ min: -3, max: 8 }),
      }),
      fc.record({ what: fc.constant('done' as const), ahead: fc.integer({ min: -2, max: 9 }) }),
      fc.record({ what: fc.constant('reopen' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const folder = await mkdtemp(join(tmpdir(), 'saguaro-spool-model-'));
        let spool = await opened(folder, { segmentBytes: 1_500 });
        try {
          const model: Uint8Array[] = [];
          let done = -1;
          for (const one of steps) {
            if (one.what === 'append') {
              const entries = one.payloads.map((body, i) => ({ kind: i, atMs: model.length, count: body.length, payload: body }));
              model.push(...one.payloads);
              expect(await spool.append(entries)).toEqual({ result: 'ok', position: model.length - 1 });
            } else if (one.what === 'peek') {
              const after = one.ahead < 0 ? -1 : done + one.ahead;
              const records = await spool.peek(one.most, after);
              const first = Math.max(done, after) + 1;
              expect(records.map(({ position }) => position)).toEqual(records.map((_r, i) => first + i));
              expect(records.length > 0).toBe(first < model.length);
              for (const { position, payload: body } of records)
                expect(Buffer.from(body)).toEqual(Buffer.from(model[position] ?? []));
              const sizes = records.map(({ payload: body }) => body.length);
              expect(records.length <= 1 || sizes.reduce((a, b) => a + b, 0) <= one.most).toBe(true);
            } else if (one.what === 'done') {
              const position = Math.min(model.length - 1, done + one.ahead);
              await spool.done(position);
              done = Math.max(done, position);
            } else {
              await spool.close();
              spool = await opened(folder, { segmentBytes: 1_500 });
            }
            const waiting = model.slice(done + 1);
            expect(spool.stats()).toMatchObject({
              waitingRecords: waiting.length,
              waitingCount: waiting.reduce((sum, body) => sum + body.length, 0),
              lastPosition: model.length - 1,
              damagedBytes: 0,
              trouble: '',
            });
          }
          expect((await all(spool)).map(({ position }) => position)).toEqual(model.map((_m, i) => i).slice(done + 1));
        } finally {
          await spool.close();
          await rm(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: process.env['SAGUARO_LONG'] ? 400 : 60 },
    );
  });

  it('keeps the order of calls that come at once', async () => {
    const spool = await opened(await scratch());
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_a, i) => spool.append([entry(`${i}`.repeat(1 + ((i * 37) % 400))), entry(`${i}b`)])),
    );
    expect(answers.map((answer) => answer.result === 'ok' && answer.position)).toEqual(answers.map((_a, i) => i * 2 + 1));
    const texts = (await all(spool)).map(textOf);
    expect(texts.filter((text) => text.endsWith('b'))).toEqual(answers.map((_a, i) => `${i}b`));
    await spool.close();
  });

  it('takes the disk it needs and no more: what is delivered leaves no file', async () => {
    const folder = await scratch();
    const spool = await opened(folder, { segmentBytes: 10_000 });
    for (let i = 0; i < 400; i++) await spool.append([entry(Array.from({ length: 12 }, (_x, k) => Math.sin(i * 12 + k)).join())]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.waiting')).length).toBeGreaterThan(3);
    await spool.done(399);
    await spool.close();
    expect((await readdir(folder)).filter((name) => name.endsWith('.waiting')).length).toBeLessThanOrEqual(1);
    const again = await opened(folder);
    expect(again.stats()).toMatchObject({ waitingRecords: 0, lastPosition: 399 });
    expect(await again.append([entry('next')])).toEqual({ result: 'ok', position: 400 });
    await again.close();
  });

  it('never takes more than its bound: the oldest goes, is counted, and is told once', async () => {
    const folder = await scratch();
    const told: string[] = [];
    const spool = await opened(folder, { maxBytes: 100_000, log: { ...quiet, error: (text) => void told.push(text) } });
    for (let i = 0; i < 1_000; i++) {
      await spool.append([{ ...entry(`${i} ${Math.random()}`.padEnd(250, '.')), count: 10 }]);
      expect(spool.stats().waitingBytes).toBeLessThanOrEqual(100_000);
    }
    const { droppedCount, waitingCount } = spool.stats();
    expect(droppedCount + waitingCount).toBe(10_000);
    expect(waitingCount).toBeGreaterThan(2_000);
    expect(told).toEqual(['More waits for the server than may; the oldest is given up.']);
    const records = await all(spool);
    expect(records.map(({ position }) => position)).toEqual(records.map((_r, i) => 1_000 - records.length + i));
    expect(await spool.append([entry('x'.repeat(10)), { ...entry(''), payload: randomBytes(100_001) }])).toMatchObject({
      result: 'blocked',
    });
    expect(spool.stats().waitingCount).toBe(waitingCount);
    await spool.close();
  });

  it('gives up what has waited too long', async () => {
    const folder = await scratch();
    let nowMs = 0;
    const spool = await opened(folder, { maxAgeMs: 160_000, nowMs: () => nowMs });
    for (; nowMs < 400_000; nowMs += 1_000) await spool.append([entry(`${nowMs}`, nowMs)]);
    const times = (await all(spool)).map(({ atMs }) => atMs);
    expect(times[0]).toBeGreaterThanOrEqual(400_000 - 160_000 - 11_000);
    expect(times[0]).toBeLessThanOrEqual(400_000 - 160_000 + 11_000);
    expect(spool.stats().expiredCount).toBe(400 - times.length);
    nowMs += 1e9;
    expect(await all(spool)).toEqual([]);
    expect(spool.stats()).toMatchObject({ waitingRecords: 0, expiredCount: 400, oldestMs: null });
    await spool.close();
  });

  it('keeps refused lines below their reasons, up to a bound', async () => {
    const folder = await scratch();
    const spool = await opened(folder);
    await spool.setAside([{ line: 'interface x=1 5', reason: 'field type\nconflict' }]);
    expect(await readFile(join(folder, 'refused-1970-01-01.lp'), 'utf8')).toBe('# field type conflict\ninterface x=1 5\n');
    const large = [{ line: 'x'.repeat(33 * 2 ** 20), reason: 'too large' }];
    await spool.setAside(large);
    await spool.setAside(large);
    expect(spool.stats().refusedLines).toBe(3);
    expect((await readFile(join(folder, 'refused-1970-01-01.lp'))).length).toBeLessThan(40 * 2 ** 20);
    await spool.close();
  });

  it('says in words that its folder cannot be used', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'file'), '');
    await expect(opened(join(folder, 'file', 'spool'))).rejects.toThrow(DataFolderError);
    await expect(opened(join(folder, 'file', 'spool'))).rejects.toThrow(
      /cannot be kept in .*spool \(ENOTDIR\); give Saguaro write access/,
    );
    if (process.getuid?.() === 0) return;
    await chmod(folder, 0o500);
    await expect(opened(join(folder, 'spool'))).rejects.toThrow(/EACCES/);
  });
});

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.random() * 256);
}

if (canMount())
  describe('a spool on a full disk', () => {
    it('says so, keeps what it acknowledged, and goes on by itself when there is room', async () => {
      const folder = await scratch();
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]);
      try {
        const spool = await opened(join(disk, 'spool'), { segmentBytes: 60_000 });
        const ballast = join(disk, 'ballast');
        const big = () => ({ ...entry(''), payload: randomBytes(20_000) });
        const kept: Uint8Array[] = [];
        let blocked = null;
        for (let i = 0; i < 60 && !blocked; i++) {
          const one = big();
          const answer = await spool.append([one, entry(`after ${i}`)]);
          if (answer.result === 'ok') kept.push(one.payload);
          else blocked = answer;
        }
        expect(blocked).toMatchObject({
          result: 'blocked',
          reason: expect.stringMatching(/^The disk is full: .*free some space\.$/) as string,
        });
        expect(spool.stats().trouble).toMatch(/disk is full/);
        expect(await spool.append([big()])).toMatchObject({ result: 'blocked' });
        const same = async (of: Spool) => {
          const found = (await all(of)).filter(({ position }) => position % 2 === 0).map(({ payload }) => payload);
          expect(found.length).toBe(kept.length);
          expect(found.every((payload, i) => Buffer.from(payload).equals(Buffer.from(kept[i] ?? [])))).toBe(true);
        };
        await same(spool);
        execFileSync('mount', ['-o', 'remount,size=2m', disk]);
        for (let i = 0; i < 4; i++) {
          const one = big();
          expect((await spool.append([one, entry('again')])).result).toBe('ok');
          kept.push(one.payload);
        }
        expect(spool.stats().trouble).toBe('');
        await same(spool);
        await spool.close();
        const again = await opened(join(disk, 'spool'), { segmentBytes: 60_000 });
        await same(again);
        expect(again.stats().damagedBytes).toBe(0);
        await again.close();
        await rm(ballast, { force: true });
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });
