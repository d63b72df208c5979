/** After a run: what the log holds against what was acknowledged. */
import { isDeepStrictEqual } from 'node:util';
import { entryBody } from '../../format/entry.ts';
import type { ReadItem } from '../../format/model.ts';
import { unpackMap } from '../../format/msgpack.ts';
import { decodeUnits } from '../../format/unit.ts';
import type { LogReader } from '../../server/log/embedded/reader.ts';
import { asMsgpack, type EncodedEvents, type PlannedEvent, planEvents } from '../generator/events.ts';
import type { ConnectionTally, EventPlan } from '../generator/plan.ts';
import { spoiltOnes } from '../http/bad-events.ts';

const READ_BYTES = 4 * 1024 * 1024;
const EXAMPLES = 10;
const NOTHING = new Uint8Array(0);

/** What one load sent, or all of them that used the same events. */
export interface Sent {
  events: EventPlan;
  tallies: readonly ConnectionTally[];
}

export interface Verdict {
  ok: boolean;
  stored: number;
  acknowledged: number;
  /** Acknowledged and not in the log. */
  missing: number;
  /** In the log more than once, acknowledged or not. */
  repeated: number;
  /** Behind a later event of its producer. */
  outOfOrder: number;
  /** Of nobody who sent, of a number that was not sent, or with other content than was sent. */
  foreign: number;
  damaged: number;
  /** Acknowledged and gone with the oldest of their partition, which retention let go. */
  trimmed?: number;
  examples: string[];
}

/** Of two logs. */
export function bothVerdicts(a: Verdict, b: Verdict): Verdict {
  const sum = (of: Exclude<keyof Verdict, 'ok' | 'examples'>) => (a[of] ?? 0) + (b[of] ?? 0);
  return {
    ok: a.ok && b.ok,
    stored: sum('stored'),
    acknowledged: sum('acknowledged'),
    missing: sum('missing'),
    repeated: sum('repeated'),
    outOfOrder: sum('outOfOrder'),
    foreign: sum('foreign'),
    damaged: sum('damaged'),
    trimmed: sum('trimmed'),
    examples: [...a.examples, ...b.examples].slice(0, EXAMPLES),
  };
}

/** Whether events of producers that are not among those who sent are wrong, or nobody's business: others may use the log too. */
export interface VerifyOptions {
  others?: 'foreign' | 'ignored';
}

/** What verifying needs of a log. */
export type VerifiableLog = Pick<LogReader, 'read' | 'partitions'>;

interface Producer {
  tally: ConnectionTally;
  source: EncodedEvents;
  /** Which of the distinct events are bad: none of them may be stored. */
  spoilt: Uint8Array;
  /** 1 for every number that stands in the log. */
  seen: Uint8Array;
  /** The first number that was found, and the highest so far; 0 before that. */
  first: number;
  highest: number;
}

/** Events of the server itself, such as lists that it served. */
const INTERNAL_PREFIX = 'gapless.internal.';

/** Every connection sends for one user, so its events stand in one partition and must rise there. */
export class LogVerifier {
  private readonly producers: ReadonlyMap<string, Producer>;
  private readonly verdict: Verdict;
  /** Positions below the oldest of each partition, that are not accounted for yet. */
  private gone = 0;
  private readonly others: 'foreign' | 'ignored';

  constructor(sent: readonly Sent[], { others = 'foreign' }: VerifyOptions = {}) {
    this.others = others;
    const producers = new Map<string, Producer>();
    for (const { events, tallies } of sent) {
      const eventsOf = planEvents(events);
      for (const tally of tallies)
        producers.set(tally.producer, together(producers.get(tally.producer), tally, eventsOf, events));
    }
    for (const producer of producers.values()) producer.seen = new Uint8Array(producer.tally.sent + 1);
    this.producers = producers;
    const acknowledged = [...producers.values()].reduce((sum, { tally }) => sum + tally.acknowledged, 0);
    const nothing = { stored: 0, missing: 0, repeated: 0, outOfOrder: 0, foreign: 0, damaged: 0 };
    this.verdict = { ok: false, acknowledged, ...nothing, examples: [] };
  }

  async run(log: VerifiableLog): Promise<Verdict> {
    for (let partition = 0; partition < log.partitions; partition++) {
      for (let from = 1; ; ) {
        const items = await log.read('events', partition, from, READ_BYTES);
        if (items.length === 0) break;
        const [oldest] = items;
        if (from === 1 && oldest?.status === 'intact') this.gone += oldest.first - 1;
        for (const item of items) this.take(item);
        from = items.at(-1)!.last + 1;
      }
    }
    for (const producer of this.producers.values()) this.findMissing(producer);
    const { missing, repeated, outOfOrder, foreign, damaged } = this.verdict;
    this.verdict.ok = missing + repeated + outOfOrder + foreign + damaged === 0;
    return this.verdict;
  }

  private take(item: ReadItem): void {
    if (item.status === 'damaged') return this.blame('damaged', `partition ${item.partition}: ${item.reason}`);
    for (const { producer, items } of decodeUnits(entryBody(item.bytes))) {
      if (producer.producer.startsWith(INTERNAL_PREFIX)) continue;
      for (const { seq, body } of items) this.event(producer.producer, seq, body);
    }
  }

  private event(name: string, seq: number, body: Uint8Array): void {
    const producer = this.producers.get(name);
    if (!producer && this.others === 'ignored') return;
    this.verdict.stored++;
    if (!producer || seq > producer.tally.sent) return this.blame('foreign', `${name}: ${seq} was never sent`);
    const { source, seen, highest } = producer;
    if (seen[seq] === 1) return this.blame('repeated', `${name}: ${seq}`);
    seen[seq] = 1;
    if (producer.first === 0) producer.first = seq;
    if (seq < highest) this.blame('outOfOrder', `${name}: ${seq} after ${highest}`);
    producer.highest = Math.max(seq, highest);
    const at = (seq - 1) % source.count;
    if (producer.spoilt[at]) return this.blame('foreign', `${name}: ${seq} should have been rejected`);
    const sent = source.bytes.subarray(source.offsets[at]!, source.offsets[at + 1]!);
    if (!isSame(sent, body)) this.blame('foreign', `${name}: ${seq} has another content`);
  }

  /** What retention let go is what came before the first that is there, and never more than the partitions have lost. */
  private findMissing({ tally, seen, first, spoilt }: Producer): void {
    for (let seq = 1; seq <= tally.acknowledged; seq++) {
      if (seen[seq] === 1 || spoilt[(seq - 1) % spoilt.length]) continue;
      if (this.gone > 0 && (seq < first || first === 0)) {
        this.gone--;
        this.verdict.trimmed = (this.verdict.trimmed ?? 0) + 1;
      } else this.blame('missing', `${tally.producer}: ${seq}`);
    }
  }

  private blame(what: 'missing' | 'repeated' | 'outOfOrder' | 'foreign' | 'damaged', example: string): void {
    this.verdict[what]++;
    if (this.verdict.examples.length < EXAMPLES) this.verdict.examples.push(`${what}: ${example}`);
  }
}

/** The same values: what came as JSON may stand there in other bytes of MessagePack. */
function isSame(sent: Buffer, stored: Uint8Array): boolean {
  return sent.compare(stored) === 0 || isDeepStrictEqual(unpackMap(sent), unpackMap(stored));
}

/** A producer that sent in several loads went on with its numbers: the last of them knows the most. */
function together(
  before: Producer | undefined,
  tally: ConnectionTally,
  eventsOf: (connection: number) => PlannedEvent[],
  plan: EventPlan,
): Producer {
  const sent = Math.max(before?.tally.sent ?? 0, tally.sent);
  const acknowledged = Math.max(before?.tally.acknowledged ?? 0, tally.acknowledged);
  const source = before?.source ?? asMsgpack(eventsOf(tally.connection));
  const spoilt = before?.spoilt ?? spoiltOnes(plan, tally.connection);
  return { tally: { ...tally, sent, acknowledged }, source, spoilt, seen: NOTHING, first: 0, highest: 0 };
}
