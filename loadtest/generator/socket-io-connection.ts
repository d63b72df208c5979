/**
 * A client of `peers/socket-io.ts` that speaks Socket.IO 5 in Engine.IO 4 over a WebSocket: the first digit of a message is Engine.IO's (0 open,
 * 2 ping, 3 pong, 4 message), the second Socket.IO's (0 connect, 2 event, 3 acknowledgement, 4 refused). An event is
 * `42<id>["events",[...]]` and its acknowledgement `43<id>[]`; with an argument it is an error. An id is the number of the message's last event.
 */
import { TEXT } from './frame-writer.ts';
import type { LoadSocket } from './load-socket.ts';
import { PeerConnection } from './peer-connection.ts';

const PATH = '/socket.io/?EIO=4&transport=websocket';
const CONNECT = '40';
const PONG = '3';
const TAIL = ']]';

export class SocketIoConnection extends PeerConnection {
  open(): Promise<void> {
    return this.connect(PATH, { shake: true });
  }

  protected receive(data: Buffer): void {
    const text = data.toString('latin1');
    if (text.startsWith('43')) return this.answered(text);
    if (text === '2') return this.say(PONG);
    if (text.startsWith('0')) return this.say(CONNECT);
    if (text.startsWith('40')) return this.ready();
    this.fault(`the server said ${text}`);
  }

  private answered(text: string): void {
    const args = text.indexOf('[');
    if (text.length === args + 2) this.settle(Number(text.slice(2, args)));
    else this.fault(text.slice(args));
  }

  private say(text: string): void {
    // Engine.IO's first message may come with the handshake, before there is a writer.
    if (!this.socket) return void setImmediate(() => this.socket && this.say(text));
    this.socket.writer.begin(TEXT, text.length);
    this.socket.writer.ascii(text);
  }

  protected write(socket: LoadSocket, at: number, end: number): number {
    return this.writeText(socket, `42${this.sent}["events",[`, at, end, TAIL);
  }
}
