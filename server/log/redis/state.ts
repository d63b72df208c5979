/** Bounds and sizes of a log, from what `STATE` answers for each partition. */

import type { ScriptCall } from '../../redis/script.ts';
import type { LogState } from '../port.ts';
import type { PartitionKeys } from './keys.ts';
import { STATE } from './scripts.ts';

type StateAnswer = [
  first: number,
  last: number,
  bytes: number,
  firstDead: number,
  lastDead: number,
  deadBytes: number,
  producers: number,
  identity: Buffer,
];

/** `look` runs a script whose answer promises nothing. */
export async function readState(
  look: (call: ScriptCall) => Promise<unknown>,
  keys: readonly PartitionKeys[],
): Promise<LogState> {
  const state: LogState = { identity: '', events: [], deadLetters: [], producers: 0 };
  const calls = keys.map(({ meta, newProducers, oldProducers }) => ({
    script: STATE,
    keys: [meta, newProducers, oldProducers],
    args: [],
  }));
  for (const [partition, answer] of (await Promise.all(calls.map(look))).entries()) {
    const [first, last, bytes, firstDead, lastDead, deadBytes, producers, identity] = answer as StateAnswer;
    state.events.push({ partition, first, last, bytes });
    state.deadLetters.push({ partition, first: firstDead, last: lastDead, bytes: deadBytes });
    state.producers += producers;
    if (partition === 0) state.identity = identity.toString();
  }
  return state;
}
