/**
 * What the partitions remember of producers. Callers of one turn of the event loop share one script call per partition: after a restart
 * thousands of clients say HELLO at once.
 */
import { decodeRecord } from '../../../format/record.ts';
import type { PlacedRecord } from '../port.ts';

/** Asks one partition; the answers come in the order of the keys, null where nothing is known. */
export type AskPartition = (partition: number, keys: readonly string[]) => Promise<(Buffer | null)[]>;

/** The most keys of one script call: it holds up everyone else meanwhile. */
const KEYS_PER_CALL = 500;
const COLON = 0x3a;

interface Round {
  keys: Map<string, PlacedRecord[]>;
  done: Promise<void>;
}

export class ProducerLookup {
  private readonly partitions: number;
  private readonly ask: AskPartition;
  private round: Round | null = null;

  constructor(partitions: number, ask: AskPartition) {
    this.partitions = partitions;
    this.ask = ask;
  }

  async find(keys: readonly string[]): Promise<PlacedRecord[][]> {
    if (keys.length === 0) return [];
    this.round ??= this.startRound();
    const { round } = this;
    for (const key of keys) if (!round.keys.has(key)) round.keys.set(key, []);
    await round.done;
    return keys.map((key) => round.keys.get(key)!);
  }

  private startRound(): Round {
    const keys = new Map<string, PlacedRecord[]>();
    const done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.round = null;
      return this.run(keys);
    });
    return { keys, done };
  }

  private async run(keys: Round['keys']): Promise<void> {
    const all = [...keys.keys()];
    for (let from = 0; from < all.length; from += KEYS_PER_CALL) {
      const some = all.slice(from, from + KEYS_PER_CALL);
      const answers = await Promise.all(Array.from({ length: this.partitions }, (_, p) => this.ask(p, some)));
      for (const [partition, values] of answers.entries()) {
        for (const [i, value] of values.entries()) if (value) keys.get(some[i]!)!.push(placed(partition, value));
      }
    }
  }
}

/** Stored as `<watermark>:<record>`. */
function placed(partition: number, value: Buffer): PlacedRecord {
  return { partition, ...decodeRecord(value.subarray(value.indexOf(COLON) + 1)) };
}
