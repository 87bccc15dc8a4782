/** One parcel against servers that refuse: what is lost, what arrives, and how many requests it takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliver } from '../../store/server/delivery.ts';
import type { Parcel, Sent } from '../../store/server/port.ts';

const parcelOf = (lines: readonly string[]): Parcel => ({ tier: 'raw', text: lines.join('\n'), lines: lines.length });
const numbered = (count: number) => Array.from({ length: count }, (_line, i) => `line ${i}`);

/** A server that takes what it likes. */
function server(answer: (lines: readonly string[]) => Sent) {
  const taken = new Set<string>();
  let requests = 0;
  const send = ({ text, lines }: Parcel): Promise<Sent> => {
    requests++;
    const all = text.split('\n');
    expect(all).toHaveLength(lines);
    const sent = answer(all);
    if (sent.result === 'ok') for (const line of all) taken.add(line);
    return Promise.resolve(sent);
  };
  return { taken, send, requests: () => requests };
}

describe('a parcel', () => {
  it('is sent once when all is well', async () => {
    const one = server(() => ({ result: 'ok' }));
    expect(await deliver(parcelOf(numbered(5_000)), one.send)).toEqual({ answer: { result: 'ok', expired: 0 }, refused: [] });
    expect([one.taken.size, one.requests()]).toEqual([5_000, 1]);
  });

  it('loses the bad lines and no other, each with the words of the server', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.uniqueArray(fc.nat(299), { maxLength: 12 }), async (count, at) => {
        const lines = numbered(count);
        const bad = new Set(at.filter((i) => i < count).map((i) => `line ${i}`));
        const one = server((some) =>
          some.some((line) => bad.has(line)) ? { result: 'rejected', reason: 'no such field' } : { result: 'ok' },
        );
        const { answer, refused } = await deliver(parcelOf(lines), one.send);
        expect(answer).toEqual({ result: 'ok', expired: 0 });
        expect(new Set(refused.map(({ line }) => line))).toEqual(bad);
        expect(refused.every(({ reason }) => reason === 'no such field')).toBe(true);
        expect(one.taken).toEqual(new Set(lines.filter((line) => !bad.has(line))));
      }),
    );
  });

  it('finds one bad line of 5,000 in some two dozen requests', async () => {
    const one = server((some) => (some.includes('line 3777') ? { result: 'rejected', reason: 'no' } : { result: 'ok' }));
    expect((await deliver(parcelOf(numbered(5_000)), one.send)).refused).toEqual([{ line: 'line 3777', reason: 'no' }]);
    expect(one.requests()).toBeLessThanOrEqual(27);
  });

  it('is cut until it is small enough, its lines in order', async () => {
    const one = server((some) => (some.length > 100 ? { result: 'too large' } : { result: 'ok' }));
    expect((await deliver(parcelOf(numbered(1_000)), one.send)).refused).toEqual([]);
    expect([...one.taken]).toEqual(numbered(1_000));
  });

  it('of one line that is too large is set aside', async () => {
    const { answer, refused } = await deliver(parcelOf(['long']), () => Promise.resolve({ result: 'too large' }));
    expect(answer.result).toBe('ok');
    expect(refused).toEqual([{ line: 'long', reason: expect.stringMatching(/too large/) as string }]);
  });

  it('that is refused as a whole costs a bounded number of requests, and every line is set aside', async () => {
    const one = server(() => ({ result: 'rejected', reason: 'nothing at all' }));
    const { refused } = await deliver(parcelOf(numbered(5_000)), one.send);
    expect(refused.map(({ line }) => line)).toEqual(numbered(5_000));
    expect(one.requests()).toBeLessThan(500);
  });

  it.each([
    { result: 'retry', reason: 'away', afterMs: 7_000 },
    { result: 'blocked', reason: 'token' },
  ] as const)('stops at once at $result, and says nothing of lines it has refused so far', async (stop) => {
    let count = 0;
    const one = server(() => (++count < 12 ? { result: 'rejected', reason: 'no' } : stop));
    expect(await deliver(parcelOf(numbered(64)), one.send)).toEqual({ answer: stop, refused: [] });
    expect(one.requests()).toBe(12);
  });

  it('adds up what was older than the server keeps', async () => {
    const one = server((some) => (some.length > 3 ? { result: 'too large' } : { result: 'ok', expired: 1 }));
    expect((await deliver(parcelOf(numbered(10)), one.send)).answer).toEqual({ result: 'ok', expired: 4 });
  });
});
