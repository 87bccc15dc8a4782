/** What a command of the command line is, and what it gets to work with. */
import { formatConfigError, type Config, type ConfigError } from '../config.ts';
import type { Dashboard } from '../core/dashboard.ts';
import type { Api } from './api.ts';
import type { Checked, CheckRequest } from './store-check.ts';
import type { Terminal } from './terminal.ts';

export interface Option {
  /** Long name without dashes. */
  readonly name: string;
  /** Word for its value in the help; null = a flag. */
  readonly value: string | null;
  readonly help: string;
  /** May be given several times. */
  readonly many?: boolean;
}

export interface Args {
  readonly positionals: readonly string[];
  /** Value of an option, undefined when it was not given. */
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface Command {
  /** Words after `saguaro`: ['device', 'add']. */
  readonly words: readonly string[];
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** What it takes besides options: ['ADDRESS'], ['[NAME]']; '…' at the end = any number. */
  readonly operands: readonly string[];
  readonly options: readonly Option[];
  /** Further paragraphs of the help. */
  readonly about: readonly string[];
  readonly examples: readonly string[];
  /** @returns the exit status */
  run(context: Context, args: Args): Promise<number>;
}

/** Everything a command may touch; main.ts makes it. */
export interface Context {
  readonly terminal: Terminal;
  /** --json was given. */
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly commands: readonly Command[];
  /** The trusted configuration. @throws ConfigRefusal with every fault in it */
  config(): Config;
  /** The dashboards of its folders, each with what is wrong in it. */
  dashboards(config: Config): Promise<readonly Dashboard[]>;
  /** Asks the running server, or the data folder itself when none runs; closed by the caller of the command. */
  api(): Promise<Api>;
  /** Runs the server until it is told to stop. */
  serve(): Promise<number>;
  /** Copies a history between two stores while no server runs, and compares both. */
  migrate(request: MigrationRequest): Promise<Migrated>;
  /** Looks at every row of a history, and takes what is damaged out of the way if that is asked for. */
  checkHistory(request: CheckRequest): Promise<Checked>;
  /** Takes the place of the data folder's contents from an archive. @returns what to say */
  restore(archive: string, force: boolean): Promise<string>;
}

export interface MigrationProgress {
  readonly devices: number;
  readonly ofDevices: number;
  readonly series: number;
  readonly values: number;
}
export interface MigrationRequest {
  readonly from: string;
  readonly to: string;
  readonly compareOnly: boolean;
  readonly restart: boolean;
  onProgress(step: 'copied' | 'compared', progress: MigrationProgress): void;
}
export interface Migrated {
  readonly copied: MigrationProgress | null;
  /** Devices that an earlier run had copied. */
  readonly before: number;
  readonly comparison: {
    readonly series: number;
    readonly values: number;
    readonly different: number;
    readonly missing: number;
    readonly foreign: number;
    readonly expired: number;
    readonly examples: readonly string[];
  };
}

/** The command could not do its work; the text says why and what to do. Exit status 1. */
export class Refusal extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = 'Refusal';
  }
}

/** The configuration is wrong; the text names every fault in it. */
export class ConfigRefusal extends Refusal {
  readonly errors: readonly ConfigError[];
  constructor(errors: readonly ConfigError[]) {
    super(errors.map(formatConfigError).join('\n'));
    this.name = 'ConfigRefusal';
    this.errors = errors;
  }
}

/** The command was not understood. Exit status 2. */
export class UsageError extends Error {
  constructor(text: string, options?: ErrorOptions) {
    super(text, options);
    this.name = 'UsageError';
  }
}
