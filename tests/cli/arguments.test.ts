import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseCommand } from '../../command/arguments.ts';
import { UsageError, type Context } from '../../command/command.ts';
import { COMMANDS } from '../../command/commands.ts';
import { helpFor } from '../../command/help.ts';
import { createLog } from '../../command/log.ts';
import { manual, MANUAL } from '../../command/manual.ts';
import { askedBy } from '../../command/snmp-options.ts';
import { table } from '../../command/terminal.ts';

function refusal(words: string): string {
  try {
    parseCommand(words.split(' ').filter(Boolean), COMMANDS);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('what is not understood is answered with what was meant', () => {
  test.each([
    ['sttus', '"sttus" is not a command; did you mean "saguaro status"?'],
    ['device', 'accepted'],
    ['device ad', '"device ad" is not a command; did you mean "saguaro device add"?'],
    ['device frobnicate', '"device frobnicate" is not a command; known are add, list, remove, test.'],
    ['device test', 'saguaro device test needs ADDRESS; see saguaro device test --help.'],
    ['device add a b', 'saguaro device add does not know what to do with "b"; see saguaro device add --help.'],
    ['device add a --comunity x', 'saguaro device add does not know --comunity; did you mean --community?'],
    ['device add a --community', '--community needs a value: --community TEXT.'],
    ['device add a --community --json', '--community needs a value: --community TEXT.'],
    ['device add a --ping=yes', '--ping takes no value.'],
    ['device add a --name x --name y', '--name is given twice; give it once.'],
    ['device add a --tag x --tag y', 'accepted'],
    ['status --xyzzy', 'saguaro status does not know --xyzzy; see saguaro status --help.'],
    ['query --from -24h --series a/b/c.d', 'accepted'],
    ['import -', 'accepted'],
    ['device add --help', 'accepted'],
  ])('saguaro %s', (words, expected) => {
    expect(refusal(words)).toBe(expected);
  });
});

describe('help', () => {
  test('every command says what it does, and shows an example', () => {
    for (const command of COMMANDS) {
      const text = helpFor(command, [], COMMANDS);
      expect(text).toContain(`Usage: saguaro ${command.words.join(' ')}`);
      expect(command.examples.length, command.words.join(' ')).toBeGreaterThan(0);
      for (const { name, help } of command.options)
        expect(text).toMatch(new RegExp(`--${name}.*${help.slice(0, 10).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
    }
  });

  test('a group shows its own commands only', () => {
    const text = helpFor(null, ['device'], COMMANDS);
    expect(text).toContain('device add [ADDRESS]');
    expect(text).not.toContain('backup');
  });

  test('the manual is what the help says', () => {
    expect(readFileSync(MANUAL, 'utf8'), 'run: npm run manual').toBe(manual());
  });
});

describe('SNMP options', () => {
  const folder = mkdtempSync(join(tmpdir(), 'saguaro-options-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret'), 'from a file\n');

  const asked = (words: string, env: Record<string, string> = {}, typed = '') => {
    const { args } = parseCommand(['device', 'add', 'host', ...words.split(' ').filter(Boolean)], COMMANDS);
    const terminal = {
      askSecret: async (question: string, orElse: string) => {
        if (typed === '') throw new UsageError(`${question} is missing; ${orElse}.`);
        return `${typed} ${question}`;
      },
    };
    return askedBy({ env, terminal } as unknown as Context, args);
  };

  test.each<[string, Record<string, string>, unknown]>([
    ['', {}, {}],
    ['--community public', {}, { snmp: { community: 'public' } }],
    ['', { SAGUARO_COMMUNITY: 'env' }, { snmp: { community: 'env' } }],
    ['--community given', { SAGUARO_COMMUNITY: 'env' }, { snmp: { community: 'given' } }],
    [`--community-file ${join(folder, 'secret')}`, {}, { snmp: { community: 'from a file' } }],
    ['--ping', {}, { ping: true }],
    ['--port 1161 --timeout 500ms --retries 0', {}, { snmp: { port: 1161, timeoutMs: 500, retries: 0 } }],
    [
      '--v3-user u --auth sha256:key:with:colons --priv aes',
      { SAGUARO_PRIV_KEY: 'envenvenv' },
      { snmp: { version: '3', user: 'u', auth: 'sha256', authKey: 'key:with:colons', priv: 'aes', privKey: 'envenvenv' } },
    ],
    ['--v3-user u', {}, { snmp: { version: '3', user: 'u' } }],
  ])('%s', async (words, env, expected) => {
    expect(await asked(words, env)).toEqual(expected);
  });

  test('keys that are given nowhere are asked for', async () => {
    expect(await asked('--v3-user u --auth SHA --priv aes', {}, 'typed')).toEqual({
      snmp: {
        version: '3',
        user: 'u',
        auth: 'sha',
        authKey: 'typed Authentication key',
        priv: 'aes',
        privKey: 'typed Privacy key',
      },
    });
    await expect(asked('--v3-user u --auth sha')).rejects.toThrow(
      'Authentication key is missing; give --auth-file or SAGUARO_AUTH_KEY.',
    );
  });

  test.each([
    ['--auth sha', '--auth belongs to SNMP v3; give --v3-user as well.'],
    ['--v3-user u --community x', '--community does not belong to SNMP v3.'],
    ['--v3-user u --auth rot13:hunter2', '--auth begins with a protocol: md5, sha, sha224, sha256, sha384, sha512.'],
    ['--port 0', '--port 0 is not a whole number from 1 to 65535.'],
    ['--timeout 5', '--timeout 5 is not a time with its unit, such as 10s, 1m or 1d.'],
    ['--snmp-version 4', '--snmp-version 4 is unknown; known are 1, 2c, 3.'],
    ['--community a --community-file b', 'Give either --community or --community-file.'],
    ['--community-file /nowhere/x', 'The secret in /nowhere/x cannot be read (ENOENT).'],
  ])('%s is refused in words, without the secret', async (words, expected) => {
    await expect(asked(words)).rejects.toThrow(new UsageError(expected));
  });
});

describe('log', () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);

  test('hides secrets by the name of the field and by their text', () => {
    for (const format of ['pretty', 'json'] as const) {
      const log = createLog({ format, write, nowMs: () => 0, secrets: ['hunter2hunter2', 'public'] });
      log.warn('asking with hunter2hunter2 in public', { community: 'abc', error: new Error('bad hunter2hunter2') });
    }
    expect(lines.join('')).not.toMatch(/hunter2|abc/);
    expect(lines.join('')).toContain('in public');
  });

  test('one entry is one line, whatever a device is called', () => {
    lines.length = 0;
    createLog({ format: 'pretty', write, nowMs: () => 0 }).info('added a\nb\u202e', { name: 'x\ny' });
    createLog({ format: 'json', write, nowMs: () => 0 }).info('added a\nb', { name: 'x\ny' });
    expect(lines.map((line) => line.split('\n').length)).toEqual([2, 2]);
    expect(lines[0]).not.toContain('\u202e');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ level: 'info', text: 'added a\nb', time: '1970-01-01T00:00:00.000Z' });
  });
});

test('a table shows control characters instead of obeying them', () => {
  expect(
    table(
      ['NAME', 'COUNT'],
      [
        ['a\u001b[2J', 5],
        ['bc', 10],
      ],
    ),
  ).toBe('NAME        COUNT\na\\u{1b}[2J      5\nbc             10');
});
