/** From words on the command line to one command with its arguments, or a usage error that helps. */
import { parseArgs } from 'node:util';
import { nearest } from '../core/text.ts';
import { UsageError, type Args, type Command, type Option } from './command.ts';

export const GLOBAL_OPTIONS: readonly Option[] = [
  { name: 'config', value: 'PATH', help: 'configuration file or folder (SAGUARO_CONFIG; saguaro.yaml in the clone by default)' },
  { name: 'data', value: 'FOLDER', help: 'data folder (SAGUARO_DATA)' },
  { name: 'json', value: null, help: 'print JSON, for programs' },
  { name: 'help', value: null, help: 'explain the command' },
];

export interface Parsed {
  /** Null when only help was asked for, for everything. */
  readonly command: Command | null;
  /** Words that name a group (`device`), for its help. */
  readonly group: readonly string[];
  readonly args: Args;
}

/** @throws UsageError */
export function parseCommand(words: readonly string[], commands: readonly Command[]): Parsed {
  const { command, group, rest } = findCommand(words, commands);
  const options = [...(command?.options ?? []), ...GLOBAL_OPTIONS];
  const args = parseOptions(rest, options, command ? `saguaro ${command.words.join(' ')}` : 'saguaro');
  if (command && !args.flag('help')) checkOperands(command, args.positionals);
  return { command, group, args };
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command | null; group: string[]; rest: string[] } {
  const path: string[] = [];
  const rest = [...words];
  for (;;) {
    const exact = commands.find((command) => same(command.words, path));
    if (exact) return { command: exact, group: [], rest };
    const next = rest[0];
    if (next === undefined || next.startsWith('-')) return { command: null, group: path, rest };
    const following = [
      ...new Set(
        commands.filter((command) => same(command.words.slice(0, path.length), path)).map((c) => c.words[path.length] ?? ''),
      ),
    ];
    if (!following.includes(next)) {
      const near = nearest(next, following);
      const known = near ? `did you mean "saguaro ${[...path, near].join(' ')}"?` : `known are ${following.join(', ')}.`;
      throw new UsageError(`"${[...path, next].join(' ')}" is not a command; ${known}`);
    }
    path.push(next);
    rest.shift();
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function parseOptions(words: readonly string[], options: readonly Option[], where: string): Args {
  const byName = new Map(options.map((option) => [option.name, option]));
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      options.map(({ name, value }) => [
        name,
        { type: value === null ? ('boolean' as const) : ('string' as const), ...(name === 'help' ? { short: 'h' } : {}) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = byName.get(token.name);
    if (!option) {
      const near = nearest(token.name, [...byName.keys()]);
      throw new UsageError(
        `${where} does not know ${token.rawName}; ${near ? `did you mean --${near}?` : `see ${where} --help.`}`,
      );
    }
    if (option.value === null && token.value !== undefined) throw new UsageError(`--${option.name} takes no value.`);
    const missing = token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--'));
    if (option.value !== null && missing)
      throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value}.`);
    const before = found.get(option.name) ?? [];
    if (before.length > 0 && option.value !== null && option.many !== true)
      throw new UsageError(`--${option.name} is given twice; give it once.`);
    found.set(option.name, [...before, token.value ?? '']);
  }
  return {
    positionals,
    text: (name) => found.get(name)?.[0],
    texts: (name) => found.get(name) ?? [],
    flag: (name) => found.has(name),
  };
}

function checkOperands(command: Command, given: readonly string[]): void {
  const required = command.operands.filter((operand) => !operand.startsWith('['));
  const missing = required[given.length];
  const name = `saguaro ${command.words.join(' ')}`;
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}; see ${name} --help.`);
  const endless = command.operands.at(-1)?.includes('…') ?? false;
  const extra = given[command.operands.length];
  if (extra !== undefined && !endless)
    throw new UsageError(`${name} does not know what to do with "${extra}"; see ${name} --help.`);
}
