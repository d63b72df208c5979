import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Config, describeConfig, loadConfig, problemsAsText, SETTINGS } from '../../server/config.ts';

const MACHINE = { cores: 4, memoryBytes: 8 * 1024 ** 3 };

function load(env: Record<string, string | undefined> = {}): Config {
  const loaded = loadConfig(env, MACHINE);
  if (!loaded.ok) throw new Error(problemsAsText(loaded.problems));
  return loaded.config;
}
function problems(env: Record<string, string | undefined>) {
  const loaded = loadConfig(env, MACHINE);
  return loaded.ok ? [] : loaded.problems;
}
function warnings(env: Record<string, string | undefined>) {
  const loaded = loadConfig(env, MACHINE);
  return loaded.ok ? loaded.warnings : ['not loaded'];
}

describe('loadConfig', () => {
  it('needs nothing', () => {
    expect(load()).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dataDir: './data',
      redisPrefix: 'gapless',
      partitions: 8,
      roles: ['gateway', 'processor'],
      logLevel: 'info',
      insecure: false,
      eventMaxAgeMs: 0,
      creditBudgetBytes: 64 * 1024 ** 2,
      maxFrameBytes: 16_384,
      maxEventBytes: 8_192,
      maxFrameEvents: 256,
      dedupWindowMs: 3_600_000,
      producerMemoryMs: 90 * 86_400_000,
      feedbackEvents: true,
      realtimeProcessing: true,
      eventEnrichment: true,
      dlqHandling: true,
    });
    expect(load().token).toBeUndefined();
    expect(load().redisUrl).toBeUndefined();
    expect(warnings({})).toEqual([]);
  });

  it('fits itself to the machine where nothing is said', () => {
    expect(load()).toMatchObject({ workers: 4, rssLimitBytes: 6 * 1024 ** 3 });
    expect(load({ GAPLESS_WORKERS: '2', GAPLESS_RSS_LIMIT_BYTES: '1GiB' })).toMatchObject({
      workers: 2,
      rssLimitBytes: 1024 ** 3,
    });
    const small = loadConfig({}, { cores: 1, memoryBytes: 1000 });
    expect(small.ok && small.config.workers).toBe(1);
    const large = loadConfig({}, { cores: 64, memoryBytes: 1000 });
    expect(large.ok && large.config.workers).toBe(4);
  });

  it('takes the units that people write', () => {
    const config = load({
      GAPLESS_EVENT_MAX_AGE: '7d',
      GAPLESS_DEDUP_WINDOW: '30m',
      GAPLESS_STORAGE_LATENCY_CEILING_MS: '250',
      GAPLESS_CREDIT_BUDGET_BYTES: '1GiB',
      GAPLESS_HTTP_BODY_BYTES: '65536',
      GAPLESS_CONNECTION_LIFETIME: '90m',
      ENABLE_EVENT_ENRICHMENT: 'off',
      ENABLE_DLQ_HANDLING: '0',
      ENABLE_FEEDBACK_EVENTS: 'FALSE',
      GAPLESS_ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443,https://a.example',
    });
    expect(config).toMatchObject({
      eventMaxAgeMs: 7 * 86_400_000,
      dedupWindowMs: 1_800_000,
      storageLatencyCeilingMs: 250,
      creditBudgetBytes: 1024 ** 3,
      httpBodyBytes: 65_536,
      connectionLifetimeMs: 5_400_000,
      eventEnrichment: false,
      dlqHandling: false,
      feedbackEvents: false,
      allowedOrigins: ['https://a.example', 'https://b.example:8443'],
    });
    expect(load({ GAPLESS_STORAGE_LATENCY_CEILING_MS: '2s' }).storageLatencyCeilingMs).toBe(2000);
  });

  it('takes an empty value for none, and leaves other variables alone', () => {
    expect(
      load({ GAPLESS_TOKEN: '', GAPLESS_PORT: ' ', PATH: '/bin', NODE_ENV: 'test', ENABLE_SOMETHING: 'x' }).port,
    ).toBe(8080);
  });

  it('says all that is wrong at once, and what to do', () => {
    const found = problems({
      GAPLESS_PORT: '80a',
      GAPLESS_EVENT_MAX_AGE: '7 days',
      GAPLESS_LOG_LEVEL: 'loud',
      GAPLESS_CREDIT_BUDGET_BYTES: '64MB',
      GAPLESS_PROT: '1',
      GAPLESS_HOST: '0.0.0.0',
    });
    expect(found.map(({ name }) => name).sort()).toEqual([
      'GAPLESS_CREDIT_BUDGET_BYTES',
      'GAPLESS_EVENT_MAX_AGE',
      'GAPLESS_HOST',
      'GAPLESS_LOG_LEVEL',
      'GAPLESS_PORT',
      'GAPLESS_PROT',
    ]);
    const text = problemsAsText(found);
    expect(text.split('\n')).toHaveLength(6);
    expect(text).toContain('Did you mean GAPLESS_PORT?');
    expect(text).toContain('7d');
    expect(text).toContain('64MiB');
    expect(text).toContain('fatal, error, warn');
  });

  it.each<[string, string]>([
    ['GAPLESS_PORT', '65536'],
    ['GAPLESS_PORT', '-1'],
    ['GAPLESS_PARTITIONS', '0'],
    ['GAPLESS_PARTITIONS', '8.0'],
    ['GAPLESS_INSECURE', 'maybe'],
    ['GAPLESS_ROLES', 'gateway,boss'],
    ['GAPLESS_ROLES', ','],
    ['GAPLESS_REDIS_URL', 'localhost:6379'],
    ['GAPLESS_REDIS_URL', 'http://localhost'],
    ['GAPLESS_REDIS_PREFIX', 'a{b}'],
    ['GAPLESS_REDIS_DURABILITY', 'replicas:1'],
    ['GAPLESS_ALLOWED_ORIGINS', 'https://a.example/'],
    ['GAPLESS_ALLOWED_ORIGINS', '*'],
    ['GAPLESS_ALLOWED_ORIGINS', 'a.example'],
    ['GAPLESS_TOKEN', 'two words'],
    ['GAPLESS_CONNECTION_LIFETIME', '4h'],
    ['GAPLESS_CONNECTION_LIFETIME', '90s'],
    ['GAPLESS_MAX_FRAME_EVENTS', '1025'],
    ['GAPLESS_MAX_FRAME_BYTES', '1MiB'],
  ])('%s=%s is refused', (name, value) => {
    expect(problems({ [name]: value }).map((one) => one.name)).toEqual([name]);
  });

  it('never repeats a secret', () => {
    const text = problemsAsText(problems({ GAPLESS_TOKEN: 'my secret', GAPLESS_REDIS_URL: 'http://u:secret@h' }));
    expect(text).not.toContain('secret');
  });
});

describe('settings that do not go together', () => {
  const names = (env: Record<string, string>) => problems(env).map(({ name }) => name);

  it('listening beyond loopback without a token', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.0.0.1.evil.io']) {
      expect(names({ GAPLESS_HOST: host }), host).toEqual(['GAPLESS_HOST']);
    }
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      expect(names({ GAPLESS_HOST: host })).toEqual([]);
    expect(names({ GAPLESS_HOST: '0.0.0.0', GAPLESS_TOKEN: 'x'.repeat(32) })).toEqual([]);
    expect(names({ GAPLESS_HOST: '0.0.0.0', GAPLESS_INSECURE: 'true' })).toEqual([]);
    expect(warnings({ GAPLESS_HOST: '0.0.0.0', GAPLESS_INSECURE: 'true' })[0]).toMatch(/^INSECURE/);
    expect(warnings({ GAPLESS_HOST: '0.0.0.0', GAPLESS_TOKEN: 'x'.repeat(32) })[0]).toContain('TLS');
    expect(warnings({ GAPLESS_TOKEN: 'short' })[0]).toContain('openssl');
  });

  it('one role on the embedded engine', () => {
    expect(names({ GAPLESS_ROLES: 'gateway' })).toEqual(['GAPLESS_ROLES']);
    expect(load({ GAPLESS_ROLES: 'gateway', GAPLESS_REDIS_URL: 'redis://h' }).roles).toEqual(['gateway']);
    expect(names({ GAPLESS_ROLES: 'processor,gateway' })).toEqual([]);
  });

  it('a frame without room for an event', () => {
    expect(names({ GAPLESS_MAX_EVENT_BYTES: '16KiB' })).toEqual(['GAPLESS_MAX_FRAME_BYTES']);
    expect(names({ GAPLESS_MAX_EVENT_BYTES: '16320' })).toEqual([]);
  });

  it('events older than a producer is remembered', () => {
    expect(names({ GAPLESS_EVENT_MAX_AGE: '90d' })).toEqual(['GAPLESS_PRODUCER_MEMORY']);
    expect(names({ GAPLESS_EVENT_MAX_AGE: '89d' })).toEqual([]);
    expect(names({ GAPLESS_EVENT_MAX_AGE: '1h', GAPLESS_PRODUCER_MEMORY: '69m' })).toEqual(['GAPLESS_PRODUCER_MEMORY']);
    expect(names({ GAPLESS_EVENT_MAX_AGE: '1h', GAPLESS_PRODUCER_MEMORY: '70m' })).toEqual([]);
  });

  it('replicas without Redis', () => {
    expect(names({ GAPLESS_REDIS_REPLICAS: '1' })).toEqual(['GAPLESS_REDIS_REPLICAS']);
  });
});

describe('describeConfig', () => {
  const rows = (env: Record<string, string>) => new Map(describeConfig(load(env)).map((row) => [row.name, row]));

  it('shows what holds, as it would be written', () => {
    const table = rows({ GAPLESS_EVENT_MAX_AGE: '24h', GAPLESS_MAX_FRAME_BYTES: '32768', GAPLESS_WORKERS: '0' });
    expect(table.get('GAPLESS_EVENT_MAX_AGE')?.value).toBe('1d');
    expect(table.get('GAPLESS_MAX_FRAME_BYTES')?.value).toBe('32KiB');
    expect(table.get('GAPLESS_WORKERS')?.value).toBe('4');
    expect(table.get('GAPLESS_ROLES')?.value).toBe('gateway,processor');
    expect(table.get('GAPLESS_CATALOGUE')?.value).toBe('');
  });

  it('masks what is secret', () => {
    const table = rows({
      GAPLESS_TOKEN: 'top-secret-token-of-mine',
      GAPLESS_REDIS_URL: 'redis+cluster://user:p@ss@a:1,b:2?x=secret',
    });
    expect(table.get('GAPLESS_TOKEN')?.value).toBe('***');
    expect(table.get('GAPLESS_REDIS_URL')?.value).toBe('redis+cluster://***@a:1,b:2');
    expect(rows({ GAPLESS_REDIS_URL: 'redis://h:6379/1' }).get('GAPLESS_REDIS_URL')?.value).toBe('redis://h:6379/1');
  });

  it('loads back to the same configuration', () => {
    const config = load({
      GAPLESS_EVENT_MAX_AGE: '7d',
      GAPLESS_WORKERS: '2',
      GAPLESS_ALLOWED_ORIGINS: 'https://a.example',
    });
    const env = Object.fromEntries(describeConfig(config).map(({ name, value }) => [name, value]));
    expect(load(env)).toEqual(config);
  });
});

describe('docs/CONFIGURATION.md', () => {
  const text = readFileSync(new URL('../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/gm)].map(([, name, fallback, about]) => ({
    name,
    fallback,
    about,
  }));

  it('has the same table as the code, both ways', () => {
    const expected = Object.values(SETTINGS).map(({ env, fallback, about }) => ({
      name: env,
      fallback: fallback ? `\`${fallback}\`` : '-',
      about,
    }));
    expect(rows).toEqual(expected);
  });
});
