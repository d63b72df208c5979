import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { open } from 'lmdb';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedFeatureReader } from '../../../../server/features/embedded/reader.ts';
import { openEmbeddedFeatureStore } from '../../../../server/features/embedded/store.ts';
import { commitOf } from '../../../contract/feature-store.ts';
import { until } from '../../../helpers/redis-server.ts';
import { temporaryDirectory } from '../../../helpers/test-process.ts';
import { expectWhole, SCOPES, saveNext } from '../scopes.ts';

const USERS = SCOPES[0]!;
const KEY = { group: 'user\0default\0ann', field: 'features' };

test('a reader of what is not there yet finds nothing, and then what is saved', async () => {
  const dir = join(temporaryDirectory(), 'later', 'features');
  const reader = await openEmbeddedFeatureReader(dir);
  expect(await reader.applied(USERS, 2)).toEqual([0, 0]);
  expect(await reader.load(USERS, [KEY])).toEqual([null]);
  expect(await reader.loadGroup(USERS, KEY.group)).toEqual([]);
  await expect(reader.load(USERS, [{ group: '', field: '' }])).rejects.toMatchObject({ code: 'invalid' });
  const store = await openEmbeddedFeatureStore(dir);
  await store.save(commitOf(USERS, [0], [1], { [KEY.group]: { [KEY.field]: 'x' } }));
  expect(await reader.applied(USERS, 1)).toEqual([1]);
  await store.close();
  expect(Buffer.from((await reader.load(USERS, [KEY]))[0]!).toString()).toBe('x');
  await reader.close();
});

test('a reader that is closed before there was anything', async () => {
  const reader = await openEmbeddedFeatureReader(join(temporaryDirectory(), 'nothing'));
  await reader.close();
  await reader.close();
  await expect(reader.load(USERS, [KEY])).rejects.toMatchObject({ code: 'closed' });
});

test('data that its writer has only just begun is not there yet', async () => {
  const dir = temporaryDirectory();
  const root = open({ path: dir, noSubdir: false, overlappingSync: false });
  const reader = await openEmbeddedFeatureReader(dir);
  expect(await reader.applied(USERS, 1)).toEqual([0]);
  await root.close();
  const store = await openEmbeddedFeatureStore(dir);
  await saveNext(store, USERS);
  expect(await reader.applied(USERS, 1)).toEqual([1]);
  await reader.close();
  await store.close();
});

test('a writer in another thread, opened after the reader: it writes, and the reader sees whole commits', async () => {
  const dir = temporaryDirectory();
  const first = await openEmbeddedFeatureStore(dir);
  for (const scope of SCOPES) await saveNext(first, scope);
  await first.close();

  const reader = await openEmbeddedFeatureReader(dir);
  const writer = startWriterThread(dir);
  const ended = new Promise((resolve) => writer.once('exit', resolve));
  const last = 60;
  await until(async () => {
    await expectWhole(reader, [1, 1, 1]);
    return (await reader.applied(SCOPES[2]!, 1))[0]! >= last;
  });
  writer.postMessage('end');
  await ended;
  await expectWhole(reader, [1, 1, last]);
  await reader.close();
});

/** Saves as `saveNext` does until it gets a message. */
function startWriterThread(dir: string): Worker {
  const source = pathToFileURL(join(process.cwd(), 'server/features/embedded/store.ts')).href;
  const code = `
    const { parentPort } = require('node:worker_threads');
    let ended = false;
    parentPort.once('message', () => (ended = true));
    import('tsx/esm/api').then(async ({ tsImport }) => {
      const source = ${JSON.stringify(source)};
      const { openEmbeddedFeatureStore } = await tsImport(source, source);
      const store = await openEmbeddedFeatureStore(${JSON.stringify(dir)});
      const scopes = ${JSON.stringify(SCOPES)};
      while (!ended) {
        for (const scope of scopes) {
          const [at] = await store.applied(scope, 1);
          const changes = [];
          for (let user = 0; user < 10; user++)
            for (const field of ['features', 'session', 'taste', 'lists'])
              changes.push({ group: 'user\\0default\\0' + user, field, bytes: Buffer.alloc(1000, (at + 1) + ';') });
          await store.save({ scope, expected: [at], next: [at + 1], changes });
        }
      }
      await store.close();
    });
  `;
  const worker = new Worker(code, { eval: true });
  onTestFinished(() => void worker.terminate());
  return worker;
}

test('on a disk that is as good as full nothing is written', async () => {
  const dir = temporaryDirectory();
  const store = await openEmbeddedFeatureStore(dir);
  await saveNext(store, USERS);
  await store.close();
  const full = await openEmbeddedFeatureStore(dir, { minFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(saveNext(full, USERS)).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
  expect(await full.applied(USERS, 1)).toEqual([1]);
  await full.close();
});

test('data of another version is refused', async () => {
  const dir = temporaryDirectory();
  await (await openEmbeddedFeatureStore(dir)).close();
  const options = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({ ...options, path: dir, noSubdir: false, overlappingSync: false });
  const scopes = root.openDB<Buffer, Buffer>('scopes', { ...options, useVersions: true });
  await scopes.put(Buffer.from('format'), Buffer.from('99'), 1);
  await root.close();
  const refused = { name: 'StoreError', code: 'misconfigured', message: expect.stringContaining('format 99') };
  await expect(openEmbeddedFeatureStore(dir)).rejects.toMatchObject(refused);
  await expect(openEmbeddedFeatureReader(dir)).rejects.toMatchObject(refused);
});

test.each([
  ['a file lies where the folder should be', ''],
  ['what lies there is no data', 'data.mdb'],
])('%s: refused with what is wrong', async (_, file) => {
  const dir = join(temporaryDirectory(), 'features');
  if (file !== '') mkdirSync(dir);
  writeFileSync(join(dir, file), 'x'.repeat(9_000));
  const refused = { name: 'StoreError', code: 'misconfigured', message: expect.stringContaining(dir) };
  await expect(openEmbeddedFeatureStore(dir)).rejects.toMatchObject(refused);
});
