/** The connection of a store that is not the log: it runs scripts, and says what goes wrong as `StoreError`s. */
import { StoreError } from '../features/error.ts';
import { connect, createClient, type RedisClient } from './client.ts';
import { faultOf } from './fault.ts';
import { runScript, type ScriptCall } from './script.ts';
import { parseRedisUrl, RedisUrlError } from './url.ts';

export interface StoreConnectionOptions {
  /** See `server/redis/url.ts`. */
  url: string;
  /** First part of every key. */
  prefix: string;
  /** How long Redis may take for a command, ms; default 10,000. */
  commandTimeoutMs?: number;
  /** How long opening tries to reach Redis, ms; default 10,000. */
  openTimeoutMs?: number;
  /** Trouble with the connection; told for each. */
  onError?: (error: Error) => void;
}

const COMMAND_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 10_000;

export class StoreConnection {
  private readonly client: RedisClient;
  private readonly name: string;
  private readonly underWay = new Set<Promise<unknown>>();
  private closing: Promise<void> | null = null;

  private constructor(client: RedisClient, name: string) {
    this.client = client;
    this.name = name;
  }

  /** `name` is shown in CLIENT LIST, after the prefix. Throws StoreError `misconfigured` or `unavailable`. */
  static async open(options: StoreConnectionOptions, name: string): Promise<StoreConnection> {
    const { url, prefix, commandTimeoutMs = COMMAND_TIMEOUT_MS, openTimeoutMs = OPEN_TIMEOUT_MS, onError } = options;
    try {
      const client = createClient(parseRedisUrl(url), { name: `${prefix}-${name}`, commandTimeoutMs, onError });
      await connect(client, openTimeoutMs);
      return new StoreConnection(client, name);
    } catch (error) {
      if (error instanceof RedisUrlError) throw new StoreError('misconfigured', `Redis URL: ${error.message}`);
      throw toStoreError(error, 'look');
    }
  }

  /** Runs a script that writes. Throws StoreError `closed`, `unavailable`, `in_doubt` or `misconfigured`. */
  write(call: ScriptCall): Promise<unknown> {
    return this.run(call, 'write');
  }

  /** Runs a script whose effect nobody relies on, or that has none: as `write`, but `unavailable` where that says `in_doubt`. */
  look(call: ScriptCall): Promise<unknown> {
    return this.run(call, 'look');
  }

  /** Waits for the answers that are under way. A second call waits for the first. */
  close(): Promise<void> {
    this.closing ??= Promise.allSettled(this.underWay).then(() => this.client.disconnect());
    return this.closing;
  }

  mustBeOpen(): void {
    if (this.closing) throw new StoreError('closed', `the store of ${this.name} is closed`);
  }

  private async run(call: ScriptCall, kind: 'write' | 'look'): Promise<unknown> {
    this.mustBeOpen();
    const answer = runScript(this.client, call);
    this.underWay.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw toStoreError(error, kind);
    } finally {
      this.underWay.delete(answer);
    }
  }
}

function toStoreError(error: unknown, kind: 'write' | 'look'): StoreError {
  const fault = faultOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (fault === 'misconfigured') return new StoreError('misconfigured', message, { cause: error });
  const code = fault === 'in_doubt' && kind === 'write' ? 'in_doubt' : 'unavailable';
  return new StoreError(code, message, { cause: error });
}
