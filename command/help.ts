/** Help texts, made from what the commands say about themselves. */
import { GLOBAL_OPTIONS } from './arguments.ts';
import type { Command, Option } from './command.ts';

const INTRODUCTION = `Saguaro polls a network and its servers, keeps years of history that never lie, and shows it.

  saguaro serve                                    poll and show; the address is printed
  saguaro device add 192.0.2.1 --community public  a device by SNMP
  saguaro status                                   how it goes`;

const CLOSING = `Every command explains itself with --help and prints JSON with --json.
While a server runs, commands ask it; with none running they work on the data folder themselves.
Exit status: 0 done, 1 failed (the sentence on standard error says why), 2 not understood.`;

export function helpFor(command: Command | null, group: readonly string[], commands: readonly Command[]): string {
  return command ? commandHelp(command) : overview(group, commands);
}

function overview(group: readonly string[], commands: readonly Command[]): string {
  const shown = commands.filter((command) => group.every((word, i) => command.words[i] === word));
  const list = columns(shown.map((command) => [usage(command), command.summary]));
  return [
    ...(group.length === 0 ? [INTRODUCTION] : []),
    `Commands:\n${list}`,
    `Options of every command:\n${optionList(GLOBAL_OPTIONS)}`,
    CLOSING,
  ].join('\n\n');
}

function commandHelp(command: Command): string {
  const parts = [
    `${command.summary}.`,
    `Usage: saguaro ${usage(command)}${command.options.length > 0 ? ' [options]' : ''}`,
    ...command.about,
  ];
  if (command.options.length > 0) parts.push(`Options:\n${optionList(command.options)}`);
  parts.push(`Options of every command:\n${optionList(GLOBAL_OPTIONS)}`);
  if (command.examples.length > 0) parts.push(`Examples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`);
  return parts.join('\n\n');
}

function usage(command: Command): string {
  return [...command.words, ...command.operands].join(' ');
}

function optionList(options: readonly Option[]): string {
  return columns(options.map(({ name, value, help }) => [`--${name}${value === null ? '' : ` ${value}`}`, help]));
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
