/** A publisher as an application has it: the SDK with its outbox. It survives the server and comes back with the protocol's backoff. */
import { type ClientOptions, connect, type GaplessClient, UncompressedWebSocket } from '../../client/node.ts';
import type { WebSocketConstructor } from '../../client/types.ts';
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import type { PlannedEvent } from './events.ts';

/** How many of this connection's events wait for a verdict at most; what is offered beyond stays with the generator, and counts as late. */
const OUTBOX_EVENTS = 2_000;

export interface OutboxTarget {
  url: string;
  token?: string | undefined;
  producer: string;
}

export class OutboxConnection implements LoadConnection {
  readonly producer: string;
  /** Of the outbox: numbers given, whether they were on the wire or not. */
  sent = 0;
  acknowledged = 0;
  /** Messages and bytes that went out, resends and control frames too. */
  frames = 0;
  bytes = 0;
  readonly grown = true;
  private readonly target: OutboxTarget;
  private readonly events: readonly PlannedEvent[];
  private readonly report: LoadConnectionEvents;
  private client: GaplessClient | null = null;

  constructor(target: OutboxTarget, events: readonly PlannedEvent[], report: LoadConnectionEvents) {
    this.producer = target.producer;
    this.target = target;
    this.events = events;
    this.report = report;
  }

  open(): Promise<void> {
    const { url, token, producer } = this.target;
    const options: ClientOptions = {
      ...{ url, producer, epoch: 1, agent: 'gapless-load', outbox: { maxEvents: OUTBOX_EVENTS } },
      WebSocket: this.counting(),
    };
    const client = connect(token === undefined ? options : { ...options, token });
    this.client = client;
    client.on('verdict', ({ status }) => {
      const before = this.acknowledged++;
      if (status !== 'stored' && status !== 'settled') this.report.fault(`${producer}: an event was ${status}`);
      this.report.progress(this, before);
    });
    client.on('error', (error) => this.report.fault(`${producer}: ${error.code}: ${error.message}`));
    return new Promise((resolve, reject) => {
      client.on('state', (state) => {
        if (state === 'open') resolve();
        else if (state === 'failed') reject(new Error(`${producer} may not connect`));
      });
    });
  }

  /** A WebSocket that says what goes through it. */
  private counting(): WebSocketConstructor {
    const count = (data: Uint8Array): void => {
      this.frames++;
      this.bytes += data.length;
    };
    return class extends UncompressedWebSocket {
      override send(data: Uint8Array): void {
        count(data);
        super.send(data);
      }
    } as unknown as WebSocketConstructor;
  }

  send(events: number): number {
    const { client } = this;
    if (!client || client.stats.state === 'failed') return 0;
    let sent = 0;
    while (sent < events && client.push(this.events[this.sent % this.events.length]!)) {
      this.sent++;
      sent++;
    }
    return sent;
  }

  close(): void {
    void this.client?.close();
  }
}
