/** The container files name ports, settings, files and paths of this repository: none of them may drift away. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../server/config.ts';
import { PROBLEMS } from '../../server/gateway/problem.ts';
import { healthRoutes } from '../../server/gateway/routes/health.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const haproxy = readFileSync('deploy/haproxy.cfg', 'utf8');
const compose = parse(readFileSync('deploy/compose.yaml', 'utf8')) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, unknown>;
};
const pack = JSON.parse(readFileSync('package.json', 'utf8')) as {
  bin: { gapless: string };
  scripts: Record<string, string>;
};

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  networks: string[];
  depends_on?: Record<string, { condition: string }>;
}

const known = new Set(Object.values(SETTINGS).map(({ env }) => env));
const settingsIn = (text: string) => [...text.matchAll(/\b(?:GAPLESS|ENABLE)_[A-Z_]+\b/g)].map(([name]) => name);
const healthPaths = healthRoutes(() => {
  throw new Error('not asked here');
}).map((route) => route.path);
const instruction = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(dockerfile)?.[1] ?? '';

test('every setting that the container files name exists', () => {
  const named = [dockerfile, haproxy, readFileSync('deploy/compose.yaml', 'utf8')].flatMap(settingsIn);
  expect(named).not.toHaveLength(0);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('the image listens on the port that it exposes, the default one', () => {
  expect(instruction('EXPOSE')).toBe(SETTINGS.port.fallback);
  expect(dockerfile).toContain(`GAPLESS_PORT=${SETTINGS.port.fallback}`);
});

test('the image starts the command, as somebody else than root, on a Node that the WebSocket library has a binary for', () => {
  const entry = JSON.parse(instruction('ENTRYPOINT')) as string[];
  // The command’s own first line names Node and its flags.
  expect(entry).toEqual([pack.bin.gapless]);
  expect(instruction('CMD')).toBe('["serve"]');
  expect(instruction('USER')).toBe('node');
  expect(instruction('STOPSIGNAL')).toBe('SIGTERM');
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  expect(bases).toEqual(['node:22-bookworm-slim', 'node:22-bookworm-slim']);
});

test('the image keeps its data where its volume is', () => {
  const volume = instruction('VOLUME');
  expect(dockerfile).toContain(`GAPLESS_DATA_DIR=${volume}`);
  expect(dockerfile).toContain(`install -d -o node -g node -m 750 ${volume}`);
});

test('health is asked for where it is answered', () => {
  const asked = /127\.0\.0\.1:\$\{process\.env\.GAPLESS_PORT\}(\/[a-z/]+)`/.exec(dockerfile)?.[1];
  expect(healthPaths).toContain(asked);
  expect(healthPaths).toContain(/http-check send meth GET uri (\S+)/.exec(haproxy)?.[1]);
});

/** A script with all that it imports from beside it, and so on. */
function importedFrom(script: string, known = new Set<string>()): Set<string> {
  known.add(script);
  for (const [, name] of readFileSync(script, 'utf8').matchAll(/ from '\.\/(.+)';/g)) {
    const file = `scripts/${name}`;
    if (!known.has(file)) importedFrom(file, known);
  }
  return known;
}

test('what the build needs gets past .dockerignore', () => {
  const let_in = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const rooms = (JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { include: string[] }).include;
  const script = pack.scripts.build!.replace(/^node /, '');
  const scripts = importedFrom(script);
  expect(scripts.size).toBeGreaterThan(1);
  for (const needed of [
    ...rooms,
    ...scripts,
    'vite.config.ts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    expect(let_in).toContain(needed);
    expect(existsSync(needed), needed).toBe(true);
  }
});

test('compose publishes on loopback only, and only the proxy', () => {
  const published = Object.entries(compose.services).filter(([, service]) => service.ports);
  expect(published.map(([name]) => name)).toEqual(['haproxy']);
  for (const port of compose.services.haproxy!.ports!) expect(port).toMatch(/^127\.0\.0\.1:\d+:8080$/);
});

test('compose does not start without a token', () => {
  expect(compose.services.gapless!.environment!.GAPLESS_TOKEN).toMatch(/^\$\{GAPLESS_TOKEN:\?/);
});

test('compose names services, networks, volumes and files that exist', () => {
  for (const service of Object.values(compose.services)) {
    expect(service.image ?? service.build).toBeTruthy();
    for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
    for (const name of service.networks) expect(compose.networks).toHaveProperty(name);
    for (const volume of service.volumes ?? []) {
      const from = volume.split(':')[0]!;
      if (from.startsWith('.')) expect(existsSync(path.join('deploy', from)), from).toBe(true);
      else expect(compose.volumes).toHaveProperty(from);
    }
  }
  expect(compose.services.gapless!.build).toBe('..');
  expect(new URL(compose.services.gapless!.environment!.GAPLESS_REDIS_URL!).hostname).toBe('redis');
});

test('storage and server are not on the network that is published', () => {
  for (const name of ['gapless', 'redis']) expect(compose.services[name]!.networks).not.toContain('front');
  for (const name of ['back', 'storage']) expect(compose.networks[name]?.internal).toBe(true);
});

test('the proxy sends to the server’s port and words its errors as the server does', () => {
  expect(haproxy).toContain(`\${GATEWAY_ADDRESS-gapless:${SETTINGS.port.fallback}}`);
  const bodies = [...haproxy.matchAll(/string '(\{.*?\})'/g)].map(
    ([, body]) => JSON.parse(body!) as { code: keyof typeof PROBLEMS; title: string },
  );
  expect(bodies).not.toHaveLength(0);
  for (const { code, title } of bodies) expect(PROBLEMS[code].title).toBe(title);
});

test('deploy/ holds nothing that nobody checks', () => {
  expect(readdirSync('deploy').sort()).toEqual(['compose.yaml', 'haproxy.cfg']);
});
