/** A client of `limits/echo.ts`: PUBLISH frames as Gapless gets them, each acknowledged by its own return. */
import { BINARY } from './frame-writer.ts';
import { PUBLISH_HEADER_BYTES, publishHeader } from './gapless-connection.ts';
import type { LoadSocket } from './load-socket.ts';
import { PeerConnection } from './peer-connection.ts';

export class EchoConnection extends PeerConnection {
  /** Payload bytes and last number of each frame under way, oldest first. */
  private readonly underWay: { length: number; last: number }[] = [];

  open(): Promise<void> {
    return this.connect('');
  }

  protected receive(data: Buffer): void {
    const frame = this.underWay.shift();
    if (!frame || data.length !== frame.length)
      return this.fault(`${data.length} bytes came back instead of ${frame?.length}`);
    this.settle(frame.last);
  }

  protected write({ writer }: LoadSocket, at: number, end: number): number {
    const { bytes, offsets } = this.events;
    const length = PUBLISH_HEADER_BYTES + offsets[end]! - offsets[at]!;
    writer.begin(BINARY, length);
    writer.bytes(publishHeader(this.sent - (end - at) + 1, end - at));
    writer.bytes(bytes, offsets[at]!, offsets[end]!);
    this.underWay.push({ length, last: this.sent });
    return length;
  }
}
