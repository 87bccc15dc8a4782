/** The pages that add, change and remove devices, in Chromium, over a real server and real agents. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeviceView, PageOf } from '../../core/api.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { folder, get, saguaro, startServer, until, type RunningServer } from '../cli/processes.ts';
import { chromiumProgram, keptTabs, launchChromium, looksRight, looksRightTurned, LOOKS, type Look } from './chromium.ts';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const EVIL = '<img src=x onerror="window.bad=1">';
const WIDE = LOOKS[0]!;
/** Answers that a test provokes. */
const NO_ANSWER = 422;
const NAME_TAKEN = 409;

/** Only Linux has all of 127.0.0.0/8. */
describe.skipIf(chromiumProgram === null || process.platform !== 'linux')('in Chromium', () => {
  const space = folder('add-pages');
  const env = { SAGUARO_CONFIG: join(space.path, 'saguaro.yaml'), SAGUARO_DATA: join(space.path, 'data') };
  const agents: ScriptedAgent[] = [];
  let port = 0;
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    for (const [host, name] of [
      ['127.0.91.3', 'roof'],
      ['127.0.91.4', EVIL],
      ['127.0.91.5', 'cellar'],
    ] as const) {
      const objects = new Map(simulatedHost({ interfaces: 2, seed: 3 }).objects);
      objects.set(SYS_NAME, { type: 'string', value: name });
      const agent = await startScriptedAgent({ host, community: 'sesame', objects, ...(port > 0 ? { port } : {}) });
      agents.push(agent);
      port = agent.port;
    }
    const device = `  - {name: from-file, address: 127.0.91.3, snmp: {port: ${port}, community: sesame}}\n`;
    const config = `thisMachine: {name: here, snmp: false}\ndiscovery: {networks: [127.0.91.0/24]}\ndevices:\n${device}`;
    writeFileSync(env.SAGUARO_CONFIG, config);
    server = await startServer(env);
    const rows = 'device,instance,metric,unit,time,value\nold,eth0,interface.in_bps,bps,1772323200,5\n';
    expect((await saguaro(['import', '-'], env, rows)).status).toBe(0);
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    for (const agent of agents) await agent.close();
    space.remove();
  }, 60_000);

  const devices = async () => (await get<PageOf<DeviceView>>(server, 'devices')).items;
  const named = async (name: string) => (await devices()).find((device) => device.name === name);
  const add = async (...words: string[]) =>
    saguaro(['device', 'add', ...words, '--community', 'sesame', '--port', String(port)], env);
  const removeAdded = async () => {
    for (const { id, origin } of await devices()) {
      if (origin !== 'catalog') continue;
      await fetch(`${server.url}api/v1/devices/${id}`, { method: 'DELETE' });
    }
  };
  const tab = keptTabs(() => browser);
  /** Opens a page, works on it, and expects no complaint but the answers that are provoked. */
  const on = (path: string, look: Look, work: (page: Page) => Promise<void>, provoked = NO_ANSWER) =>
    tab(
      new URL(path, server.url).href,
      look,
      async (page) => {
        await work(page);
        expect(await page.evaluate(() => 'bad' in window), 'a name is text, never code').toBe(false);
      },
      { expected: (status) => status === provoked },
    );
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

  test('every page, in both themes and both widths', async () => {
    await add('127.0.91.5', '--name', 'core1', '--tag', 'edge', '--site', 'Paris');
    try {
      await on('devices/add', WIDE, async (page) => {
        await page.locator('#address').waitFor({ timeout: 20_000 });
        await looksRightTurned(page, 'add', WIDE);
      });
      await on('devices/add/list', WIDE, async (page) => {
        await page.locator('#list').fill('127.0.91.5,again,Paris,a|b\nb c\n127.0.91.4\n');
        await page.getByText('2 devices can be added; 1 line cannot.').waitFor();
        await looksRightTurned(page, 'add-list', WIDE);
      });
      await on('devices/add/range', WIDE, async (page) => {
        await page.locator('#range').fill('127.0.91.1-127.0.91.30');
        await page.locator('#community').fill('sesame');
        await page.locator('#port').fill(String(port));
        await button(page, 'Search').click();
        await page.getByText('30 of 30 addresses asked, 3 devices found, and that is all.').waitFor({ timeout: 30_000 });
        await page.getByText(EVIL, { exact: true }).waitFor();
        await looksRightTurned(page, 'add-range', WIDE);
      });
      for (const name of ['core1', 'old', 'from-file', 'here']) {
        await on(`devices/${(await named(name))?.id ?? ''}/edit`, WIDE, async (page) => {
          await page.getByRole('heading', { level: 1, name: `Edit ${name}` }).waitFor({ timeout: 20_000 });
          await looksRightTurned(page, `edit-${name}`, WIDE);
        });
      }
    } finally {
      await removeAdded();
    }
  }, 120_000);

  test('a device is changed, tried with its kept secret, and removed by its name', async () => {
    await add('127.0.91.5', '--name', 'core1');
    const { id } = (await named('core1'))!;
    await on(
      `devices/${id}/edit`,
      WIDE,
      async (page) => {
        expect(await page.locator('#community').inputValue({ timeout: 20_000 })).toBe('');
        await page.locator('#tags').fill('edge, rack 4');
        await button(page, 'Test').click();
        await page.getByText(/^Answers SNMP 2c in .* as cellar/).waitFor();
        expect((await named('core1'))?.tags).toEqual([]);
        await page.locator('#name').fill('');
        await button(page, 'Save').click();
        expect(await focused(page)).toBe('name');
        expect(await page.locator('#name-about').innerText()).toBe('Give a name.');
        await page.locator('#name').fill('here');
        await page.keyboard.press('Enter');
        // Only the server knows that; it is told at the field all the same.
        await page.locator('#name-about', { hasText: 'exists already' }).waitFor();
      },
      NAME_TAKEN,
    );
    await on(`devices/${id}/edit`, WIDE, async (page) => {
      await page.locator('#name').fill('edge1');
      await page.locator('#tags').fill('edge, rack 4');
      await button(page, 'Save').click();
      await page.getByText('Saved', { exact: true }).waitFor();
      expect(await named('edge1')).toMatchObject({ tags: ['edge', 'rack 4'], id });
      await button(page, /^Remove this device/).click();
      await page.waitForFunction(() => document.activeElement?.id === 'confirm');
      expect(await page.locator('.removal').innerText()).toMatch(/the history of \d+ series since \d+ \w+ \d{4}/);
      await page.keyboard.type('core1');
      await page.keyboard.press('Enter');
      await page.getByText('That is not its name. Type edge1').waitFor();
      expect(await named('edge1')).toBeDefined();
      await page.locator('#confirm').fill('edge1');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/devices$/);
      expect(await named('edge1')).toBeUndefined();
    });
  }, 90_000);

  test('a device that is not there is said to be none', async () => {
    const work = async (page: Page) => {
      await page.getByRole('heading', { level: 1, name: 'No such device' }).waitFor({ timeout: 20_000 });
    };
    await on('devices/none/edit', WIDE, work, 404);
  }, 60_000);

  test('a list is added, the silent one by force; leaving the page meanwhile loses nothing', async () => {
    try {
      await on('devices/add/list', WIDE, async (page) => {
        await page.locator('#list').fill(`127.0.91.4\n127.0.91.5,cellar\n127.0.91.77,nobody\n127.0.91.3`);
        await page.locator('#community').fill('sesame');
        await page.locator('#port').fill(String(port));
        await page.getByText('It is known already as "from-file"').waitFor();
        await button(page, 'Add 3 devices').click();
        await page.getByRole('link', { name: 'Events', exact: true }).first().click();
        await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
        await page.goBack();
        await page.getByText('2 of 3 added, 1 did not answer.').waitFor({ timeout: 30_000 });
        expect(await named('nobody')).toBeUndefined();
        await button(page, 'Add the 1 that did not answer all the same').click();
        await page.getByText('3 of 3 added.').waitFor({ timeout: 30_000 });
      });
      expect((await devices()).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['cellar', 'nobody', EVIL.replaceAll('/', '-')]),
      );
    } finally {
      await removeAdded();
    }
  }, 90_000);

  test('the browser warns before what is being added is lost', async () => {
    agents[2]!.behaviour = { drop: () => true };
    try {
      await on('devices/add/list', WIDE, async (page) => {
        await page.locator('#list').fill('127.0.91.5');
        await page.locator('#port').fill(String(port));
        await button(page, 'Add 1 device').click();
        await page.getByText('Asking', { exact: true }).waitFor();
        const warned = page.waitForEvent('dialog');
        void page.close({ runBeforeUnload: true });
        const dialog = await warned;
        expect(dialog.type()).toBe('beforeunload');
        await dialog.dismiss();
        await page.getByText('0 of 1 added, 1 did not answer.').waitFor({ timeout: 30_000 });
      });
    } finally {
      agents[2]!.behaviour = {};
    }
  }, 60_000);

  test('what a search finds is added, what is known is marked', async () => {
    try {
      await on('devices/add/range', WIDE, async (page) => {
        await page.locator('#range').fill('127.0.91.1-10');
        await page.locator('#community').fill('sesame');
        await page.locator('#port').fill(String(port));
        await button(page, 'Search').click();
        await page.getByText('and that is all').waitFor({ timeout: 30_000 });
        expect(await page.getByRole('link', { name: 'from-file' }).count()).toBeGreaterThan(0);
        await page.getByRole('checkbox', { name: 'Add 127.0.91.4' }).uncheck();
        await page.locator('#site').fill('Paris');
        await button(page, 'Add 1 device').click();
        await page.getByText('1 of 1 added.').waitFor({ timeout: 30_000 });
      });
      expect(await named('cellar')).toMatchObject({ address: '127.0.91.5', site: 'Paris', snmp: { port } });
    } finally {
      await removeAdded();
    }
  }, 90_000);

  test('networks that may be searched follow the configuration', async () => {
    const before = `thisMachine: {name: here, snmp: false}\n`;
    writeFileSync(env.SAGUARO_CONFIG, before);
    server.signal('SIGHUP');
    await until(
      () => get<{ networks: string[] }>(server, 'discoveries'),
      ({ networks }) => networks.length === 0,
    );
    await on('devices/add/range', WIDE, async (page) => {
      await page.getByText('none is allowed yet').waitFor({ timeout: 20_000 });
      await looksRight(page, 'add-range-none', WIDE);
    });
    expect(server.output()).not.toMatch(/A change of discovery/);
  }, 60_000);
});
