import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, fileStore } from '../../client/node.ts';
import type { OutboxStore } from '../../client/types.ts';
import { FakeServer } from '../helpers/fake-server.ts';

let folder: string;
let path: string;
const open: OutboxStore[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gapless-file-store-'));
  path = join(folder, 'outbox');
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

function store(options = {}): OutboxStore {
  const made = fileStore(path, options);
  open.push(made);
  return made;
}

async function reopen(): Promise<Awaited<ReturnType<OutboxStore['load']>>> {
  for (const old of open.splice(0)) await old.close();
  return store().load();
}

async function filled(): Promise<OutboxStore> {
  const made = store();
  await made.load();
  await made.saveIdentity({ producer: 'p', epoch: 1, attempt: 1 });
  for (let seq = 1; seq <= 3; seq++) await made.append([{ seq, event: { n: seq, text: 'ünï' } }]);
  return made;
}

describe('the file', () => {
  test('is for its owner only', async () => {
    await filled();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('a torn last line is cut off, wherever it was torn', async () => {
    await filled();
    const whole = await readFile(path);
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (let size = lastLine; size < whole.length; size++) {
      for (const old of open.splice(0)) await old.close();
      await writeFile(path, whole);
      await truncate(path, size);
      const kept = await reopen();
      expect(kept).toMatchObject({ nextSeq: 3, producer: 'p' });
      expect(kept.damaged).toBeUndefined();
    }
    await open[0]!.append([{ seq: 3, event: { n: 33 } }]);
    expect((await reopen()).entries[2]).toEqual({ seq: 3, event: { n: 33 } });
  });

  test('a flipped bit is found, and nothing behind it is believed', async () => {
    await filled();
    for (const old of open.splice(0)) await old.close();
    const bytes = await readFile(path);
    const at = bytes.indexOf('"n":2') + 4;
    bytes[at] = bytes[at]! ^ 1;
    await writeFile(path, bytes);
    const kept = await reopen();
    expect(kept).toMatchObject({ nextSeq: 2, producer: 'p', damaged: expect.stringContaining('line 4') });
    expect(await readFile(`${path}.damaged`, 'utf8')).toContain('"n":3');
    expect((await reopen()).damaged).toBeUndefined();
  });

  test('zeros after a power cut are a torn end', async () => {
    await filled();
    for (const old of open.splice(0)) await old.close();
    await appendFile(path, Buffer.alloc(4096));
    expect(await reopen()).toMatchObject({ nextSeq: 4 });
  });

  test('does not grow beyond what it holds', async () => {
    const made = store({ fsync: false, compactBytes: 10_000 });
    await made.load();
    for (let seq = 1; seq <= 2000; seq++) {
      await made.append([{ seq, event: { pad: 'x'.repeat(50) } }]);
      await made.settle(seq);
      if (seq % 100 === 0) expect((await stat(path)).size).toBeLessThan(11_000);
    }
    expect(await reopen()).toMatchObject({ done: 2000, nextSeq: 2001 });
  });
});

describe('the lock', () => {
  test('a second store in this process is refused, until the first is closed', async () => {
    await filled();
    const second = fileStore(relative(process.cwd(), path));
    await expect(second.load()).rejects.toMatchObject({ code: 'store_locked' });
    await second.close();
    await expect(store().load()).rejects.toMatchObject({ code: 'store_locked' });
    expect(await reopen()).toMatchObject({ nextSeq: 4 });
  });

  test('the lock of a process that is gone does not count, nor that of another one with its number', async () => {
    await writeFile(`${path}.lock`, '4194303 1');
    expect(await reopen()).toMatchObject({ nextSeq: 1 });
    for (const old of open.splice(0)) await old.close();
    await writeFile(`${path}.lock`, `${process.ppid} 1`);
    expect(await reopen()).toMatchObject({ nextSeq: 1 });
  });

  test('a client whose store is held fails and says so', async () => {
    await filled();
    const client = connect({ url: 'ws://127.0.0.1:1', outbox: { store: fileStore(path) } });
    const error = await new Promise((resolve) => client.on('error', resolve));
    expect(error).toMatchObject({ code: 'store_locked' });
    expect(client.stats.state).toBe('failed');
    await client.close();
  });
});

describe('kill -9', () => {
  /** Pushes events `<run>-<n>` for ever. */
  const CHILD = new URL('../helpers/file-store-child.ts', import.meta.url).pathname;

  function start(url: string, run: number): ChildProcess {
    const args = ['--import', 'tsx', CHILD, url, path, String(run)];
    return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  test('a number never stands for two events, and what was sent is sent again until it is settled', async () => {
    const server = await FakeServer.start();
    const events = new Map<number, string>();
    let done = 0;
    const RUNS = 4;
    for (let run = 1; run <= RUNS; run++) {
      const child = start(server.url, run);
      const exited = once(child, 'exit');
      const peer = await server.welcomed({ done, limit: 1_000_000 });
      expect(peer.hello).toMatchObject({ producer: 'kill-me', epoch: 1, attempt: run });
      expect(peer.hello!.done).toBeLessThanOrEqual(done);
      // What was sent before and is not settled comes first, as it was.
      const highest = Math.max(done, ...events.keys());
      for (let last = done; last < highest + 200; ) {
        const frame = await peer.next('PUBLISH');
        expect(frame.first).toBe(last + 1);
        last = frame.first + frame.count - 1;
        for (let seq = frame.first; seq <= last; seq++) {
          const { name } = peer.events.get(seq) as { name: string };
          expect(events.get(seq) ?? name).toBe(name);
          events.set(seq, name);
        }
        // Half of it is settled; the rest is left open until the next frame.
        done = Math.floor((done + last) / 2);
        peer.ack(done, 1_000_000);
      }
      child.kill('SIGKILL');
      await exited;
    }
    // Each run's events stand in their order, without a gap: only its last ones, never sent, are lost with it.
    const names = [...events].sort(([a], [b]) => a - b).map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (let run = 1; run <= RUNS; run++) {
      const mine = names.filter((name) => name.startsWith(`${run}-`));
      expect(mine).toEqual(mine.map((_, i) => `${run}-${i + 1}`));
    }
    await server.stop();
  });
});
