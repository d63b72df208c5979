import { readFileSync, statSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { validateEvent } from '../../protocol/events.ts';
import { finish, runCli, startCli, temporaryFolder } from '../helpers/cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function simulate(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['simulate', '--out', '-', ...args]);
  expect(code, stderr).toBe(0);
  return stdout;
}

function events(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('gapless simulate --out', () => {
  it('writes the same for the same seed, to a file as to standard output', async () => {
    const text = await simulate('--events', '2000', '--seed', '5');
    const { code, stderr } = await runCli([
      'simulate',
      '--out',
      folder.in('e.ndjson'),
      '--events',
      '2000',
      '--seed',
      '5',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('2,000 events');
    expect(readFileSync(folder.in('e.ndjson'), 'utf8')).toBe(text);
    expect(await simulate('--events', '2000', '--seed', '6')).not.toBe(text);
  });

  it('writes as many events as asked for, all of which a server takes', async () => {
    const list = events(await simulate('--events', '5000'));
    expect(list).toHaveLength(5000);
    expect(list.map(validateEvent).filter(({ ok }) => !ok)).toEqual([]);
  });

  it('ends after --duration of the listeners’ time, and begins at --start', async () => {
    const list = events(await simulate('--duration', '2h', '--start', '2024-05-01T18:00:00Z', '--users', '2000'));
    const times = list.map((event) => event.timestamp as number);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(Date.UTC(2024, 4, 1, 18));
    expect(Math.max(...times)).toBeLessThan(Date.UTC(2024, 4, 1, 20));
    expect(list.length).toBeGreaterThan(1000);
  });

  it('says when events lie in the future', async () => {
    const { stderr } = await runCli(['simulate', '--out', '-', '--events', '2000', '--users', '5', '--start', 'now']);
    expect(stderr).toContain('a server refuses what is in the future');
  });

  it('has as many listeners and tracks as asked for', async () => {
    const list = events(await simulate('--events', '20000', '--users', '7', '--tracks', '50'));
    expect(new Set(list.map((event) => event.user_id)).size).toBe(7);
    expect(new Set(list.map((event) => event.track_id)).size).toBeLessThanOrEqual(50);
  });

  it('writes the catalogue, alone if nothing else is wanted', async () => {
    const { code, stdout } = await runCli([
      'simulate',
      '--catalogue-out',
      folder.in('c.csv'),
      '--tracks',
      '100',
      '--events',
      '0',
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    const lines = readFileSync(folder.in('c.csv'), 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('id,title,artist,genre,duration_ms');
    expect(lines).toHaveLength(101);
  });

  it('summarises as JSON', async () => {
    const file = folder.in('j.ndjson');
    const { stdout } = await runCli(['simulate', '--out', file, '--events', '100', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ file, events: 100, seed: 1, from: '2025-01-06T00:00:00.000Z' });
    expect(statSync(file).size).toBeGreaterThan(10_000);
  });

  it('goes on until nobody reads any more, and ends quietly', async () => {
    const child = startCli(['simulate', '--out', '-']);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const { code, stderr } = await finish(child);
    expect(code).toBe(0);
    expect(stderr).toBe('');
  });

  it('stops at Ctrl-C with whole lines', async () => {
    const child = startCli(['simulate', '--out', folder.in('i.ndjson'), '--events', '100000000']);
    const ended = finish(child);
    for (;;) {
      if ((statSync(folder.in('i.ndjson'), { throwIfNoEntry: false })?.size ?? 0) > 0) break;
      await new Promise(setImmediate);
    }
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('events in');
    events(readFileSync(folder.in('i.ndjson'), 'utf8'));
  });
});
