/** Many devices by the command line, in real processes among real agents: a list, and a search of a range. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DeviceView, DiscoveryView, PageOf } from '../../core/api.ts';
import { startScriptedAgent, type ScriptedAgent } from '../../demo/agents/scripted-agent.ts';
import { simulatedHost } from '../agents/simulated-host.ts';
import { folder, saguaro, saguaroJson, startServer, type RunningServer } from './processes.ts';

vi.setConfig({ testTimeout: 90_000 });
const SYS_NAME = '1.3.6.1.2.1.1.5.0';

/** Only Linux has all of 127.0.0.0/8. */
describe.skipIf(process.platform !== 'linux').each(['no server', 'a server'])('with %s', (mode) => {
  const space = folder('adding');
  const env = { SAGUARO_DATA: join(space.path, 'data'), SAGUARO_CONFIG: join(space.path, 'saguaro.yaml') };
  const agents: ScriptedAgent[] = [];
  let port = 0;
  let server: RunningServer | null = null;
  beforeAll(async () => {
    const config = 'thisMachine: {poll: false}\ndiscovery: {networks: [127.0.81.0/24]}\n';
    writeFileSync(env.SAGUARO_CONFIG, config);
    for (const [host, name] of [
      ['127.0.81.3', 'roof'],
      ['127.0.81.4', '\u202ered'],
    ] as const) {
      const objects = new Map(simulatedHost({ interfaces: 1, seed: 3 }).objects);
      objects.set(SYS_NAME, { type: 'string', value: name });
      const agent = await startScriptedAgent({ host, community: 'sesame', objects, ...(port > 0 ? { port } : {}) });
      agents.push(agent);
      port = agent.port;
    }
    if (mode === 'a server') server = await startServer(env);
  });
  afterAll(async () => {
    await server?.stop();
    for (const agent of agents) await agent.close();
    space.remove();
  });
  const how = () => ['--community', 'sesame', '--port', String(port), '--timeout', '400ms', '--retries', '0'];
  const names = async () => (await saguaroJson<PageOf<DeviceView>>(['device', 'list'], env)).items.map(({ name }) => name);
  const removeAll = async () => {
    for (const name of await names()) await saguaro(['device', 'remove', name], env);
  };

  test('a list gives a line each, a sum, and a status', async () => {
    const list = '# the roof\n127.0.81.3,,Paris,edge|rack\n127.0.81.9,dead\nb c\n127.0.81.3\n';
    const ended = await saguaro(['device', 'add', '--file', '-', ...how()], env, list);
    expect(ended.status).toBe(1);
    const lines = ended.stdout.trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'line 4: not added: "b c" is not a host name or address: separate columns by commas, semicolons or tabs.',
      'line 5: not added: The address is that of line 2 already: take one away, or give both names of their own.',
    ]);
    expect(lines.slice(2, 4).sort()).toEqual([
      expect.stringMatching(/^line 2, 127\.0\.81\.3: added as roof, answers SNMP 2c/),
      expect.stringMatching(/^line 3, 127\.0\.81\.9: not added: 127\.0\.81\.9 refuses UDP port/),
    ]);
    expect(lines[4]).toBe('1 added, 3 not added.');
    const again = await saguaro(['device', 'add', '--file', '-', ...how()], env, '127.0.81.3\n');
    expect([again.status, again.stdout]).toEqual([
      1,
      'line 1: not added: It is known already as "roof": give a name to add it once more.\n0 added, 1 not added.\n',
    ]);
    const file = join(space.path, 'list.csv');
    writeFileSync(file, `address;name;port;community\n127.0.81.9;dead;${port};other\n`);
    const forced = await saguaroJson<{ added: number; items: { ok: boolean }[] }>(
      ['device', 'add', '--file', file, '--force', '--timeout', '200ms', '--retries', '0'],
      env,
    );
    expect(forced).toMatchObject({
      added: 1,
      failed: 0,
      items: [{ label: 'line 2', address: '127.0.81.9', ok: true, name: 'dead' }],
    });
    expect(await names()).toEqual(['dead', 'roof']);
    await removeAll();
  });

  test('a range is searched, and what answers is added', async () => {
    const found = await saguaro(['discover', '127.0.81.0/28', ...how()], env);
    expect(found).toMatchObject({ status: 0, stderr: '' });
    const lines = found.stdout.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^127\.0\.81\.3: answers SNMP 2c in .* as roof/),
      expect.stringMatching(/^127\.0\.81\.4: answers SNMP 2c in .* as \\u\{202e\}red/),
      '14 of 14 addresses asked, 2 found.',
    ]);
    const added = await saguaro(['discover', '127.0.81.3-5', '--add', ...how()], env);
    expect(added.status).toBe(0);
    expect(added.stdout).toMatch(/127\.0\.81\.3: added as roof/);
    expect(added.stdout).toMatch(/\n2 added, 0 not added\.\n$/);
    const known = await saguaroJson<DiscoveryView>(['discover', '127.0.81.3-3', ...how()], env);
    expect(known).toMatchObject({ state: 'done', found: [{ known: { name: 'roof' } }] });
    const nothing = await saguaro(['discover', '127.0.81.3-5', '--add', ...how()], env);
    expect(nothing).toMatchObject({ status: 1, stderr: 'saguaro: Nothing that is new answered, so nothing was added.\n' });
    await removeAll();
  });

  test.each([
    [['discover', '127.0.82.0/24'], 1, 'is not within the networks that may be searched (127.0.81.0/24)'],
    [['discover', '127.0.81.9-3'], 1, 'ends before it begins'],
    [['discover', '127.0.81.0/99'], 1, 'is not a range of addresses'],
    [
      ['discover', '127.0.81.3', '--add'],
      2,
      '--add adds what a search of a range finds; for one device: saguaro device add 127.0.81.3',
    ],
    [['device', 'add'], 2, 'needs either ADDRESS or --file LIST'],
    [['device', 'add', 'a', '--file', 'b'], 2, 'needs either ADDRESS or --file LIST'],
    [['device', 'add', '--file', 'b', '--name', 'c'], 2, '--name names one device'],
    [['device', 'add', '--file', '/nowhere/at/all'], 1, 'The list in /nowhere/at/all cannot be read: there is no such file.'],
    [['device', 'add', '--file', '-'], 1, 'The list holds no device'],
  ])('saguaro %j ends with %i', async (words, status, sentence) => {
    const ended = await saguaro(words, env);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toContain(sentence);
  });
});
