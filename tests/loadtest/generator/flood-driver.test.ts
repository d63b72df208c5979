import { expect, it } from 'vitest';
import type { LoadConnection } from '../../../loadtest/generator/connection.ts';
import { FloodDriver } from '../../../loadtest/generator/flood-driver.ts';

/** Takes so many events at most. */
function fake(room: number): LoadConnection & { room: number } {
  return {
    ...{ producer: 'p', sent: 0, acknowledged: 0, frames: 0, bytes: 0, grown: true, room },
    open: async () => undefined,
    send(events) {
      const taken = Math.min(events, this.room);
      this.room -= taken;
      this.sent += taken;
      return taken;
    },
    close: () => undefined,
  };
}

const loop = { kind: 'flood', eventsPerSecond: 2_000, outboxEvents: 100 } as const;

it('offers evenly, in whole frames, and drops what finds an outbox full', () => {
  const [free, full] = [fake(Number.POSITIVE_INFINITY), fake(0)];
  const driver = new FloodDriver(loop, 10, [free, full]);
  driver.start();
  const begun = performance.now();
  driver.stop();
  for (let ms = 1; ms <= 1_000; ms++) driver.tick(begun + ms);
  expect(driver.offered).toBeCloseTo(2_000, -2);
  expect(free.sent).toBeGreaterThanOrEqual(980);
  expect(free.sent % 10).toBe(0);
  expect(full.sent).toBe(0);
  expect(driver.unsent).toBeCloseTo(900, -2);
});

it('sends what waits when there is room again, and nothing after the end', () => {
  const connection = fake(0);
  const driver = new FloodDriver(loop, 10, [connection]);
  driver.start();
  const begun = performance.now();
  driver.tick(begun + 1_000);
  connection.room = 40;
  driver.progress(connection);
  expect(connection.sent).toBe(40);
  driver.stop();
  connection.room = 40;
  driver.progress(connection);
  expect(connection.sent).toBe(40);
});

it('asks who took nothing once a second, unless it hears something', () => {
  let asked = 0;
  const send = () => {
    asked++;
    return 0;
  };
  const deaf: LoadConnection = { ...fake(0), send };
  const driver = new FloodDriver(loop, 10, [deaf]);
  driver.start();
  const begun = performance.now();
  driver.stop();
  // Ten events are due after the third tick.
  for (let tick = 1; tick <= 1_500; tick++) driver.tick(begun + 2 * tick);
  expect(asked).toBe(3);
  driver.progress(deaf);
  expect(asked).toBe(4);
});
