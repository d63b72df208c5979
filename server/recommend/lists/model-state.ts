/**
 * How the lists of a model did, in the record of the group `model\0<tenant>\0<model>` of each users scope: counts by rank and outcome,
 * whole and decayed. All of it adds up, over ranks and over partitions.
 *
 * Decay is forward decay (Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay", ICDE 2009): an event of time t counts 2^((t - L) / h)
 * when it comes, and the sum is divided by 2^((now - L) / h) when it is read. So the order of events does not matter, and sums add up.
 */
import { FormatError } from '../../../format/bytes.ts';
import { pack, unpackMap } from '../../../format/msgpack.ts';
import type { RecordCodec } from '../../processor/projection.ts';
import type { ModelName } from '../port.ts';
import { OUTCOMES, type Outcome } from './outcome.ts';

export const HALF_LIFE_MS = 7 * 86_400_000;
/** 2026-01-01. A double holds the weights of about 19 years from here. */
const LANDMARK_MS = 1_767_225_600_000;
const EXPONENT_MAX = 1_000;

export interface ModelState {
  /** By rank and then by outcome, `rank * OUTCOMES.length + outcome`; rank 0 is the list as a whole, rank 1 its first track. */
  total: number[];
  weighted: number[];
  /** Latest event time. */
  at: number;
}

export function modelGroup(tenant: string, model: ModelName): string {
  return `model\0${tenant}\0${model}`;
}

/** `rank` from 0; -1 for the list as a whole. */
export function countOutcome(state: ModelState, rank: number, outcome: Outcome, at: number): void {
  const place = (rank + 1) * OUTCOMES.length + OUTCOMES.indexOf(outcome);
  while (state.total.length <= place) {
    state.total.push(0);
    state.weighted.push(0);
  }
  state.total[place]! += 1;
  state.weighted[place]! += weight(at);
  state.at = Math.max(state.at, at);
}

export interface Outcomes {
  total: number;
  /** As of the time that it was read for. */
  decayed: number;
}

/** As of `now`; `rank` from 0, -1 for the list as a whole, or `all`. */
export function readOutcome(
  { total, weighted }: ModelState,
  outcome: Outcome,
  now: number,
  rank: number | 'all' = 'all',
): Outcomes {
  const sum: Outcomes = { total: 0, decayed: 0 };
  const column = OUTCOMES.indexOf(outcome);
  for (let place = column; place < total.length; place += OUTCOMES.length) {
    if (rank !== 'all' && place !== (rank + 1) * OUTCOMES.length + column) continue;
    sum.total += total[place]!;
    sum.decayed += weighted[place]! / weight(now);
  }
  return sum;
}

/** The ranks that something became of: 0, 1, ... up to the last one. */
export function ranksOf({ total }: ModelState): number[] {
  return Array.from({ length: Math.max(0, Math.ceil(total.length / OUTCOMES.length) - 1) }, (_, rank) => rank);
}

/** Those of several partitions together. */
export function addStates(states: readonly ModelState[]): ModelState {
  const sum = modelCodec.create();
  for (const { total, weighted, at } of states) {
    total.forEach((count, place) => {
      sum.total[place] = (sum.total[place] ?? 0) + count;
      sum.weighted[place] = (sum.weighted[place] ?? 0) + weighted[place]!;
    });
    sum.at = Math.max(sum.at, at);
  }
  return sum;
}

function weight(at: number): number {
  const exponent = (at - LANDMARK_MS) / HALF_LIFE_MS;
  return 2 ** Math.max(-EXPONENT_MAX, Math.min(EXPONENT_MAX, exponent));
}

export const modelCodec: RecordCodec<ModelState> = {
  create: () => ({ total: [], weighted: [], at: 0 }),
  encode: (state) => pack(state),
  decode(bytes) {
    const { total, weighted, at } = unpackMap(bytes);
    if (!Array.isArray(total) || !Array.isArray(weighted) || typeof at !== 'number') {
      throw new FormatError('not a record of a model');
    }
    return { total, weighted, at };
  },
};
