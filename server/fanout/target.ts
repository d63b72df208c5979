/**
 * The streams that the fanout writes: flat and readable, for any client of Redis in any language.
 *
 *   <prefix>:out:<type>                  stream: partition, position, type, user_id, time (RFC 3339, UTC), json (the whole event)
 *   {<prefix>:out:<type>}:positions      hash: `<log>:<partition>` -> the last position of that partition that the stream got
 *   {<prefix>:out}:progress              hash: `<log>:<partition>` -> everything up to here is in the streams
 *
 * `<log>` is the identity of the log that the events come from, so that several may go to one Redis.
 */
import type { Batch } from '../consumer/partition-consumer.ts';
import { StoreConnection, type StoreConnectionOptions } from '../redis/store-connection.ts';
import { MOVE, POSITION, WRITE } from './script.ts';

type Placed = Batch['events'][number];

export interface TargetOptions extends StoreConnectionOptions {
  /** Of the log that the events come from. */
  source: string;
  /** Entries that a stream keeps, about. */
  maxLength: number;
  /** Only these types; default all. */
  types?: readonly string[];
}

export function streamKey(prefix: string, type: string): string {
  return `${prefix}:out:${type}`;
}

export class FanoutTarget {
  private readonly options: TargetOptions;
  private readonly connection: StoreConnection;

  private constructor(options: TargetOptions, connection: StoreConnection) {
    this.options = options;
    this.connection = connection;
  }

  /** Throws StoreError `misconfigured` or `unavailable`. */
  static async open(options: TargetOptions): Promise<FanoutTarget> {
    return new FanoutTarget(options, await StoreConnection.open(options, 'fanout'));
  }

  /** Writes what is not there yet, and answers how many entries that were. Throws StoreError; it may be repeated. */
  async write({ partition, events, to }: Batch): Promise<number> {
    const written = await Promise.all(
      [...this.byType(events)].map(([type, placed]) => this.writeType(type, partition, placed)),
    );
    const key = this.progressKey;
    await this.connection.write({ script: MOVE, keys: [key], args: [this.field(partition), to] });
    return written.reduce((sum, count) => sum + count, 0);
  }

  /** Everything of the partition up to here is written; null for nothing yet. */
  async position(partition: number): Promise<number | null> {
    const call = { script: POSITION, keys: [this.progressKey], args: [this.field(partition)] };
    const position = (await this.connection.look(call)) as Buffer | null;
    return position && Number(position.toString());
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private byType(events: readonly Placed[]): Map<string, Placed[]> {
    const types = this.options.types && new Set(this.options.types);
    const found = new Map<string, Placed[]>();
    for (const placed of events) {
      const { type } = placed.event;
      if (types && !types.has(type)) continue;
      const same = found.get(type);
      if (same) same.push(placed);
      else found.set(type, [placed]);
    }
    return found;
  }

  private async writeType(type: string, partition: number, events: readonly Placed[]): Promise<number> {
    const key = streamKey(this.options.prefix, type);
    const written = await this.connection.write({
      script: WRITE,
      keys: [key, `{${key}}:positions`],
      args: [
        ...[this.field(partition), this.options.maxLength, partition, type],
        ...events.flatMap(({ position, event }) => [
          position,
          String(event.user_id ?? ''),
          timeOf(event),
          JSON.stringify(event),
        ]),
      ],
    });
    return written as number;
  }

  private get progressKey(): string {
    return `{${this.options.prefix}:out}:progress`;
  }

  private field(partition: number): string {
    return `${this.options.source}:${partition}`;
  }
}

/** When it happened, RFC 3339 in UTC. */
function timeOf({ timestamp, received_at }: Placed['event']): string {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  const time = new Date(typeof at === 'number' ? at : received_at);
  return Number.isFinite(time.getTime()) ? time.toISOString() : new Date(received_at).toISOString();
}
