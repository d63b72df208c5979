/** A demo's settings: a place of its own, and nothing of anybody else's in it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { demoSettings, prepareDemo } from '../../../cli/demo/settings.ts';
import { temporaryFolder } from '../../helpers/cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('where a demo keeps its events', () => {
  it('is a place of its own, bounded', () => {
    const { config } = demoSettings({}, {});
    expect(config).toMatchObject({
      dataDir: './data-demo',
      redisPrefix: 'gapless-demo',
      retentionBytes: 256 * 2 ** 20,
    });
    expect(config.catalogue).toBe('data-demo/demo-catalogue.csv');
  });

  it('is where flags and environment say, and flags win', () => {
    const env = { GAPLESS_DATA_DIR: '/env', GAPLESS_RETENTION_BYTES: '1GiB' };
    expect(demoSettings({}, env).config).toMatchObject({ dataDir: '/env', retentionBytes: 2 ** 30 });
    expect(demoSettings({ dataDir: '/flag' }, env).config.dataDir).toBe('/flag');
    expect(demoSettings({}, { GAPLESS_DATA_DIR: '' }).config.dataDir).toBe('./data-demo');
  });

  it('is no Redis prefix but one that says so', () => {
    const env = { GAPLESS_REDIS_URL: 'redis://127.0.0.1:1' };
    expect(demoSettings({}, env).config.redisPrefix).toBe('gapless-demo');
    expect(demoSettings({ redisPrefix: 'demo2' }, env).config.redisPrefix).toBe('demo2');
    expect(() => demoSettings({ redisPrefix: 'gapless' }, env)).toThrow(/does not look like a demo/);
  });
});

describe('what a demo refuses', () => {
  const prepare = (dataDir: string) => prepareDemo(demoSettings({ dataDir }, {}).config);

  it('a folder that holds something else, before anything is changed', () => {
    const real = folder.in('real');
    mkdirSync(real);
    writeFileSync(`${real}/data.mdb`, 'somebody’s');
    expect(() => prepare(real)).toThrow(/holds what no demo made/);
    expect(readFileSync(`${real}/data.mdb`, 'utf8')).toBe('somebody’s');
    expect(() => readFileSync(`${real}/demo-catalogue.csv`)).toThrow(/ENOENT/);
  });

  it('not a folder that is new or empty, nor one that a demo had before', () => {
    const fresh = folder.in('a/b');
    prepare(fresh);
    writeFileSync(`${fresh}/data.mdb`, 'a demo’s');
    prepare(fresh);
    const lines = readFileSync(`${fresh}/demo-catalogue.csv`, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('id,title,artist,genre,duration_ms');
    expect(lines).toHaveLength(601);
    const empty = folder.in('empty');
    mkdirSync(empty);
    prepare(empty);
  });

  it('another catalogue, and a process that takes no connections', () => {
    expect(() => demoSettings({}, { GAPLESS_CATALOGUE: 'x.csv' })).toThrow(/catalogue of its own/);
    const env = { GAPLESS_REDIS_URL: 'redis://127.0.0.1:1', GAPLESS_ROLES: 'processor' };
    expect(() => demoSettings({}, env)).toThrow(/needs the role gateway/);
  });
});
