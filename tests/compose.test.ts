/** What compose.yaml, .env and the Dockerfile say, against each other and against the program; nothing is started. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { unknownVariables } from '../config/environment.ts';
import { loadConfig } from '../config.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
interface Service {
  readonly image?: string;
  readonly build?: string | { readonly dockerfile_inline: string };
  readonly user?: string;
  readonly profiles?: string[];
  readonly environment?: Record<string, string>;
  readonly secrets?: string[];
  readonly volumes?: string[];
  readonly depends_on?: unknown;
  readonly healthcheck?: { test: unknown[] };
  readonly security_opt?: string[];
  readonly cap_drop?: string[];
  readonly read_only?: boolean;
  readonly networks?: string[];
  readonly ports?: string[];
}
const compose = parse(read('compose.yaml')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
  networks: Record<string, { internal?: boolean }>;
};
/** Images a service is made of. */
const images = ({ image, build }: Service): string[] => {
  const dockerfile = build === undefined ? '' : typeof build === 'string' ? read('Dockerfile') : build.dockerfile_inline;
  return [...(image === undefined ? [] : [image]), ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, from = '']) => from)];
};
const env = Object.fromEntries(
  read('.env')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => line.split('=') as [string, string]),
);

describe('compose.yaml', () => {
  test.each(Object.entries(compose.services))('%s runs without root, is looked after and keeps its data', (_name, service) => {
    expect(service.user).toBeDefined();
    expect(['root', '0', '0:0']).not.toContain(service.user);
    expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.volumes?.length).toBeGreaterThan(0);
    for (const volume of service.volumes ?? []) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
    for (const secret of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(secret);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.read_only).toBe(true);
    expect(images(service).length).toBeGreaterThan(0);
    for (const image of images(service)) expect(image).toMatch(/:v?\d+\.\d+/);
    expect(service.depends_on).toBeUndefined();
  });

  test('nothing is reached from elsewhere but the dashboard, on this machine; servers are reached by Saguaro only', () => {
    const { saguaro, ...servers } = compose.services;
    expect(saguaro?.ports).toEqual(['127.0.0.1:8080:8080']);
    for (const [name, { ports, networks = [] }] of Object.entries(servers)) {
      expect([name, ports]).toEqual([name, undefined]);
      expect(networks.map((network) => compose.networks[network]?.internal)).toEqual([true]);
      expect(saguaro?.networks).toEqual(expect.arrayContaining(networks));
    }
  });

  test('no secret stands in it, and every secret is a file that is never committed', () => {
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
    expect(read('.gitignore')).toContain('/secrets/');
    for (const { environment } of Object.values(compose.services))
      for (const [name, value] of Object.entries(environment ?? {}))
        if (/TOKEN|PASSWORD/.test(name))
          expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.stringMatching(/^\/run\/secrets\//)]);
  });

  test('the servers stand behind profiles, and the default of .env is one of them and a store', () => {
    const profiles = Object.values(compose.services).flatMap((service) => service.profiles ?? []);
    expect(profiles.sort()).toEqual(['influxdb', 'victoriametrics']);
    expect(profiles).toContain(env['COMPOSE_PROFILES']);
    expect(env['SAGUARO_STORE']).toBe(env['COMPOSE_PROFILES']);
  });

  test.each(['embedded', 'influxdb', 'victoriametrics'])('its variables make a configuration with %s', (store) => {
    const { environment = {} } = compose.services['saguaro'] ?? {};
    const own = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith('_FILE')));
    expect(unknownVariables(environment)).toEqual([]);
    const loaded = loadConfig({ path: null, env: { ...own, SAGUARO_STORE: store }, home: import.meta.dirname });
    expect(loaded.ok && loaded.config.store.kind).toBe(store);
    for (const url of Object.values(own).filter((value) => value.startsWith('http')))
      expect(Object.keys(compose.services)).toContain(new URL(url).hostname);
  });
});

describe('the image', () => {
  test('starts by the launcher, which finds everything installed there', () => {
    const dockerfile = read('Dockerfile');
    expect(dockerfile).toContain('ENTRYPOINT ["/saguaro/saguaro"]');
    // What the launcher looks for before it would install anything.
    const [, program, stamp] = /^node=\$home\/(\S+)\nstamp=\$home\/(\S+)$/m.exec(read('saguaro')) ?? [];
    expect(dockerfile).toContain(`/usr/local/bin/node ${program}`);
    expect(dockerfile).toContain(`cksum <package-lock.json >${stamp}`);
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('takes its Node from where package.json says', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const [, wanted = ''] = /^>=(\d+\.\d+)$/.exec(engines.node) ?? [];
    for (const image of images({ build: '.' }).filter((name) => name.startsWith('node:')))
      expect(image).toBe(`node:${wanted}-slim`);
  });

  test('has every file that main.ts reaches', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, what = '']) => what.split(' '));
    const seen = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(join(ROOT, file), 'utf8');
      const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
      for (const name of imports) {
        const target = normalize(join(dirname(file), name));
        if (name.startsWith('.') && existsSync(join(ROOT, target))) visit(target);
      }
    };
    visit('main.ts');
    expect(seen.size).toBeGreaterThan(100);
    const missing = [...seen].filter((file) => !copied.includes(file) && !copied.includes(file.split('/')[0] ?? ''));
    expect(missing).toEqual([]);
  });
});
