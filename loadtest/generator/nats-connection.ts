/**
 * A publisher of JetStream over a WebSocket: NATS's text protocol in binary messages. Every event is a PUB of its own with a reply subject
 * that ends in its number; the stream answers there, `{"stream":"EVENTS","seq":7}`, when it has the event.
 */
import { BINARY } from './frame-writer.ts';
import type { LoadSocket } from './load-socket.ts';
import { NatsParser } from './nats-parser.ts';
import { PeerConnection } from './peer-connection.ts';

/** All connections publish on it: more subjects would cost the server more. */
export const SUBJECT = 'events';
const OPTIONS = {
  verbose: false,
  pedantic: false,
  headers: true,
  no_responders: true,
  protocol: 1,
  lang: 'load',
  version: '1',
};
const LINE_END = '\r\n';
const STORED = '{"stream"';

export class NatsConnection extends PeerConnection {
  private readonly inbox = `_INBOX.${this.producer}.`;
  private readonly parser = new NatsParser({
    command: (line) => this.command(line),
    message: (subject, payload) => this.answered(subject, payload),
  });

  open(): Promise<void> {
    return this.connect('', { shake: true });
  }

  protected receive(data: Buffer): void {
    this.parser.push(data);
  }

  private command(line: string): void {
    if (line.startsWith('INFO')) return this.greet();
    if (line === 'PING') return this.say('PONG\r\n');
    if (line === 'PONG') return this.ready();
    if (line !== '+OK') this.fault(`the server said ${line}`);
  }

  private answered(subject: string, payload: string): void {
    if (payload.startsWith(STORED)) this.settle(Number(subject.slice(this.inbox.length)));
    else this.fault(`not stored: ${payload}`);
  }

  private greet(): void {
    this.say(`CONNECT ${JSON.stringify(OPTIONS)}\r\nSUB ${this.inbox}* 1\r\nPING\r\n`);
  }

  private say(text: string): void {
    // INFO may come with the handshake, before there is a writer.
    if (!this.socket) return void setImmediate(() => this.socket && this.say(text));
    this.socket.writer.begin(BINARY, text.length);
    this.socket.writer.ascii(text);
  }

  protected write({ writer }: LoadSocket, at: number, end: number): number {
    const { bytes, offsets, separator } = this.events;
    const first = this.sent - (end - at) + 1;
    const heads: string[] = [];
    let length = 0;
    for (let i = at; i < end; i++) {
      const size = offsets[i + 1]! - separator - offsets[i]!;
      const head = `PUB ${SUBJECT} ${this.inbox}${first + i - at} ${size}\r\n`;
      heads.push(head);
      length += head.length + size + LINE_END.length;
    }
    writer.begin(BINARY, length);
    for (let i = at; i < end; i++) {
      writer.ascii(heads[i - at]!);
      writer.bytes(bytes, offsets[i]!, offsets[i + 1]! - separator);
      writer.ascii(LINE_END);
    }
    return length;
  }
}
