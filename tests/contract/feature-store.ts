/**
 * The contract of `server/features/port.ts`. An engine's test is a factory and one call of `runFeatureStoreContract`.
 * What an engine declares not to give (its `guarantees`) is shown as skipped with the reason; what it does not declare, fails.
 */
import { afterEach, describe, expect, type TestContext, test } from 'vitest';
import { entityGroup, userGroup } from '../../server/features/groups.ts';
import type { FeatureReader, FeatureStore, RecordKey, Scope, ScopeCommit } from '../../server/features/port.ts';

/** One store with data of its own. */
export interface StoreUnderTest {
  /** The store as it is open now; after `reopen` another object. */
  readonly store: FeatureStore;
  /** Closes the store and opens the same data again. */
  reopen(): Promise<FeatureStore>;
  /** Another store upon the same data, as another owner of the scope would have it. The case closes it. */
  another(): Promise<FeatureStore>;
  /** A reader of the same data. The case closes it. */
  reader(): Promise<FeatureReader>;
  /** Closes the store and removes its data. */
  destroy(): Promise<void>;
}
export type OpenStore = () => Promise<StoreUnderTest>;

const USERS: Scope = { kind: 'users', number: 1 };
const SHARD: Scope = { kind: 'shard', number: 1 };
const ANN = userGroup('default', 'ann');
const BOB = userGroup('default', 'bob');

export function runFeatureStoreContract(name: string, open: OpenStore): void {
  describe(`feature store contract: ${name}`, () => {
    const opened: StoreUnderTest[] = [];
    const openStore = async (): Promise<StoreUnderTest> => {
      const subject = await open();
      opened.push(subject);
      return subject;
    };
    afterEach(async () => {
      for (const subject of opened.splice(0)) await subject.destroy();
    });

    describe('saving', () => savingCases(openStore));
    describe('conflicts', () => conflictCases(openStore));
    describe('reading', () => readingCases(openStore));
    describe('erasing', () => {
      erasingCases(openStore);
      erasingBesideCases(openStore);
    });
    describe('limits', () => limitCases(openStore));
    describe('opening and closing', () => openingCases(openStore));
  });
}

function savingCases(openStore: OpenStore): void {
  test('a new scope reads zeros', async () => {
    const { store } = await openStore();
    expect(await store.applied(USERS, 1)).toEqual([0]);
    expect(await store.applied(SHARD, 4)).toEqual([0, 0, 0, 0]);
    expect(await store.load(USERS, [{ group: ANN, field: 'features' }])).toEqual([null]);
    expect(await store.loadGroup(USERS, ANN)).toEqual([]);
  });

  test('records and positions are saved together', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [7], { [ANN]: { features: 'a', session: 'b' }, [BOB]: { features: 'c' } }));
    expect(await store.applied(USERS, 1)).toEqual([7]);
    expect(await texts(store, USERS, [ANN, 'features'], [ANN, 'session'], [BOB, 'features'])).toEqual(['a', 'b', 'c']);
  });

  test('a later commit writes over, adds and takes away', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [7], { [ANN]: { features: 'a', session: 'b', taste: 't' } }));
    await mustSave(store, users([7], [9], { [ANN]: { features: 'A', session: null, lists: 'l', none: null } }));
    expect(await group(store, USERS, ANN)).toEqual({ features: 'A', lists: 'l', taste: 't' });
  });

  test('a commit without changes moves the positions', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [100]));
    expect(await store.applied(USERS, 1)).toEqual([100]);
    await mustSave(store, users([100], [2 ** 53 - 1]));
    expect(await store.applied(USERS, 1)).toEqual([2 ** 53 - 1]);
  });

  test('a shard has a position for each source', async () => {
    const { store } = await openStore();
    const track = entityGroup('track', 'default', 't1');
    await mustSave(store, commitOf(SHARD, [0, 0, 0], [5, 0, 2], { [track]: { features: 'x' } }));
    await mustSave(store, commitOf(SHARD, [5, 0, 2], [5, 9, 2], {}));
    expect(await store.applied(SHARD, 3)).toEqual([5, 9, 2]);
    expect(await group(store, SHARD, track)).toEqual({ features: 'x' });
  });

  test('scopes do not know of each other', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [3], { [ANN]: { features: 'of the partition' } }));
    await mustSave(store, commitOf(SHARD, [0], [4], { [ANN]: { features: 'of the shard' } }));
    const other: Scope = { kind: 'users', number: 2 };
    expect(await store.applied(USERS, 1)).toEqual([3]);
    expect(await store.applied(SHARD, 1)).toEqual([4]);
    expect(await store.applied(other, 1)).toEqual([0]);
    expect(await texts(store, USERS, [ANN, 'features'])).toEqual(['of the partition']);
    expect(await texts(store, SHARD, [ANN, 'features'])).toEqual(['of the shard']);
    expect(await texts(store, other, [ANN, 'features'])).toEqual([null]);
  });

  test('thousands of changes at once', async () => {
    const { store } = await openStore();
    const groups = Array.from({ length: 3_000 }, (_, user) => userGroup('default', `user-${user}`));
    const records = Object.fromEntries(groups.map((name, i) => [name, { features: `f${i}`, session: `s${i}` }]));
    // One group alone has more than what fits onto the stack of a script.
    const genres = Array.from({ length: 9_000 }, (_, i) => [`genre\0${i}`, `g${i}`]);
    records[ANN] = Object.fromEntries(genres);
    await mustSave(store, users([0], [1], records));
    const keys = groups.map((name): [string, string] => [name, 'session']);
    expect(await texts(store, USERS, ...keys)).toEqual(groups.map((_, i) => `s${i}`));
    expect(await group(store, USERS, ANN)).toEqual(Object.fromEntries(genres));
    const wide = genres.map(([field]): [string, string] => [ANN, field!]);
    expect(await texts(store, USERS, ...wide)).toEqual(genres.map(([, text]) => text));
    await mustSave(store, users([1], [2], { [ANN]: Object.fromEntries(genres.map(([field]) => [field, null])) }));
    expect(await group(store, USERS, ANN)).toEqual({});
  });

  test('keys with zero bytes and any script, values of any bytes', async () => {
    const { store } = await openStore();
    const strange = userGroup('t\u00e9nant', '\u5f35\u5049 \ud83c\udfa7 {x} [y] *');
    const fields = ['', 'artist\0Bj\u00f6rk', 'artist\0', 'artist\0\0', '\0', '\ud83c\udfa7'];
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const changes = fields.map((field, i) => ({
      group: strange,
      field,
      bytes: Buffer.concat([every, Buffer.from([i])]),
    }));
    changes.push({ group: ANN, field: 'empty', bytes: Buffer.alloc(0) });
    expect(await store.save({ scope: USERS, expected: [0], next: [1], changes })).toBe('saved');
    const found = await store.load(USERS, changes);
    expect(found.map((bytes) => bytes && Buffer.from(bytes))).toEqual(changes.map(({ bytes }) => bytes));
    const all = await store.loadGroup(USERS, strange);
    expect(all.map(({ field }) => field).sort()).toEqual([...fields].sort());
    for (const { field, bytes } of all) expect(bytes.at(-1)).toBe(fields.indexOf(field));
  });

  test('bytes out of a larger buffer are stored without what lies around them', async () => {
    const { store } = await openStore();
    const pool = Buffer.from('beforeMIDDLEafter');
    const changes = [{ group: ANN, field: 'f', bytes: new Uint8Array(pool.buffer, pool.byteOffset + 6, 6) }];
    await mustSave(store, { scope: USERS, expected: [0], next: [1], changes });
    expect(await texts(store, USERS, [ANN, 'f'])).toEqual(['MIDDLE']);
  });

  test('values of 1 MiB', async () => {
    const { store } = await openStore();
    const large = [1, 2, 3].map((n) => Buffer.alloc(1024 * 1024, n));
    const changes = large.map((bytes, i) => ({ group: ANN, field: `large-${i}`, bytes }));
    await mustSave(store, { scope: USERS, expected: [0], next: [1], changes });
    const found = await store.load(USERS, changes);
    for (const [i, bytes] of found.entries()) expect(large[i]!.equals(bytes!)).toBe(true);
  });
}

function conflictCases(openStore: OpenStore): void {
  test.each([
    ['behind', [6]],
    ['ahead', [8]],
    ['of a new scope', [0]],
    ['of another number', [7, 7]],
  ])('positions %s: a conflict writes nothing', async (_, expected) => {
    const { store } = await openStore();
    await mustSave(store, users([0], [7], { [ANN]: { features: 'a', session: 'b' } }));
    const late = commitOf(
      USERS,
      expected,
      expected.map(() => 20),
      { [ANN]: { features: 'late', session: null, x: 'x' } },
    );
    expect(await store.save(late)).toBe('conflict');
    expect(await store.applied(USERS, 1)).toEqual([7]);
    expect(await group(store, USERS, ANN)).toEqual({ features: 'a', session: 'b' });
  });

  test('a new scope is not anywhere but at zero', async () => {
    const { store } = await openStore();
    expect(await store.save(users([3], [4], { [ANN]: { features: 'x' } }))).toBe('conflict');
    expect(await store.applied(USERS, 1)).toEqual([0]);
    expect(await group(store, USERS, ANN)).toEqual({});
  });

  test('one source of a shard that stands elsewhere is a conflict', async () => {
    const { store } = await openStore();
    await mustSave(store, commitOf(SHARD, [0, 0, 0], [1, 2, 3], {}));
    expect(await store.save(commitOf(SHARD, [1, 0, 3], [5, 5, 5], { [ANN]: { f: 'x' } }))).toBe('conflict');
    expect(await store.applied(SHARD, 3)).toEqual([1, 2, 3]);
  });

  test('of several commits at once from the same place one is saved, whole', async () => {
    const subject = await openStore();
    const stores = [subject.store, await subject.another(), await subject.another()];
    for (let round = 0; round < 10; round++) {
      const outcomes = await Promise.all(
        stores.map((store, i) =>
          store.save(users([round], [round + 1], { [ANN]: { one: `${round} ${i}` }, [BOB]: { two: `${round} ${i}` } })),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(1);
      const winner = `${round} ${outcomes.indexOf('saved')}`;
      for (const store of stores) {
        expect(await store.applied(USERS, 1)).toEqual([round + 1]);
        expect(await texts(store, USERS, [ANN, 'one'], [BOB, 'two'])).toEqual([winner, winner]);
      }
    }
    for (const store of stores.slice(1)) await store.close();
  });

  test('two writers of one counter count every increment once', async () => {
    const subject = await openStore();
    const stores = [subject.store, await subject.another()];
    const increments = 50;
    await Promise.all(
      stores.map(async (store) => {
        for (let done = 0; done < increments; ) {
          const [at] = await store.applied(USERS, 1);
          const [count] = await texts(store, USERS, [ANN, 'count']);
          const next = String(Number(count ?? 0) + 1);
          if ((await store.save(users([at!], [at! + 1], { [ANN]: { count: next } }))) === 'saved') done++;
        }
      }),
    );
    expect(await texts(subject.store, USERS, [ANN, 'count'])).toEqual([String(2 * increments)]);
    await stores[1]!.close();
  });
}

function readingCases(openStore: OpenStore): void {
  test('answers come in the order of the keys, null for what is not there', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [1], { [ANN]: { a: '1', b: '2' }, [BOB]: { a: '3' } }));
    const asked: [string, string][] = [
      [BOB, 'a'],
      [ANN, 'b'],
      [BOB, 'b'],
      [userGroup('default', 'nobody'), 'a'],
      [ANN, 'a'],
      [BOB, 'a'],
      [ANN, ''],
    ];
    expect(await texts(store, USERS, ...asked)).toEqual(['3', '2', null, null, '1', '3', null]);
    expect(await store.load(USERS, [])).toEqual([]);
  });

  test('a group is that group, not one whose name it begins', async () => {
    const { store } = await openStore();
    const names = ['user\0default\0a', 'user\0default\0ab', 'user\0default\0a\0', 'user\0default', 'user\0default\0'];
    await mustSave(store, users([0], [1], Object.fromEntries(names.map((name) => [name, { f: name, 'b\0': name }]))));
    for (const name of names) expect(await group(store, USERS, name)).toEqual({ f: name, 'b\0': name });
  });

  test("what was loaded is the caller's own", async () => {
    const { store } = await openStore();
    const written = Buffer.from('value');
    await mustSave(store, {
      scope: USERS,
      expected: [0],
      next: [1],
      changes: [{ group: ANN, field: 'f', bytes: written }],
    });
    written.fill(0);
    const [first] = await store.load(USERS, [{ group: ANN, field: 'f' }]);
    const [record] = (await store.loadGroup(USERS, ANN)) as { bytes: Uint8Array }[];
    await mustSave(store, users([1], [2], { [ANN]: { f: 'VALUE' } }));
    expect(Buffer.from(first!).toString()).toBe('value');
    first!.fill(0);
    expect(Buffer.from(record!.bytes).toString()).toBe('value');
    expect(await texts(store, USERS, [ANN, 'f'])).toEqual(['VALUE']);
  });

  test('a reader sees each commit, whole, as soon as it is saved', async () => {
    const subject = await openStore();
    const reader = await subject.reader();
    expect(await reader.applied(USERS, 1)).toEqual([0]);
    expect(await reader.load(USERS, [{ group: ANN, field: 'f' }])).toEqual([null]);
    expect(await reader.loadGroup(USERS, ANN)).toEqual([]);
    for (let at = 0; at < 20; at++) {
      await mustSave(subject.store, users([at], [at + 1], { [ANN]: { f: `${at}` } }));
      expect(await reader.applied(USERS, 1)).toEqual([at + 1]);
      expect(await texts(reader, USERS, [ANN, 'f'])).toEqual([`${at}`]);
      expect(await group(reader, USERS, ANN)).toEqual({ f: `${at}` });
    }
    await reader.close();
    await reader.close();
    await expect(reader.applied(USERS, 1)).rejects.toMatchObject({ code: 'closed' });
    expect(await subject.store.applied(USERS, 1)).toEqual([20]);
  });
}

function erasingCases(openStore: OpenStore): void {
  test('takes away every record of the group and nothing else', async () => {
    const { store } = await openStore();
    const longer = `${ANN}a`;
    await mustSave(
      store,
      users([0], [5], {
        [ANN]: { features: 'a', session: 'b', 'artist\0x': 'c', '': 'd' },
        [BOB]: { f: '1' },
        [longer]: { f: '2' },
      }),
    );
    await mustSave(store, commitOf(SHARD, [0], [1], { [ANN]: { f: '3' } }));
    expect(await store.erase(USERS, ANN)).toBe(4);
    expect(await group(store, USERS, ANN)).toEqual({});
    expect(await texts(store, USERS, [BOB, 'f'], [longer, 'f'], [ANN, ''])).toEqual(['1', '2', null]);
    expect(await texts(store, SHARD, [ANN, 'f'])).toEqual(['3']);
    expect(await store.applied(USERS, 1)).toEqual([5]);
    expect(await store.erase(USERS, ANN)).toBe(0);
  });

  test('the group may be saved again', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [1], { [ANN]: { f: 'old', g: 'old' } }));
    await store.erase(USERS, ANN);
    await mustSave(store, users([1], [2], { [ANN]: { f: 'new' } }));
    expect(await group(store, USERS, ANN)).toEqual({ f: 'new' });
  });
}

/** One store has a scope in memory while another, in another process maybe, erases. */
function erasingBesideCases(openStore: OpenStore): void {
  test('who has the scope in memory learns of it at the next commit, whatever was erased', async () => {
    const subject = await openStore();
    const { store } = subject;
    const other = await subject.another();
    await mustSave(store, users([0], [1], { [ANN]: { f: 'old' }, [BOB]: { f: '1' } }));
    expect(await store.applied(USERS, 1)).toEqual([1]);
    for (const [erased, at] of [
      [ANN, 1],
      [BOB, 2],
    ] as const) {
      expect(await other.erase(USERS, erased)).toBe(1);
      expect(await other.erase(USERS, 'user\0t\0nobody')).toBe(0);
      // Whoever looks at the positions meanwhile, for figures say, does not hide it.
      expect(await store.applied(USERS, 1)).toEqual([at]);
      const commit = users([at], [at + 1], { [erased]: { f: 'old and more' } });
      expect(await store.save(commit)).toBe('conflict');
      expect(await group(store, USERS, erased)).toEqual({});
      // As it does then: it asks where the scope stands, and folds from there.
      expect(await store.applied(USERS, 1)).toEqual([at]);
      await mustSave(store, commit);
      expect(await store.applied(USERS, 1)).toEqual([at + 1]);
    }
    await other.close();
  });
}

function limitCases(openStore: OpenStore): void {
  const longest = { group: `user\0${'\u00e9'.repeat(509)}x`, field: '\u00e9'.repeat(256) };

  test('the longest keys', async () => {
    const { store } = await openStore();
    expect(Buffer.byteLength(longest.group)).toBe(1024);
    await mustSave(store, users([0], [1], { [longest.group]: { [longest.field]: 'x' } }));
    expect(await texts(store, USERS, [longest.group, longest.field])).toEqual(['x']);
    expect(await group(store, USERS, longest.group)).toEqual({ [longest.field]: 'x' });
  });

  test.each([
    ['a group that is too long', { group: `${longest.group}x`, field: 'f' }],
    ['a field that is too long', { group: ANN, field: `${longest.field}x` }],
    ['a group without a name', { group: '', field: 'f' }],
  ])('%s is refused, and nothing of its commit is written', async (_, key) => {
    const { store } = await openStore();
    const commit = users([0], [1], { [ANN]: { f: 'x' } });
    const bytes = Buffer.from('y');
    const invalid = { name: 'StoreError', code: 'invalid' };
    await expect(store.save({ ...commit, changes: [...commit.changes, { ...key, bytes }] })).rejects.toMatchObject(
      invalid,
    );
    await expect(store.load(USERS, [key])).rejects.toMatchObject(invalid);
    expect(await store.applied(USERS, 1)).toEqual([0]);
    expect(await group(store, USERS, ANN)).toEqual({});
    await mustSave(store, commit);
  });

  test.each([
    ['none', [], []],
    ['of another number', [0], [1, 2]],
    ['not whole', [0], [1.5]],
    ['below zero', [0], [-1]],
  ])('positions that are %s are refused', async (_, expected, next) => {
    const { store } = await openStore();
    await expect(store.save({ scope: USERS, expected, next, changes: [] })).rejects.toMatchObject({ code: 'invalid' });
    expect(await store.applied(USERS, 1)).toEqual([0]);
  });

  test('a scope that was folded from another number of partitions', async () => {
    const { store } = await openStore();
    await mustSave(store, commitOf(SHARD, [0, 0], [1, 2], {}));
    await expect(store.applied(SHARD, 3)).rejects.toMatchObject({ name: 'StoreError', code: 'misconfigured' });
  });
}

function openingCases(openStore: OpenStore): void {
  test('reopening keeps records and positions', async (context) => {
    const subject = await openStore();
    skipUnlessRestartable(context, subject.store);
    await mustSave(subject.store, users([0], [7], { [ANN]: { features: 'a' } }));
    await mustSave(subject.store, commitOf(SHARD, [0, 0], [1, 2], { [BOB]: { f: 'b' } }));
    const store = await subject.reopen();
    expect(await store.applied(USERS, 1)).toEqual([7]);
    expect(await store.applied(SHARD, 2)).toEqual([1, 2]);
    expect(await group(store, USERS, ANN)).toEqual({ features: 'a' });
    expect(await group(store, SHARD, BOB)).toEqual({ f: 'b' });
    expect(await store.save(users([0], [1], {}))).toBe('conflict');
    await mustSave(store, users([7], [8], { [ANN]: { features: 'A' } }));
    expect(await texts(store, USERS, [ANN, 'features'])).toEqual(['A']);
  });

  test('close twice; afterwards everything answers closed', async () => {
    const { store } = await openStore();
    await mustSave(store, users([0], [1], { [ANN]: { f: 'x' } }));
    await store.close();
    await store.close();
    const closed = { name: 'StoreError', code: 'closed' };
    await expect(store.applied(USERS, 1)).rejects.toMatchObject(closed);
    await expect(store.load(USERS, [{ group: ANN, field: 'f' }])).rejects.toMatchObject(closed);
    await expect(store.loadGroup(USERS, ANN)).rejects.toMatchObject(closed);
    await expect(store.save(users([1], [2], {}))).rejects.toMatchObject(closed);
    await expect(store.erase(USERS, ANN)).rejects.toMatchObject(closed);
  });

  test('close while commits are under way: each is told of, and stands or not as it was told', async (context) => {
    const subject = await openStore();
    skipUnlessRestartable(context, subject.store);
    const scopes = [0, 1, 2, 3].map((number): Scope => ({ kind: 'users', number }));
    const saves = scopes.map((scope) => subject.store.save(commitOf(scope, [0], [1], { [ANN]: { f: 'x' } })));
    const settled = Promise.allSettled(saves);
    await subject.store.close();
    const outcomes = await settled;
    const store = await subject.reopen();
    for (const [i, outcome] of outcomes.entries()) {
      const stands = (await store.applied(scopes[i]!, 1))[0] === 1;
      expect(await group(store, scopes[i]!, ANN)).toEqual(stands ? { f: 'x' } : {});
      if (outcome.status === 'fulfilled') expect([outcome.value, stands]).toEqual(['saved', true]);
      else if (outcome.reason.code !== 'in_doubt') expect([outcome.reason.code, stands]).toEqual(['closed', false]);
    }
  });
}

type Texts = Record<string, Record<string, string | null>>;

export function commitOf(
  scope: Scope,
  expected: readonly number[],
  next: readonly number[],
  records: Texts,
): ScopeCommit {
  const changes = Object.entries(records).flatMap(([group, fields]) =>
    Object.entries(fields).map(([field, text]) => ({ group, field, bytes: text === null ? null : Buffer.from(text) })),
  );
  return { scope, expected, next, changes };
}

function users(expected: readonly number[], next: readonly number[], records: Texts = {}): ScopeCommit {
  return commitOf(USERS, expected, next, records);
}

async function mustSave(store: FeatureStore, commit: ScopeCommit): Promise<void> {
  expect(await store.save(commit)).toBe('saved');
}

async function texts(
  store: FeatureReader,
  scope: Scope,
  ...keys: [group: string, field: string][]
): Promise<(string | null)[]> {
  const found = await store.load(
    scope,
    keys.map(([group, field]): RecordKey => ({ group, field })),
  );
  return found.map((bytes) => bytes && Buffer.from(bytes).toString());
}

async function group(store: FeatureReader, scope: Scope, name: string): Promise<Record<string, string>> {
  const records = await store.loadGroup(scope, name);
  return Object.fromEntries(records.map(({ field, bytes }) => [field, Buffer.from(bytes).toString()]));
}

function skipUnlessRestartable(context: TestContext, { guarantees }: FeatureStore): void {
  if (!guarantees.restartable) context.skip(`${guarantees.engine} declares that it keeps nothing when closed`);
}
