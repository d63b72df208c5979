/**
 * Whatever happens to processors and storage, what stands in the feature store is what one pass over the log gives: each event once, and
 * those of a user in their order. Storage refuses, loses answers before and after it has written, and writes late; processors are
 * killed, at a save too, stand still while another takes over and then go on, come and go; retention takes what the group says that it
 * does not need.
 */

import { afterEach, expect, test } from 'vitest';
import { neededFrom } from '../../../server/consumer/needed.ts';
import type { ConsumedEvent } from '../../../server/processor/projection.ts';
import { until } from '../../helpers/redis-server.ts';
import { countingProjections } from './counting.ts';
import { expectSame, foldOffline, isDone, readAllEvents } from './offline.ts';
import { type Member, World } from './world.ts';

const PARTITIONS = 4;
const STEPS = 60;
const SEEDS = Number(process.env.PROCESSOR_SEEDS ?? 4);

let world: World;
afterEach(() => world?.end());

test.for(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'under everything at once, seed %i',
  { timeout: 60_000 },
  async (seed) => {
    /** Events that threw once where they fold well the second time. */
    const seen = new Set<string>();
    const projections = countingProjections((event, where) => {
      if (event.poison === where) throw new RangeError('cannot be folded');
      if (event.flaky !== where) return;
      const name = `${where} ${event.producer} ${event.seq} ${event.user_id}`;
      if (seen.has(name)) return;
      seen.add(name);
      throw new Error('not the first time');
    });
    world = new World({ partitions: PARTITIONS, projections, seed });
    const { random } = world;
    /** Also what retention has let go since. */
    const history = new Map<string, ConsumedEvent>();

    world.start();
    for (let step = 0; step < STEPS; step++) {
      await appendSome(step);
      await disturb();
      await bury();
      await rest();
    }
    await bury();
    for (const { engines } of world.members) {
      engines.thaw();
      engines.trouble = 0;
      engines.dieAtSave = null;
    }
    if (world.members.length === 0) world.start();
    await until(() => isDone(world.features, world.log, PARTITIONS));

    await remember();
    const events = [...history.values()];
    const poison = events.filter(({ event }) => event.poison !== undefined);
    const offline = foldOffline(
      events,
      countingProjections(),
      PARTITIONS,
      ({ event }, where) => event.poison === where,
    );
    await expectSame(world.features, offline);
    const told = new Set(world.poisoned.map(({ partition, position }) => `${partition}/${position}`));
    expect(told).toEqual(new Set(poison.map(({ partition, position }) => `${partition}/${position}`)));

    async function appendSome(step: number): Promise<void> {
      for (let batch = random.between(1, 4); batch > 0; batch--) {
        const tracks = Array.from({ length: random.between(1, 5) }, () => `track-${random.between(1, 9)}`);
        const obstacle = random.chance(0.05)
          ? { [random.pick(['poison', 'flaky'])]: random.pick(['users', 'shard']) }
          : {};
        await world.append(`user-${random.between(1, 12)}`, tracks, { step, ...obstacle });
      }
    }

    async function disturb(): Promise<void> {
      const member = world.members.length > 0 ? random.pick(world.members) : null;
      const engines = member?.engines;
      switch (random.between(1, 12)) {
        case 1:
          if (world.members.length < 3) world.start({ cacheBytes: random.pick([1, 1e6]) });
          return;
        case 2:
          return member ? world.kill(member) : undefined;
        case 3:
          if (member && engines?.health === 'well') void world.stop(member as Member);
          return;
        case 4:
        case 5:
          if (engines?.health === 'well') engines.health = 'frozen';
          return;
        case 6:
        case 7:
          return world.members.find(({ engines }) => engines.health === 'frozen')?.engines.thaw();
        case 8:
          if (engines) engines.trouble = random.pick([0, 0.1, 0.5]);
          return;
        case 9:
          if (engines) engines.dieAtSave = random.pick(['before', 'after']);
          return;
        default:
          if (world.members.length === 0) world.start();
          else if (random.chance(0.3)) await trim();
      }
    }

    /** Lets go of all that the group does not need any more. */
    async function trim(): Promise<void> {
      await remember();
      const progress = await world.groups.progress();
      // A group that has never committed anything does not count.
      if (progress.every(({ at }) => at === 0)) return;
      const keepFrom = neededFrom([{ progress }], PARTITIONS, 1e9, Date.now());
      await world.log.trim({ stream: 'events', maxBytes: 0, keepFrom });
    }

    async function remember(): Promise<void> {
      for (const consumed of await readAllEvents(world.log, PARTITIONS))
        history.set(`${consumed.partition}/${consumed.position}`, consumed);
    }

    /** Ends what died at a save. */
    async function bury(): Promise<void> {
      for (const member of world.members.filter(({ engines }) => engines.health === 'dead')) await world.kill(member);
    }

    /** Long enough now and then for a lease to run out. */
    function rest(): Promise<void> {
      return new Promise((resolve) => setTimeout(resolve, random.pick([0, 0, 1, 5, 10, 80])));
    }
  },
);
