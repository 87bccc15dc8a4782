/** The house rules that a reader relies on: who may import whom, and how large a file gets. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const MAX_LINES = 400;

/** Which parts a part may import, besides itself. `main` and tests may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  collector: ['core'],
  store: ['core'],
  server: ['core'],
  web: ['core'],
  config: ['core'],
  command: ['core', 'config'],
  demo: ['core'],
};
const FOLDERS = [
  '.ci',
  'bench',
  'collector',
  'command',
  'config',
  'core',
  'dashboards',
  'demo',
  'docs',
  'server',
  'store',
  'tests',
  'web',
];
const ROOT_SOURCES = ['config.ts', 'eslint.config.js', 'main.ts', 'vitest.config.ts'];
/** Packages that are pure, so that core may use them. */
const CORE_PACKAGES = ['typebox', 'temporal-spec'];
/** Names that say nothing about what is inside. */
const EMPTY_NAMES = /(^|\/)(utils?|helpers?|services?|common|misc|shared|lib)(\.|\/|$)/;

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));
const sources = files.filter((file) => /\.(ts|tsx|js|mjs)$/.test(file));

/** `core/rate.ts` belongs to core, `config.ts` to config, `main.ts` to main. */
function partOf(file: string): string {
  const [first = ''] = file.split('/');
  return first.replace(/\.[a-z.]+$/, '');
}

function importsOf(file: string): string[] {
  return ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8'), true, true).importedFiles.map((entry) => entry.fileName);
}

function targetOf(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier));
}

describe('imports', () => {
  const ours = sources.filter((file) => partOf(file) in MAY_IMPORT);

  test.each(ours)('%s imports only what its part may', (file) => {
    const part = partOf(file);
    const allowed = [part, ...(MAY_IMPORT[part] ?? [])];
    const wrong = importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => targetOf(file, specifier))
      .filter((target) => !allowed.includes(partOf(target)));
    expect(wrong, `${part} may import ${allowed.join(', ')}`).toEqual([]);
  });

  test('core touches neither Node nor the outside', () => {
    const wrong = sources
      .filter((file) => partOf(file) === 'core')
      .flatMap((file) => importsOf(file).map((specifier) => `${file}: ${specifier}`))
      .filter((line) => {
        const specifier = line.slice(line.indexOf(': ') + 2);
        return (
          !specifier.startsWith('.') && !CORE_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`))
        );
      });
    expect(wrong).toEqual([]);
  });

  test('nobody imports main.ts, except tests', () => {
    const wrong = sources
      .filter((file) => partOf(file) !== 'tests' && partOf(file) !== 'main')
      .filter((file) =>
        importsOf(file).some((specifier) => specifier.startsWith('.') && targetOf(file, specifier) === 'main.ts'),
      );
    expect(wrong).toEqual([]);
  });

  test('every relative import names a file that exists', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.') && !specifier.includes('?'))
        .filter((specifier) => !existsSync(join(ROOT, targetOf(file, specifier))))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the tree', () => {
  test('no source file is longer than one person reads at a stretch', () => {
    const long = sources
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  test('folders and root files are the known ones', () => {
    const folders = [...new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]))];
    expect(folders.filter((folder) => !FOLDERS.includes(folder ?? ''))).toEqual([]);
    expect(sources.filter((file) => !file.includes('/') && !ROOT_SOURCES.includes(file))).toEqual([]);
  });

  test('names say what is inside', () => {
    expect(sources.filter((file) => EMPTY_NAMES.test(file))).toEqual([]);
  });

  test('timers live in the scheduler and the clock', () => {
    const timers = /\b(setTimeout|setInterval|setImmediate)\(/;
    const found = sources
      .filter((file) => ['core', 'collector', 'store', 'server', 'config', 'command', 'main'].includes(partOf(file)))
      .filter((file) => timers.test(readFileSync(join(ROOT, file), 'utf8')))
      .filter((file) => !/(^|\/)(scheduler|clock)\.ts$/.test(file));
    expect(found).toEqual([]);
  });

  test('nothing names the machine it was written on', () => {
    const texts = files.filter((file) => /\.(ts|tsx|js|css|md|yaml|yml|json|html)$|(^|\/)(saguaro|Dockerfile|run)$/.test(file));
    const wrong = texts.filter((file) => {
      if (relative(ROOT, join(ROOT, file)) === relative(ROOT, import.meta.filename)) return false;
      return /\/(work|home|root)\/[a-z]/.test(readFileSync(join(ROOT, file), 'utf8'));
    });
    expect(wrong).toEqual([]);
  });
});
