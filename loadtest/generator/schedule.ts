/** When events are offered, and on which connection: a Poisson process that does not depend on how the server does. */
import { Random } from '../listeners/random.ts';

export interface Arrival {
  /** ms after the start. */
  atMs: number;
  connection: number;
}

export function* arrivals(seed: number, perSecond: number, connections: number): Generator<Arrival, never> {
  const random = new Random(seed, 0xa441);
  let atMs = 0;
  for (;;) {
    atMs += random.exponential(1000 / perSecond);
    yield { atMs, connection: Math.floor(random.next() * connections) };
  }
}
