/** Small slabs that are worked on in place. */
import { describe, expect, it } from 'vitest';
import { createWorld, play } from '../../helpers/ingest-world.ts';

describe('a small slab that finds the pool idle', () => {
  it('never sees a worker', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.send([play('u', 'a'), play('u', 'b', { action: 'jump' }), null]);
    await client.until(3);
    expect(world.slabs).toEqual([]);
    expect((await world.events()).map(({ seq }) => seq)).toEqual([1]);
    expect(client.verdicts.get(2)).toMatchObject([2, 'invalid_field', 'action', expect.any(String)]);
    expect(world.metrics.ledger()).toMatchObject({ received: 3, stored: 1, rejected: 2, gap: 0, inFlight: 0 });
  });

  it('goes to the pool until a worker has read the name of its client', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.id.userAgent = 'Player/1 (Linux)';
    client.send([play('u', 'a')]);
    await client.until(1);
    expect(world.slabs).toHaveLength(1);
    client.send([play('u', 'b')]);
    await client.until(2);
    expect(world.slabs).toHaveLength(1);
  });

  it('goes to the pool if it breaks, with its originals', async () => {
    const world = createWorld({ here: true });
    const [broken, good] = [world.client('broken'), world.client('good')];
    broken.send([play('u', 'a')], 1, 2);
    await broken.untilFailed();
    expect(world.slabs.length).toBeGreaterThan(0);
    good.send([play('v', 'b')]);
    await good.until(1);
    expect((await world.events()).map(({ user_id }) => user_id)).toEqual(['v']);
  });

  it('is no small one with many events', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.send(Array.from({ length: 200 }, (_, i) => play('u', `t-${i}`)));
    await client.until(200);
    expect(world.slabs).toHaveLength(1);
  });
});
