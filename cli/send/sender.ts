/** Streams numbered lines to a server: line n is number n of the producer, so sending the same again stores nothing twice. */
import type { ClientError } from '../../client/error.ts';
import type { ClientOptions, ClientStats, GaplessClient } from '../../client/types.ts';
import { type EventLine, parseEventLine } from '../input/event-line.ts';
import type { LineBatch } from '../input/lines.ts';
import { Tally } from '../tally.ts';

export interface SenderOptions {
  connect: (options: ClientOptions) => GaplessClient;
  url: string;
  token: string | undefined;
  producer: string;
  lines: AsyncIterable<LineBatch>;
  /** Give up when nothing was settled for this long although something is to be; ms, 0 for never. */
  timeoutMs: number;
  /** How many rejections are kept as examples. */
  examples: number;
  signal: AbortSignal;
}

/** Why sending ended. */
export type SendEnd =
  /** Every line has its answer. */
  | 'settled'
  | 'interrupted'
  /** Nothing was settled for too long. */
  | 'timeout'
  /** The server refused to go on; `failure` says why. */
  | 'failed';

const WATCH_MS = 100;

export class Sender {
  readonly tally: Tally;
  lines = 0;
  blank = 0;
  /** Lines that the server had settled before: stored, as far as it still remembers no rejection. */
  already = 0;
  /** Where in the input the reading stands, bytes. */
  offset = 0;
  failure: ClientError | null = null;
  private readonly options: SenderOptions;
  private readonly client: GaplessClient;
  private end: SendEnd | null = null;
  private progressAt = performance.now();
  private settledThen = -1;

  constructor(options: SenderOptions) {
    this.options = options;
    this.tally = new Tally(options.examples);
    const { url, token, producer, connect } = options;
    this.client = connect({ url, token, producer, numbering: 'derived', agent: 'gapless-send' });
    this.client.on('verdict', (verdict) => this.tally.add(verdict));
    this.client.on('error', (error) => {
      if (this.client.stats.state !== 'failed') return;
      this.failure = error;
      this.stop('failed');
    });
  }

  get stats(): ClientStats {
    return this.client.stats;
  }

  /** Lines with an answer, blank ones left out. */
  get answered(): number {
    return this.already + this.tally.answered;
  }

  /** Lines that were read and have no answer. */
  get unsettled(): number {
    return Math.max(0, this.lines - this.blank - this.answered);
  }

  async run(): Promise<SendEnd> {
    const { signal } = this.options;
    const interrupt = (): void => this.stop('interrupted');
    if (signal.aborted) interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    const watch = setInterval(() => this.watch(), WATCH_MS);
    try {
      await this.pushAll();
      if (await this.client.flush()) this.end ??= 'settled';
    } catch (error) {
      // Waiting for a client that was closed by stop(), or failed, ends so.
      if (this.end === null && this.failure === null) throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', interrupt);
      await this.client.close();
    }
    return this.end ?? 'failed';
  }

  private async pushAll(): Promise<void> {
    const first = await this.client.resume();
    // Rejections among what is skipped have been told just now, and their lines are counted below.
    this.already = -this.tally.answered;
    for await (const batch of this.options.lines) {
      if (this.end !== null) return;
      this.offset = batch.offset;
      for (const raw of batch.lines) {
        const event = this.read(parseEventLine(raw));
        if (this.lines < first) {
          if (event) this.already++;
        } else while (!this.client.push(event)) await this.client.ready();
      }
    }
  }

  /** The event of the next line, null where its number is to be given up. */
  private read(line: EventLine): Record<string, unknown> | null {
    this.lines++;
    if (line.kind === 'event') return line.event;
    if (line.kind === 'blank') this.blank++;
    else this.tally.reject({ seq: this.lines, code: 'unreadable', path: '', message: line.message });
    return null;
  }

  /** Looks whether it still goes on. */
  private watch(): void {
    const { done, pending, state } = this.client.stats;
    // Before the first WELCOME nothing is pending, and that too may last only so long; waiting for input may last for ever.
    const idle = pending === 0 && state === 'open';
    if (done !== this.settledThen || idle) {
      this.settledThen = done;
      this.progressAt = performance.now();
    }
    const { timeoutMs } = this.options;
    if (timeoutMs > 0 && performance.now() - this.progressAt >= timeoutMs) this.stop('timeout');
  }

  private stop(end: SendEnd): void {
    if (this.end !== null) return;
    this.end = end;
    void this.client.close();
  }
}
