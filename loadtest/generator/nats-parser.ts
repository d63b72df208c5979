/** Reads NATS's text protocol as a server sends it. What comes may be cut anywhere between messages of the WebSocket. */

export interface NatsSink {
  /** A line that brings no payload: INFO, PING, PONG, +OK, -ERR. */
  command(line: string): void;
  /** MSG or HMSG; of the latter the payload begins with its headers. */
  message(subject: string, payload: string): void;
}

const LINE_END = '\r\n';
const NOTHING = Buffer.alloc(0);

export class NatsParser {
  private readonly sink: NatsSink;
  private rest = NOTHING;

  constructor(sink: NatsSink) {
    this.sink = sink;
  }

  push(data: Buffer): void {
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, data]) : data;
    let at = 0;
    for (let next = this.take(bytes, at); next > at; next = this.take(bytes, at)) at = next;
    this.rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : NOTHING;
  }

  /** Takes what begins at `at` and answers where it ends; `at` if it is not whole yet. */
  private take(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return at;
    const line = bytes.toString('latin1', at, lineEnd);
    const body = lineEnd + LINE_END.length;
    if (!line.startsWith('MSG ') && !line.startsWith('HMSG ')) {
      this.sink.command(line);
      return body;
    }
    // MSG <subject> <sid> [reply] <bytes>; HMSG has the bytes of the headers before those of all.
    const end = body + Number(line.slice(line.lastIndexOf(' ') + 1));
    if (end + LINE_END.length > bytes.length) return at;
    const subject = line.indexOf(' ') + 1;
    this.sink.message(line.slice(subject, line.indexOf(' ', subject)), bytes.toString('latin1', body, end));
    return end + LINE_END.length;
  }
}
