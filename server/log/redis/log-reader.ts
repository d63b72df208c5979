/** Reads a log in Redis beside the servers that write it. It writes nothing, and takes the number of partitions from the log itself. */
import type { ReadItem, Stream } from '../../../format/model.ts';
import { call, connect, createClient, type RedisClient } from '../../redis/client.ts';
import { runScript, type ScriptCall } from '../../redis/script.ts';
import { parseRedisUrl, RedisUrlError } from '../../redis/url.ts';
import { LogError } from '../error.ts';
import type { EventLog, LogState, PlacedRecord } from '../port.ts';
import { toLogError } from './fault.ts';
import { type PartitionKeys, partitionKeys } from './keys.ts';
import { ProducerLookup } from './producers.ts';
import { EntryReader } from './reader.ts';
import { LOOK_UP } from './scripts.ts';
import { readState } from './state.ts';

export interface RedisReaderOptions {
  /** See `server/redis/url.ts`. */
  url: string;
  /** First part of every key. */
  prefix: string;
  /** How long opening tries to reach Redis, ms; default 5,000. */
  openTimeoutMs?: number;
}

export type RedisLogReader = Pick<EventLog, 'read' | 'state' | 'producers' | 'close'> & { readonly partitions: number };

const COMMAND_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 5_000;

/** Throws LogError `misconfigured` (the URL, the credentials, there is no log) or `unavailable`. */
export async function openRedisReader({
  url,
  prefix,
  openTimeoutMs = OPEN_TIMEOUT_MS,
}: RedisReaderOptions): Promise<RedisLogReader> {
  const client = makeClient(url, prefix);
  try {
    await connect(client, openTimeoutMs);
    const answer = (await call(client, 'hget', partitionKeys(prefix, 0).meta, 'partitions')) as Buffer | null;
    if (answer === null) throw new LogError('misconfigured', `Redis holds no log under the prefix ${prefix}`);
    return new RedisReader(client, prefix, Number(answer.toString()));
  } catch (error) {
    client.disconnect();
    const cause = toLogError(error);
    throw cause.inDoubt ? new LogError('unavailable', cause.message, { cause: error }) : cause;
  }
}

function makeClient(url: string, prefix: string): RedisClient {
  try {
    return createClient(parseRedisUrl(url), { name: `${prefix}-reader`, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  } catch (error) {
    if (error instanceof RedisUrlError) throw new LogError('misconfigured', `Redis URL: ${error.message}`);
    throw error;
  }
}

class RedisReader implements RedisLogReader {
  readonly partitions: number;
  private readonly client: RedisClient;
  private readonly keys: readonly PartitionKeys[];
  private readonly entries: EntryReader;
  private readonly lookup: ProducerLookup;
  private closed = false;

  constructor(client: RedisClient, prefix: string, partitions: number) {
    this.partitions = partitions;
    this.client = client;
    this.keys = Array.from({ length: partitions }, (_, partition) => partitionKeys(prefix, partition));
    this.entries = new EntryReader(client);
    this.lookup = new ProducerLookup(partitions, async (partition, keys) => {
      const { meta, newProducers, oldProducers } = this.keys[partition]!;
      // The empty argument: nobody waits for replicas, so the script leaves no mark.
      const answer = await this.look({
        script: LOOK_UP,
        keys: [meta, newProducers, oldProducers],
        args: ['', ...keys],
      });
      return answer as (Buffer | null)[];
    });
  }

  read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    return this.ask(() => this.entries.read(this.keys[partition]![stream], stream, partition, from, maxBytes));
  }

  producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    return this.ask(() => this.lookup.find(keys));
  }

  state(): Promise<LogState> {
    return this.ask(() => readState((call) => this.look(call), this.keys));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.client.disconnect();
  }

  private look(call: ScriptCall): Promise<unknown> {
    return runScript(this.client, call);
  }

  private async ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw new LogError('closed', 'the log is closed');
    try {
      return await work();
    } catch (error) {
      throw toLogError(error);
    }
  }
}
