/** A WebSocket for load: `ws` shakes hands and reads, a `FrameWriter` on the same TCP connection writes. */
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import { FrameWriter } from './frame-writer.ts';

export interface LoadSocket {
  writer: FrameWriter;
  close(): void;
}

export interface LoadSocketEvents {
  message(data: Buffer): void;
  /** It is gone, whoever ended it. */
  closed(code: number, reason: string): void;
}

export async function openLoadSocket(
  url: string,
  subprotocol: string | undefined,
  events: LoadSocketEvents,
): Promise<LoadSocket> {
  let tcp: Socket | undefined;
  const createConnection = ({ host, port }: TcpNetConnectOpts): Socket => {
    tcp = connect({ host, port: Number(port), noDelay: true });
    return tcp;
  };
  const socket = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    createConnection: createConnection as ClientOptions['createConnection'],
  });
  socket.binaryType = 'nodebuffer';
  socket.on('message', (data) => events.message(data as Buffer));
  socket.on('close', (code, reason) => events.closed(code, reason.toString()));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return { writer: new FrameWriter(tcp!), close: () => socket.close(1000) };
}
