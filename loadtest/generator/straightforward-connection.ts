/** A client of `peers/straightforward.ts`: one JSON message a frame. */
import type { LoadSocket } from './load-socket.ts';
import { PeerConnection } from './peer-connection.ts';

const TAIL = ']}';

export class StraightforwardConnection extends PeerConnection {
  open(): Promise<void> {
    return this.connect('');
  }

  /** A message's id is the number of its last event; answers come in the order of the messages. */
  protected receive(data: Buffer): void {
    const { ack, error } = JSON.parse(data.toString()) as { ack?: number; error?: string };
    if (ack === undefined) this.fault(String(error));
    else this.settle(ack);
  }

  protected write(socket: LoadSocket, at: number, end: number): number {
    return this.writeText(socket, `{"id":${this.sent},"events":[`, at, end, TAIL);
  }
}
