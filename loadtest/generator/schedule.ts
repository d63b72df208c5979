/** When events are offered, and on which connection: a Poisson process that does not depend on how the server does. */
import { Random } from '../listeners/random.ts';
import { Weights, zipf } from '../listeners/weights.ts';

export interface Arrival {
  /** ms after the start. */
  atMs: number;
  connection: number;
}

/** With a `skew` connection i is drawn by Zipf's law with this exponent: the first one most often. Without one all are alike. */
export function* arrivals(seed: number, perSecond: number, connections: number, skew = 0): Generator<Arrival, never> {
  const random = new Random(seed, 0xa441);
  const weights = skew > 0 ? new Weights(zipf(connections, skew)) : null;
  let atMs = 0;
  for (;;) {
    atMs += random.exponential(1000 / perSecond);
    yield { atMs, connection: weights ? weights.draw(random) : Math.floor(random.next() * connections) };
  }
}
