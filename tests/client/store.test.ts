/** The contract of outbox stores on those of this runtime; `browser/indexed-db-store.test.ts` runs it in a browser. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { fileStore, memoryStore } from '../../client/node.ts';
import type { OutboxStore } from '../../client/types.ts';
import { outboxStoreContract } from '../contract/outbox-store.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gapless-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const kinds: Record<string, () => { open(): OutboxStore }> = {
  memory: () => {
    const store = memoryStore();
    return { open: () => store };
  },
  file: () => {
    const path = join(folder, 'deeper', `${files++}`);
    return { open: () => fileStore(path) };
  },
  'file, always compacting': () => {
    const path = join(folder, `${files++}`);
    return { open: () => fileStore(path, { fsync: false, compactBytes: 1 }) };
  },
};

for (const [name, place] of Object.entries(kinds)) outboxStoreContract(name, place);
