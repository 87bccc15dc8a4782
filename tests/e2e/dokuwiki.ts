/** The real DokuWiki of Debian on loopback: unpacked, its folders within its own, served by PHP's own server; nothing is installed. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { unpackedPackages } from '../../bench/store/packages.ts';
import { folder } from '../cli/processes.ts';
import { answers, freePort } from '../loopback.ts';

const PACKAGES = ['dokuwiki', 'php8.2-cli', 'php8.2-xml'];
const EXTENSIONS = [
  'xml',
  'dom',
  'simplexml',
  'xmlwriter',
  'xmlreader',
  'ctype',
  'tokenizer',
  'iconv',
  'intl',
  'curl',
  'fileinfo',
];
const READY_MS = 10_000;

export interface DokuWiki {
  /** Writes a page as somebody types it, and gives its address. */
  page(name: string, text: string): string;
  stop(): Promise<void>;
}

/** Where the packages are; fetched where that may be. */
export const dokuWikiParts = () => unpackedPackages('dokuwiki', 'usr/bin/php8.2', PACKAGES, true);

/** @param root folder in which the packages are unpacked @param env for programs out of it */
export async function startDokuWiki(root: string, env: Readonly<Record<string, string>>): Promise<DokuWiki> {
  const { path, remove } = folder('dokuwiki');
  const site = join(path, 'site');
  const share = join(root, 'usr/share');
  // Debian lays links to absolute places; here each part has its place in the site.
  cpSync(join(share, 'dokuwiki'), site, { recursive: true, filter: (from) => !/\/lib\/(tpl|plugins)$|\.htaccess$/.test(from) });
  for (const part of ['lib/tpl', 'lib/plugins', 'data'])
    cpSync(join(root, 'var/lib/dokuwiki', part), join(site, part), { recursive: true });
  cpSync(join(root, 'etc/dokuwiki'), join(site, 'conf'), { recursive: true });
  const php = (file: string, lines: readonly string[]) => writeFileSync(join(site, file), `<?php\n${lines.join('\n')}\n`);
  php(
    'inc/preload.php',
    ['DOKU_CONF', 'DOKU_MAIN_CONF'].map((name) => `define('${name}', '${site}/conf/');`),
  );
  php('conf/local.php', [`$conf['title'] = 'Wiki';`, `$conf['savedir'] = '${site}/data';`, `$conf['useacl'] = 0;`]);
  const composer = join(site, 'vendor/composer');
  for (const file of [...readdirSync(composer).map((name) => join(composer, name)), join(site, 'inc/load.php')]) {
    if (!file.endsWith('.php')) continue;
    const text = readFileSync(file, 'utf8')
      .replaceAll("$vendorDir . '/usr/share", "'/usr/share")
      .replaceAll("'/usr/share/", `'${share}/`);
    writeFileSync(file, text);
  }
  mkdirSync(join(path, 'sessions'));
  const modules = join(root, 'usr/lib/php');
  const built = readdirSync(modules).find((name) => existsSync(join(modules, name, 'xml.so'))) ?? '';
  const port = await freePort();
  const settings = [
    ...[`extension_dir=${join(modules, built)}`, `session.save_path=${join(path, 'sessions')}`, 'display_errors=0'],
    ...EXTENSIONS.map((name) => `extension=${name}`),
  ];
  const child = spawn(
    join(root, 'usr/bin/php8.2'),
    ['-n', ...settings.flatMap((one) => ['-d', one]), '-S', `127.0.0.1:${port}`, '-t', site],
    { cwd: site, env: { ...process.env, ...env, PHP_CLI_SERVER_WORKERS: '4' }, stdio: 'ignore', detached: true },
  );
  const url = (name: string) => `http://127.0.0.1:${port}/doku.php?id=${name}`;
  const untilMs = performance.now() + READY_MS;
  while (!(await answers(url('start')))) {
    if (performance.now() > untilMs || child.exitCode !== null) throw new Error('DokuWiki does not answer');
    await wait(100);
  }
  return {
    page(name, text) {
      writeFileSync(join(site, 'data/pages', `${name}.txt`), text);
      return url(name);
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // Its workers are of its own group.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
      remove();
      rmSync(path, { recursive: true, force: true });
    },
  };
}
