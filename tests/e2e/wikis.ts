/** The real DokuWiki and MediaWiki of Debian on loopback: unpacked, all they write within a folder of their own; nothing is installed. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackedPackages, type Unpacked } from '../../bench/store/packages.ts';
import { folder } from '../cli/processes.ts';
import { freePort } from '../loopback.ts';
import { phpOf } from './php.ts';

export interface Wiki {
  /** Writes a page as somebody types it, and gives its address. */
  page(name: string, text: string): string;
  stop(): Promise<void>;
}

const PHP = ['php8.2-cli', 'php8.2-xml', 'php8.2-intl', 'php8.2-mbstring', 'php8.2-sqlite3'];
/** Where the packages are; fetched where that may be. */
export const wikiParts = () =>
  unpackedPackages('wikis', 'usr/share/mediawiki/index.php', ['dokuwiki', 'mediawiki', ...PHP], true);

export async function startDokuWiki(parts: Unpacked): Promise<Wiki> {
  const { root } = parts;
  const { path, remove } = folder('dokuwiki');
  const site = join(path, 'site');
  const share = join(root, 'usr/share');
  // Debian lays links to absolute places; here each part has its place in the site.
  cpSync(join(share, 'dokuwiki'), site, { recursive: true, filter: (from) => !/\/lib\/(tpl|plugins)$|\.htaccess$/.test(from) });
  for (const part of ['lib/tpl', 'lib/plugins', 'data'])
    cpSync(join(root, 'var/lib/dokuwiki', part), join(site, part), { recursive: true });
  cpSync(join(root, 'etc/dokuwiki'), join(site, 'conf'), { recursive: true });
  const write = (file: string, lines: readonly string[]) => writeFileSync(join(site, file), `<?php\n${lines.join('\n')}\n`);
  write(
    'inc/preload.php',
    ['DOKU_CONF', 'DOKU_MAIN_CONF'].map((name) => `define('${name}', '${site}/conf/');`),
  );
  write('conf/local.php', [`$conf['title'] = 'Wiki';`, `$conf['savedir'] = '${site}/data';`, `$conf['useacl'] = 0;`]);
  const composer = join(site, 'vendor/composer');
  for (const file of [...readdirSync(composer).map((name) => join(composer, name)), join(site, 'inc/load.php')]) {
    if (!file.endsWith('.php')) continue;
    const text = readFileSync(file, 'utf8').replaceAll("$vendorDir . '/usr/share", "'/usr/share");
    writeFileSync(file, text.replaceAll("'/usr/share/", `'${share}/`));
  }
  const port = await freePort();
  const served = await phpOf(parts, path).serve(site, port, '/doku.php?id=start');
  return {
    page(name, text) {
      writeFileSync(join(site, 'data/pages', `${name}.txt`), text);
      return `http://127.0.0.1:${port}/doku.php?id=${name}`;
    },
    async stop() {
      await served.stop();
      remove();
    },
  };
}

/** With external pictures allowed, as docs/embeds.md asks for. */
export async function startMediaWiki(parts: Unpacked): Promise<Wiki> {
  const { path, remove } = folder('mediawiki');
  const site = join(path, 'site');
  cpSync(join(parts.root, 'usr/share/mediawiki'), site, {
    recursive: true,
    filter: (from) => !/\/mediawiki\/(extensions|config|images|LocalSettings\.php)$/.test(from),
  });
  for (const own of ['extensions', 'config', 'images']) mkdirSync(join(site, own));
  const php = phpOf(parts, path);
  const port = await freePort();
  php.run(site, [
    ...['maintenance/install.php', '--dbtype', 'sqlite', '--dbpath', path, '--server', `http://127.0.0.1:${port}`],
    ...['--scriptpath', '', '--pass', 'correct horse battery staple 7', 'Wiki', 'Admin'],
  ]);
  appendFileSync(join(site, 'LocalSettings.php'), '\n$wgAllowExternalImages = true;\n');
  const served = await php.serve(site, port, '/index.php?title=Special:Version&action=raw');
  return {
    page(name, text) {
      php.run(site, ['maintenance/edit.php', '--user', 'Admin', name], text);
      return `http://127.0.0.1:${port}/index.php?title=${name}`;
    },
    async stop() {
      await served.stop();
      remove();
    },
  };
}
