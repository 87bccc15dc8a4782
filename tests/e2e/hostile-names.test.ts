/** Names from outside that want to be more than text, through every page: nothing runs, nothing is hidden, nothing breaks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriesKey, type Device, type Instance } from '../../core/model.ts';
import { folder } from '../cli/processes.ts';
import { chromiumProgram, fitsWindow, LOOKS, type Look } from './chromium.ts';
import { demoBrowser, NOW_MS } from './demo-browser.ts';

const HOSTILE: readonly (readonly [what: string, name: string])[] = [
  ['markup', '<img src=x onerror="window.bad=1"><script>window.bad=1</script>'],
  ['an attribute', '" onmouseover="window.bad=1" x="'],
  ['an address', 'javascript:window.bad=1'],
  ['a template', '{{constructor.constructor("window.bad=1")()}} ${window.bad=1} %3Cscript%3E'],
  ['bidi controls', 'ab\u202Egnp.exe\u2066\u200Fcd'],
  ['control characters', 'a\u0000b\u0007c\u001b[31md\r\ne\u2028f'],
  ['nothing to be seen', '\u200b\u2060\ufeff'],
  ['stacked marks', `Z${'\u0300\u0316\u0489'.repeat(40)}algo`],
  ['60,000 letters', 'W'.repeat(60_000)],
  ['60,000 words', 'wide '.repeat(12_000)],
];

const [WIDE, , , PHONE] = LOOKS as readonly [Look, Look, Look, Look];
/** All pages show all names with the first one. Of the pages of one device alone a third of the names is seen each day, and all by `test:long`. */
const DAYS = 3;
const today = Math.floor(Date.now() / 86_400_000) % DAYS;
const seen = (i: number): boolean => process.env['SAGUARO_LONG'] === '1' || i === 0 || i % DAYS === today;
/** Pages open at the same time. */
const AT_ONCE = 3;

describe.skipIf(chromiumProgram === null)('hostile names', () => {
  const boards = folder('hostile-boards');
  const demo = demoBrowser([boards.path]);

  beforeAll(async () => {
    for (const [i, [, name]] of HOSTILE.entries()) await put(`evil${i}`, name);
    const titles = HOSTILE.map(([, name]) => name.slice(0, 100));
    writeFileSync(
      join(boards.path, 'evil.yaml'),
      JSON.stringify({
        title: titles[0],
        about: titles[1],
        graphs: titles.map((title) => ({
          title: `x${title}`,
          about: title,
          lines: [{ metric: 'load.five', label: `y${title}` }],
        })),
      }),
    );
    // The picture of all devices was taken before: one that is new to it has it taken anew.
    await fetch(new URL('api/v1/interfaces?device=evil0', demo.world().url));
  }, 120_000);
  afterAll(() => boards.remove());

  /** A device with this name everywhere, past every check of ours. */
  async function put(id: string, name: string): Promise<void> {
    const facts = { sysName: name, sysDescr: name, sysObjectId: '1.3', sysLocation: name, sysContact: name };
    const device: Device = {
      ...demo.world().device('nas1.attic'),
      ...{ id, name: `${name}${id}`, address: name.slice(0, 255), sources: [], site: name, tags: [name, `${name}2`], facts },
    };
    const part = (kind: string, fields: readonly string[]): Instance => ({
      ...demo.world().instance('nas1.attic', 'disk', '/'),
      ...{ id: `${id}${kind}`, device: id, kind, key: name, name, alias: name, capacity: 1e9 },
      metrics: fields.map((field) => ({ name: `${kind}.${field}`, unit: kind === 'disk' ? 'bytes' : 'bps' })),
    });
    const parts = [part('interface', ['in_bps', 'out_bps']), part('disk', ['used_bytes', 'size_bytes'])];
    await demo.world().catalog.devices.put(device);
    await demo.world().catalog.instances.put(parts);
    const series = parts.flatMap((one) => one.metrics.map((metric) => seriesKey(id, one.id, metric.name)));
    await demo.world().history.append(
      [-120_000, -60_000, 0].map((ms) => ({
        device: id,
        tMs: NOW_MS + ms,
        intervalMs: 60_000,
        series,
        values: Float64Array.from(series, (_, i) => 9.9e8 - i),
      })),
    );
    const at = { instance: null, cause: null, fromMs: NOW_MS - 1000, toMs: NOW_MS - 1000 };
    await demo.world().catalog.events.add([{ ...at, kind: 'changed', device: id, text: name }]);
  }

  const paths = (id: string) => [
    '',
    'devices',
    'devices?by=tag',
    'events',
    'dashboards',
    'dashboards/evil?range=1h',
    `devices/${id}?range=1h`,
    `devices/${id}/edit`,
    `graphs/traffic~${id}~${id}interface?range=1h&table=1`,
    `graphs/disk~${id}~${id}disk?range=1h`,
    'capacity',
    `quiet?of=${id}`,
    'explore?find=evil',
    'reviews?device=evil',
    'devices/add',
    'devices/add/list',
    'devices/add/range',
  ];

  /** The page at this path shows these names as text, all of it within the window, and nothing of them has run. */
  async function holds(path: string, look: Look): Promise<void> {
    await demo.on(path, look, async (page) => {
      await page
        .getByRole('heading', { level: 1 })
        .first()
        .waitFor({ timeout: 10_000 })
        .catch((cause: unknown) => {
          throw new Error(`${path} at ${look.width} has no title`, { cause });
        });
      await page.waitForLoadState('networkidle');
      await page.mouse.move(look.width / 2, 300);
      await fitsWindow(page);
      const found = await page.evaluate(() => {
        const text = document.body.textContent ?? '';
        const attributes = [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].map((a) => a.value));
        const invisible =
          /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff]/;
        return {
          ran: 'bad' in window,
          elements: document.querySelectorAll('img, script:not([src]), iframe, object').length,
          links: [...document.querySelectorAll('a')].filter((a) => !/^https?:$/.test(a.protocol)).length,
          hidden: [text, ...attributes].filter((one) => invisible.test(one)).length,
          tall: Math.max(0, ...[...document.querySelectorAll('h1, h3, td, li')].map((e) => e.getBoundingClientRect().height)),
        };
      });
      expect({ path, width: look.width, ...found, tall: found.tall < 4000 }).toEqual({
        ...{ path, width: look.width, ran: false, elements: 0, links: 0, hidden: 0, tall: true },
      });
    });
  }

  test.each(HOSTILE.map(([what, name], i) => [what, i, name] as const).filter(([, i]) => seen(i)))(
    '%s',
    async (_what, i, name) => {
      const own = paths(`evil${i}`);
      // Pages that show all devices show all these names at once: with the first one they are seen.
      const visited = i === 0 ? own : own.filter((one) => one.includes(`evil${i}`));
      // Every page on a phone, where room is scarcest; wide ones where a name is long or all are shown.
      const looks = i === 0 || name.length > 1_000 ? [WIDE, PHONE] : [PHONE];
      const visits = visited.flatMap((path) => looks.map((look) => ({ path, look })));
      // Mostly they wait for a quiet network: a few at once, each in a browser context of its own.
      const visit = async () => {
        for (let next = visits.shift(); next !== undefined; next = visits.shift()) await holds(next.path, next.look);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, visit));
    },
    120_000,
  );
});
