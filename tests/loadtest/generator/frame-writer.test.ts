import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { BINARY, TEXT } from '../../../loadtest/generator/frame-writer.ts';
import { openLoadSocket } from '../../../loadtest/generator/load-socket.ts';

let server: WebSocketServer;
beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

it('writes frames of every size that a WebSocket server understands, in order', async () => {
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 200_000, 7];
  const received: { length: number; binary: boolean; sum: number }[] = [];
  const all = new Promise<void>((resolve) => {
    server.on('connection', (socket: WebSocket) => {
      socket.on('message', (data: Buffer, binary) => {
        received.push({ length: data.length, binary, sum: data.reduce((sum, byte) => sum + byte, 0) });
        if (received.length === sizes.length + 1) resolve();
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  const nothing = { message: () => undefined, closed: () => undefined };
  const socket = await openLoadSocket(`ws://127.0.0.1:${port}`, undefined, nothing);
  for (const size of sizes) {
    socket.writer.begin(BINARY, size);
    socket.writer.bytes(Buffer.alloc(size + 2, 1), 1, size + 1);
  }
  socket.writer.begin(TEXT, 2);
  socket.writer.ascii('{}');
  await all;
  socket.close();
  expect(received.slice(0, -1)).toEqual(sizes.map((size) => ({ length: size, binary: true, sum: size })));
  expect(received.at(-1)).toMatchObject({ length: 2, binary: false });
});

it('fails to open where nothing answers', async () => {
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const refused = connect(port, '127.0.0.1');
  await once(refused, 'error');
  const nothing = { message: () => undefined, closed: () => undefined };
  await expect(openLoadSocket(`ws://127.0.0.1:${port}`, undefined, nothing)).rejects.toThrow();
});
