/** The capacity page of the simulated fleet: what fills first, the graph with its future, what if; and its pictures. */
import { describe, expect, test } from 'vitest';
import type { CapacityRow } from '../../core/capacity.ts';
import { futureIdOf } from '../../core/future-id.ts';
import { readPng } from '../server/render/pixels.ts';
import { chromiumProgram, looksRight } from './chromium.ts';
import { demoBrowser } from './demo-browser.ts';

interface Answer {
  readonly items: readonly CapacityRow[];
  readonly waiting: number;
}

describe.skipIf(chromiumProgram === null)('what fills first', () => {
  const { world, on } = demoBrowser();
  const rows = async (): Promise<readonly CapacityRow[]> => {
    for (let i = 0; i < 500; i++) {
      const answer = (await (await fetch(new URL('api/v1/capacity?limit=1000', world().url))).json()) as Answer;
      if (answer.waiting === 0) return answer.items;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the forecasts are still being made');
  };

  test('is ranked, with reasons where there is no date', async () => {
    const all = await rows();
    expect(all.length).toBeGreaterThan(20);
    const tank = all.find(({ deviceName, name }) => deviceName === 'nas1.attic' && name === '/srv/tank');
    expect(tank?.dates?.medianMs).toBeGreaterThan(world().nowMs);
    for (const row of all) expect(row.dates !== null || row.says !== '', `${row.deviceName} ${row.name}`).toBe(true);
    const links = all.filter(({ what, chances }) => what === 'link' && chances.length === 3);
    expect(links.length).toBeGreaterThan(3);
    for (const { says, growthPerMonth } of links) {
      expect(says).toMatch(/^In 180 days most likely [\d.]+ .?b\/s, 8 in 10 between/);
      expect(growthPerMonth).not.toBeNull();
    }
    const early = all.flatMap(({ dates }) => (dates ? [dates.lowMs] : []));
    expect(early).toEqual([...early].sort((a, b) => a - b));
  }, 60_000);

  test('is filtered, sorted and asked what if by keyboard alone, all of it in the address', async () => {
    await on('/capacity', { theme: 'light', width: 1400 }, async (page) => {
      const first = page.locator('.t-cap tbody tr').first();
      await first.waitFor();
      await page.getByRole('button', { name: 'Disks' }).press('Enter');
      await page.waitForURL(/what=disk/);
      const room = page.getByRole('button', { name: 'Headroom' });
      await room.press('Enter');
      await page.waitForURL(/sort=headroom:ascending/);
      expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
      const tank = page.getByRole('link', { name: 'nas1.attic', exact: true }).first();
      await tank.press('Enter');
      await page.waitForURL(/row=/);
      await page.getByRole('heading', { level: 2, name: /nas1\.attic/ }).waitFor();
      await page.getByLabel('Capacity to add').fill('40TiB');
      await page.getByLabel('Capacity to add').press('Enter');
      await page.waitForURL(/if=add/);
      await page.locator('.answer .fig').first().waitFor();
      expect(await page.locator('.answer').first().innerText()).toMatch(/^With 40 TiB more\n.*(later|not before)/);
      const slider = page.getByRole('slider', { name: /Growth/ });
      await slider.press('ArrowRight');
      await page.waitForURL(/growth/);
      await page.getByLabel('From which day').fill('2026-06-01');
      await page.waitForURL(/2026-06-01/);
      await page.getByLabel('Limit in percent').fill('much');
      await page.getByLabel('Limit in percent').press('Enter');
      await page.getByText('The limit is a share of the size: 90 %.').waitFor();
      await page.getByRole('button', { name: 'Add one' }).press('Enter');
      await page.getByLabel('Load that comes at once').fill('2TiB');
      await page.getByLabel('Load that comes at once').press('Enter');
      await page.locator('.answer').nth(1).waitFor();
      await page.getByRole('button', { name: 'Scenario 2' }).press('Enter');
      const machine = page.getByLabel('Machine that moves');
      await machine.fill('web01.attick');
      await machine.press('Enter');
      await page.getByText('No machine is called "web01.attick"').waitFor();
      await machine.fill('web01.attic');
      await machine.press('Enter');
      await page
        .getByText(/^With 2 TiB of load, web01\.attic here/)
        .first()
        .waitFor();
      // At the other end the same machine leaves.
      await page.getByLabel('Where it comes from').selectOption({ index: 1 });
      await page.waitForURL(/if=away/);
      await page.getByText('Without web01.attic').first().waitFor();
      expect(await page.getByLabel('Machine that moves').inputValue()).toBe('web01.attic');
      await page.getByRole('button', { name: 'Reset' }).press('Enter');
      await page.locator('.answer').first().waitFor({ state: 'detached' });
    });
  }, 60_000);

  test('has its monthly reports, newest first, and that of the last month as known now', async () => {
    await rows();
    await on('/capacity', { theme: 'dark', width: 400 }, async (page) => {
      const reports = page.getByText('Monthly reports', { exact: true });
      await reports.focus();
      await page.keyboard.press('Enter');
      await page.getByText('None is kept yet').waitFor();
      await looksRight(page, 'capacity-reports', { theme: 'dark', width: 400 });
      const now = page.getByRole('link', { name: 'Page of February 2026, the last month, as known now' });
      const [shown] = await Promise.all([page.context().waitForEvent('page'), now.click()]);
      await shown.getByRole('heading', { name: 'Capacity, February 2026' }).waitFor();
      expect(await shown.getByRole('rowheader', { name: '/srv/tank' }).first().isVisible()).toBe(true);
      await shown.close();
    });
    await on('/capacity', { theme: 'light', width: 1400 }, async (page) => {
      const months = ['2026-02', ...Array.from({ length: 8 }, (_, i) => `2025-0${9 - i}`)];
      const last = { id: '2026-02', month: 'February 2026' };
      await page.route('**/api/v1/capacity/reports', (route) => route.fulfill({ json: { months, last } }));
      await page.getByText('Monthly reports', { exact: true }).click();
      const listed = page.getByRole('list', { name: 'Monthly reports' }).getByRole('listitem');
      await listed.first().waitFor();
      expect(await listed.count()).toBe(7);
      expect(await listed.nth(2).innerText()).toMatch(/^September 2025\s+Page/);
      expect(await page.getByRole('link', { name: 'PDF of September 2025' }).getAttribute('href')).toMatch(
        /\/api\/v1\/capacity\/reports\/2025-09\.pdf$/,
      );
      await page.getByRole('button', { name: 'Show 3 more' }).click();
      expect(await listed.last().innerText()).toMatch(/^February 2025/);
      await looksRight(page, 'capacity-reports', { theme: 'light', width: 1400 });
    });
  }, 60_000);

  test('has pictures and figures of its graph, and an embed of it', async () => {
    const [row] = (await rows()).filter(({ dates }) => dates !== null);
    const id = futureIdOf(row?.series ?? '', 180, ['add=1TiB@2026-06-01']);
    const at = (path: string) => new URL(path, world().url);
    const csv = await (await fetch(at(`api/v1/graphs/${encodeURIComponent(id)}.csv`))).text();
    expect(csv.split('\n')[0]).toContain('97.5 % (bytes)');
    const svg = await (await fetch(at(`api/v1/graphs/${encodeURIComponent(id)}.svg`))).text();
    expect(svg).toContain('with 1 TiB more from 1 Jun');
    expect(svg).toContain('class="a-f80"');
    const made = await fetch(at('api/v1/embeds'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: at('/').origin },
      body: JSON.stringify({ graph: id, width: 700, height: 360 }),
    });
    const { link } = (await made.json()) as { link: string };
    const picture = await fetch(`${link}.png`);
    expect(picture.headers.get('x-graph-error')).toBeNull();
    const { width, height } = readPng(Buffer.from(await picture.arrayBuffer()));
    expect([width, height]).toEqual([700, 360]);
    const refused = await fetch(at(`api/v1/graphs/${encodeURIComponent(futureIdOf(row?.series ?? '', null, ['add=much']))}`));
    expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
      400,
      '"much" is no capacity to add: write 12TiB, or 10G for a link.',
    ]);
  });
});
