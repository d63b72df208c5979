import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { OWNER_KEY } from '../../../../server/log/embedded/layout.ts';
import { type EmbeddedLog, openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { contents, mustAppend, simpleBatch } from '../../../contract/log-fixtures.ts';
import { startChild, type TestProcess, temporaryDirectory } from './processes.ts';

const openHere = (dir: string, extra: Partial<Parameters<typeof openEmbeddedLog>[0]> = {}): Promise<EmbeddedLog> =>
  openEmbeddedLog({ dir, partitions: 2, rememberProducersMs: 1e9, dedupMs: 0, minFreeBytes: 0, ...extra });

/** Starts openers at once; gives the one that got the data. */
async function race(dir: string, count: number): Promise<TestProcess> {
  const openers = Array.from({ length: count }, () => startChild('owner', dir));
  await Promise.all(openers.map((opener) => opener.until(1)));
  const winners = openers.filter(({ lines }) => lines[0] === `open ${lines[0]!.split(' ')[1]}`);
  expect(winners).toHaveLength(1);
  const winner = winners[0]!;
  for (const loser of openers.filter((opener) => opener !== winner)) {
    expect(loser.lines[0]).toBe(
      `in_use ${dir} is in use by process ${winner.child.pid}; stop it first or use another data directory`,
    );
    await loser.ended;
    expect(loser.child.exitCode).toBe(0);
  }
  return winner;
}

describe('who owns a data directory', () => {
  test('of several openers exactly one gets it; one that was killed leaves nothing behind', async () => {
    const dir = temporaryDirectory();
    const first = await race(dir, 4);
    await expect(openHere(dir)).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining(`process ${first.child.pid};`),
    });
    await first.kill();
    const second = await race(dir, 4);
    second.child.stdin!.end();
    await second.ended;
    await (await openHere(dir)).close();
  });

  test('a second time in the same process is refused, and harms nothing', async () => {
    const dir = temporaryDirectory();
    const log = await openHere(dir);
    await expect(openHere(dir)).rejects.toMatchObject({ code: 'in_use' });
    await expect(openHere(dir, { partitions: 3 })).rejects.toMatchObject({ code: 'in_use' });
    await mustAppend(log, simpleBatch(0, 'p', 1, 2));
    await log.close();
    await expect(openHere(dir, { partitions: 3 })).rejects.toMatchObject({ code: 'misconfigured' });
    const again = await openHere(dir);
    expect(await contents(again, 'events', 0)).toEqual(['p:1', 'p:2']);
    await again.close();
  });

  test.each([
    ['from another container', { pidNamespace: 'pid:[1]' }, 'taken'],
    ['of another boot', { boot: 'another', pid: 1 }, 'free'],
    ['whose pid is somebody else by now', { started: '1' }, 'free'],
    ['whose pid is nobody', { pid: 2 ** 30 }, 'free'],
  ])('an owner %s: the newcomer gets it, the old one writes nothing more', async (_, changes, how) => {
    const dir = temporaryDirectory();
    const stopped: string[] = [];
    const old = await openHere(dir, { onStop: ({ code }) => stopped.push(code) });
    await mustAppend(old, simpleBatch(0, 'p', 1, 2));
    await changeOwner(dir, changes);

    const warnings: object[] = [];
    const log = await openHere(dir, { logger: { warn: (fields) => warnings.push(fields) } });
    expect(warnings).toHaveLength(how === 'taken' ? 1 : 0);
    await mustAppend(log, simpleBatch(0, 'p', 3, 2));
    const late = old.append(simpleBatch(0, 'q', 1, 1));
    await expect(late).rejects.toMatchObject({
      code: 'in_use',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await expect(old.trim({ stream: 'events', maxBytes: 0 })).rejects.toMatchObject({ code: 'in_use' });
    expect(stopped).toEqual(['in_use']);
    await old.close();
    expect(await contents(log, 'events', 0)).toEqual(['p:1', 'p:2', 'p:3', 'p:4']);
    await mustAppend(log, simpleBatch(0, 'p', 5, 1));
    await log.close();
  });

  test('a directory that cannot be used is refused with the reason', async () => {
    const file = path.join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    await expect(openHere(path.join(file, 'data'))).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('ENOTDIR'),
    });
    await expect(openHere(temporaryDirectory(), { partitions: 0 })).rejects.toMatchObject({ code: 'misconfigured' });
  });
});

/** Rewrites who the data says its owner is, under the same fence. */
async function changeOwner(dir: string, changes: object): Promise<void> {
  const options = { encoding: 'binary', keyEncoding: 'binary', useVersions: true } as const;
  const root = open<Buffer, Buffer>({
    ...options,
    path: dir,
    noSubdir: false,
    overlappingSync: false,
    maxDbs: 12,
    useVersions: false,
  });
  const meta = root.openDB<Buffer, Buffer>('meta', options);
  const { value, version } = meta.getEntry(OWNER_KEY)!;
  await meta.put(OWNER_KEY, Buffer.from(JSON.stringify({ ...JSON.parse(value.toString()), ...changes })), version!);
  await root.close();
}
