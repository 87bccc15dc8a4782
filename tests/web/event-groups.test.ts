import { describe, expect, it } from 'vitest';
import type { EventView } from '../../core/api.ts';
import { grouped } from '../../web/event-groups.ts';

let id = 100;
function event(device: string | null, text: string, fromMs: number, more: Partial<EventView> = {}): EventView {
  const head = { kind: 'gap', deviceName: device, instance: null, cause: 'timeout', toMs: fromMs + 1000 };
  return { id: id--, device, text, fromMs, ...head, ...more };
}
const devices = (events: EventView[]) => grouped(events).map((g) => [g.first.device, ...g.others.map((o) => o.device)]);

describe('what struck many devices at once', () => {
  it('is told once', () => {
    const text = (host: string) => `No answer from ${host} port 161 for 3 min.`;
    expect(
      devices([
        event('a', text('192.0.2.1'), 600_000),
        event('b', text('2001:db8::5'), 590_000),
        event('c', text('192.0.2.3'), 560_000),
        event('d', text('192.0.2.4'), 100_000),
      ]),
    ).toEqual([['a', 'b', 'c'], ['d']]);
  });
  it.each([
    ['another kind', { kind: 'down' }],
    ['another cause', { cause: 'refused' }],
    ['still lasting', { toMs: null }],
  ])('is apart from %s', (_word, more) => {
    expect(devices([event('a', 'x', 1000), event('b', 'x', 1000, more)])).toEqual([['a'], ['b']]);
  });
  it('tells a device twice when it was struck twice', () => {
    expect(devices([event('a', 'x', 2000), event('a', 'x', 1000)])).toEqual([['a'], ['a']]);
  });
  it('leaves alone what is of no device', () => {
    expect(devices([event(null, 'x', 2000), event(null, 'x', 1000)])).toEqual([[null], [null]]);
  });
});
