import { afterEach, expect, test } from 'vitest';
import { decodeMessage } from '../../../server/bus/message.ts';
import { type FeaturesChangedMessage, type OwnerMessage, TOPICS } from '../../../server/bus/messages.ts';
import { userGroup } from '../../../server/features/groups.ts';
import { openMemoryFeatureStore } from '../../../server/features/memory/store.ts';
import type { ProcessorFigures } from '../../../server/feeds/figures.ts';
import { NotOwnerError } from '../../../server/processor/owned.ts';
import type { ConsumedEvent, Projection } from '../../../server/processor/projection.ts';
import { LogWriter } from '../../helpers/log-writer.ts';
import { until } from '../../helpers/redis-server.ts';
import { countingProjections } from './counting.ts';
import { expectSame, foldOffline, isDone, readAllEvents } from './offline.ts';
import { type Member, TENANT, World } from './world.ts';

const PARTITIONS = 2;
const KEY = { group: userGroup(TENANT, 'u'), field: 'count' };

let world: World;
afterEach(() => world.end());

function open(projections = countingProjections()): World {
  world = new World({ partitions: PARTITIONS, projections });
  return world;
}

function done(): Promise<unknown> {
  return until(() => isDone(world.features, world.log, PARTITIONS));
}

function owning({ processor }: Member, ...partitions: number[]): Promise<unknown> {
  return until(async () => partitions.every((partition) => processor.owned.owns(partition)));
}

async function expectFolded(): Promise<void> {
  await done();
  await expectSame(
    world.features,
    foldOffline(await readAllEvents(world.log, PARTITIONS), countingProjections(), PARTITIONS),
  );
}

function figures(member: Member, fits: (figures: ProcessorFigures) => boolean): Promise<ProcessorFigures> {
  return until(async () => {
    const latest = world.figures.get(member.name);
    return latest && fits(latest) && latest;
  });
}

test('two processors share the partitions; when one leaves the other goes on where it stopped', async () => {
  open();
  const [a, b] = [world.start(), world.start()];
  for (let i = 0; i < 20; i++) await world.append(`u${i}`, ['x', 'y']);
  await done();
  await until(async () => [0, 1].every((p) => a.processor.owned.owns(p) !== b.processor.owned.owns(p)));
  await world.stop(a);
  for (let i = 0; i < 20; i++) await world.append(`u${i}`, ['x', 'z']);
  await expectFolded();
});

test('who stood still while another took over writes nothing', async () => {
  open();
  const zombie = world.start();
  await world.append('u', ['x']);
  await owning(zombie, 0, 1);
  await done();
  zombie.engines.health = 'frozen';
  const partition = await world.append('u', ['x', 'y']);
  const other = world.start();
  await owning(other, 0, 1);
  await expectFolded();
  const saved = zombie.engines.saved.length;
  zombie.engines.thaw();
  await until(async () => !zombie.processor.owned.owns(partition));
  expect(zombie.engines.saved.length).toBe(saved);
  await world.append('u', ['z']);
  await expectFolded();
});

test('answers from the end of the log, whatever was there when it was asked', async () => {
  open();
  const { processor } = world.start();
  const partition = await world.append('u', ['x']);
  await until(async () => processor.owned.owns(partition));
  for (let count = 2; count < 30; count++) {
    await world.append('u', ['x']);
    const answers = await Promise.all([1, 2, 3].map(() => processor.owned.current(partition, [KEY])));
    for (const [state] of answers) expect(state).toMatchObject({ count });
  }
});

test('answers from the end of the log, however far that is', async () => {
  open();
  const tracks = Array.from({ length: 100 }, (_, i) => `track-${i}`);
  let partition = 0;
  for (let i = 0; i < 40; i++) partition = await world.append('u', tracks, { padding: 'x'.repeat(100) });
  const { processor } = world.start();
  await until(async () => processor.owned.owns(partition));
  expect((await processor.owned.current(partition, [KEY]))[0]).toMatchObject({ count: 4_000 });
});

test('many questions share one reading', async () => {
  open();
  const { processor, engines } = world.start();
  const partition = await world.append('u', ['x']);
  await until(async () => processor.owned.owns(partition));
  let reads = 0;
  const { read } = engines.log;
  engines.log.read = (...args) => {
    if (args[1] === partition) reads++;
    return read(...args);
  };
  await world.append('u', ['x']);
  const answers = await Promise.all(Array.from({ length: 500 }, () => processor.owned.current(partition, [KEY])));
  for (const [state] of answers) expect(state).toMatchObject({ count: 2 });
  expect(reads).toBeLessThan(10);
});

test('answers nothing for what it does not own, and nothing while storage is gone', async () => {
  open();
  const member = world.start();
  await owning(member, 0, 1);
  const { owned } = member.processor;
  await expect(owned.current(7, [KEY])).rejects.toThrow(NotOwnerError);
  member.engines.health = 'frozen';
  await expect(owned.current(0, [KEY])).rejects.toThrow(NotOwnerError);
  member.engines.thaw();
  await until(() => owned.current(0, [KEY]).catch(() => null));
});

test('waits with its answer while an event that cannot be folded is kept elsewhere', async () => {
  open(
    countingProjections((event, where) => {
      if (where === 'users' && event.track_id === 'bad') throw new Error('bad');
    }),
  );
  const { processor } = world.start();
  const partition = await world.append('u', ['x', 'bad', 'x']);
  await until(async () => processor.owned.owns(partition));
  expect((await processor.owned.current(partition, [KEY]))[0]).toMatchObject({ count: 2 });
  expect(world.poisoned).toMatchObject([{ partition, position: 2, tenant: TENANT, userId: 'u' }]);
  expect(world.poisoned[0]!.message).not.toContain('bad');
});

test('an event whose keys cannot be told is left out everywhere', async () => {
  const [users, tracks] = countingProjections() as [Projection, Projection];
  const keys = (consumed: ConsumedEvent) => {
    if (consumed.event.track_id === 'bad') throw new Error('no keys');
    return tracks.keys(consumed);
  };
  open([users, { ...tracks, keys }]);
  world.start();
  const partition = await world.append('u', ['x', 'bad', 'x']);
  await done();
  const [bytes] = await world.features.load({ kind: 'users', number: partition }, [KEY]);
  expect(JSON.parse(Buffer.from(bytes!).toString())).toMatchObject({ count: 2 });
  expect(new Set(world.poisoned.map(({ position }) => position))).toEqual(new Set([2]));
});

test('tells who was changed, once it is saved, and who took a partition', async () => {
  open();
  const changed = new Set<string>();
  const taken: unknown[] = [];
  world.bus.subscribe(TOPICS.features, (bytes) => {
    for (const group of decodeMessage<FeaturesChangedMessage>(bytes)?.groups ?? []) changed.add(group);
  });
  world.bus.subscribe(TOPICS.owner, (bytes) => taken.push(decodeMessage<OwnerMessage>(bytes)?.partition));
  world.start();
  await world.append('u', ['x']);
  await world.append('v', ['x']);
  await until(async () => changed.size === 2);
  expect(changed).toEqual(new Set([userGroup(TENANT, 'u'), userGroup(TENANT, 'v')]));
  expect(taken.sort()).toEqual([0, 1]);
});

test('damage and what retention took are counted and passed', async () => {
  open();
  const writer = new LogWriter(world.log);
  writer.now = Date.now() - 60_000;
  await writer.events(0, 'p', [{ seq: 1, event: { type: 't', user_id: 'u', track_id: 'x' } }]);
  await world.log.trim({ stream: 'events', before: Date.now() - 30_000 });
  await writer.damaged(0);
  writer.now = Date.now();
  await writer.events(0, 'q', [{ seq: 1, event: { type: 't', user_id: 'u', track_id: 'x' } }]);
  const member = world.start();
  await done();
  const { trimmed, damaged } = await figures(member, ({ damaged }) => damaged === 1);
  expect({ trimmed, damaged }).toEqual({ trimmed: 0, damaged: 1 });
  const [bytes] = await world.features.load({ kind: 'users', number: 0 }, [{ ...KEY }]);
  expect(JSON.parse(Buffer.from(bytes!).toString())).toMatchObject({ count: 1 });
});

test('where retention has emptied the log it goes on at its end', async () => {
  open();
  const partition = await world.append('u', ['x', 'y', 'z']);
  await world.log.trim({ stream: 'events', before: Date.now() + 1 });
  const member = world.start();
  expect((await figures(member, ({ trimmed }) => trimmed === 3)).trimmed).toBe(3);
  await done();
  await world.append('u', ['x']);
  await until(async () => (await world.features.applied({ kind: 'users', number: partition }, 1))[0] === 4);
});

test('where storage has lost the end of the log it folds what comes in its place', async () => {
  open();
  const partition = await world.append('u', ['x']);
  for (const scope of [
    { kind: 'users', number: partition },
    { kind: 'shard', number: 0 },
  ] as const) {
    const sources = scope.kind === 'users' ? 1 : PARTITIONS;
    const next = Array.from({ length: sources }, (_, source) =>
      scope.kind === 'users' || source === partition ? 5 : 0,
    );
    await world.features.save({ scope, expected: next.map(() => 0), next, changes: [] });
  }
  world.start();
  await done();
  await world.append('u', ['y']);
  await done();
  const [bytes] = await world.features.load({ kind: 'users', number: partition }, [KEY]);
  expect(JSON.parse(Buffer.from(bytes!).toString())).toMatchObject({ count: 1 });
});

test('a shard that is far behind is folded beside the others, which do not wait for it', async () => {
  open();
  const member = world.start({ saveMs: 1 });
  for (let i = 0; i < 50; i++) await world.append('u', ['x', 'y']);
  await done();
  await world.stop(member);
  // As if it had never been folded.
  const memory = openMemoryFeatureStore();
  const { applied, load, save } = memory;
  const behind = { kind: 'shard', number: 1 } as const;
  const isBehind = ({ kind, number }: { kind: string; number: number }) =>
    kind === behind.kind && number === behind.number;
  const features = world.features;
  const mixed = {
    ...{ guarantees: features.guarantees, close: async () => {} },
    applied: (scope: never, n: number) =>
      isBehind(scope) ? applied.call(memory, scope, n) : features.applied(scope, n),
    load: (scope: never, keys: never) =>
      isBehind(scope) ? load.call(memory, scope, keys) : features.load(scope, keys),
    save: (commit: never) =>
      isBehind((commit as { scope: never }).scope) ? save.call(memory, commit) : features.save(commit),
    loadGroup: features.loadGroup.bind(features),
    erase: features.erase.bind(features),
  };
  const next = world.start({ features: mixed });
  const partition = await world.append('u', ['z']);
  await owning(next, partition);
  expect((await next.processor.owned.current(partition, [KEY]))[0]).toMatchObject({ count: 101 });
  await until(async () => (await memory.applied(behind, PARTITIONS))[partition] === 101);
});

test('tells each second how far it is, and commits it as the position of the group', async () => {
  open();
  const member = world.start();
  await world.append('u', ['x', 'y']);
  await done();
  const latest = await figures(member, ({ state, lag, partitions }) => {
    return state === 'running' && lag === 0 && partitions.reduce((sum, { last }) => sum + last, 0) === 2;
  });
  expect(latest.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
  expect(latest).toMatchObject({ oldestMs: 0, poisoned: 0, index: { state: 'loading' } });
  await until(
    async () => (await member.engines.groups.progress()).reduce((sum, { position }) => sum + position, 0) === 2,
  );
});

test('what it cannot save is lag, and it says that it waits', async () => {
  open();
  const member = world.start();
  await owning(member, 0, 1);
  await figures(member, ({ state }) => state === 'running');
  member.engines.refuseSaves = true;
  await world.append('u', ['x', 'y']);
  await figures(member, ({ state, lag, oldestMs }) => state === 'waiting' && lag === 2 && oldestMs > 0);
  member.engines.refuseSaves = false;
  await figures(member, ({ lag }) => lag === 0);
});
