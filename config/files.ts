/** Reads one file or a folder of them into one value that remembers where each key stands. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigError } from '../config.ts';
import { explain, keyOf, prune, type Path } from './explain.ts';
import { ConfigFile } from './schema.ts';
import { parseYaml } from './yaml-file.ts';

const FILE_MAX_BYTES = 32 * 1024 * 1024;

export interface Merged {
  /** What is wrong in the files is left out of it. */
  readonly value: ConfigFile;
  /** Devices in it that had a fault. */
  readonly faulty: ReadonlySet<unknown>;
  readonly placeOf: (path: Path) => { file: string | null; line: number | null };
}

/** The files at a path: itself, or a folder's *.yaml and *.yml in the order of their names. */
export function filesAt(path: string, errors: ConfigError[]): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'));
    return names.sort().map((name) => join(path, name));
  } catch (cause) {
    errors.push({
      file: path,
      line: null,
      key: '',
      text: `cannot be read (${codeOf(cause)}); give an existing file or folder, or none`,
    });
    return [];
  }
}

/** Lists of several files are joined; any other key may stand in one of them only. */
export function mergeFiles(files: readonly string[], errors: ConfigError[]): Merged {
  const value: Record<string, unknown> = {};
  const faulty = new Set<unknown>();
  const owner = new Map<string, { file: string; lineOf: (path: Path) => number; offset: number }[]>();
  for (const file of files) {
    let text: string;
    try {
      if (statSync(file).size > FILE_MAX_BYTES) throw Object.assign(new Error('too large'), { code: 'larger than 32 MiB' });
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      errors.push({ file, line: null, key: '', text: `cannot be read (${codeOf(cause)})` });
      continue;
    }
    const yaml = parseYaml(text);
    errors.push(...yaml.faults.map(({ line, text: fault }) => ({ file, line, key: '', text: fault })));
    // An empty file, or one of comments only, decides nothing.
    if (yaml.faults.length > 0 || yaml.value === null || yaml.value === undefined) continue;
    const faults = explain(ConfigFile, yaml.value);
    errors.push(...faults.map((fault) => ({ file, line: yaml.lineOf(fault.path), key: keyOf(fault.path), text: fault.text })));
    if (faults.some(({ path }) => path.length === 0)) continue;
    prune(yaml.value, faults);
    const pruned = yaml.value as ConfigFile;
    for (const { path, incomplete } of faults) {
      const [key, index] = path;
      if (incomplete) continue;
      if (key === 'devices' && typeof index === 'number') faulty.add(pruned.devices?.[index]);
      if (key === 'influxdb' || key === 'victoriametrics') faulty.add(pruned[key]);
    }
    for (const [key, entry] of Object.entries(yaml.value as ConfigFile)) {
      const before = owner.get(key) ?? [];
      const old = value[key];
      if (before[0] && !(Array.isArray(old) && Array.isArray(entry))) {
        errors.push({ file, line: yaml.lineOf([key]), key, text: `stands in ${before[0].file} too; keep it in one of them` });
        continue;
      }
      value[key] = Array.isArray(old) ? [...(old as unknown[]), ...(entry as unknown[])] : entry;
      owner.set(key, [...before, { file, lineOf: yaml.lineOf, offset: Array.isArray(old) ? old.length : 0 }]);
    }
  }
  return {
    value: value,
    faulty,
    placeOf: ([key, index, ...rest]) => {
      const owners = typeof key === 'string' ? (owner.get(key) ?? []) : [];
      const at = typeof index === 'number' ? owners.findLast(({ offset }) => offset <= index) : owners[0];
      if (!at || key === undefined) return { file: null, line: null };
      const local: Path = index === undefined ? [key] : [key, typeof index === 'number' ? index - at.offset : index, ...rest];
      return { file: at.file, line: at.lineOf(local) };
    },
  };
}

/** Why a file could not be read, in words. */
export function codeOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  const words: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
  };
  return words[code ?? ''] ?? code ?? String(cause);
}
