import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { ListenError } from '../../../server/gateway/listen-error.ts';
import { closeOf, connect, eventually, exchange, frame, type Seen, start, upgradeRaw, upgradeText } from './harness.ts';

/** The reply to `text`, to show that the transport is alive. */
async function echoes(url: string, seen: Seen[]) {
  const client = await connect(url);
  const mine = seen.length - 1;
  client.send('still there');
  await eventually(() => expect(seen[mine]?.messages.at(-1)?.text).toBe('still there'));
}

describe('messages', () => {
  it('come with their kind, as a view that lives during the call', async () => {
    let kept: Uint8Array | undefined;
    const { url, seen } = await start({
      on: (one) => ({
        message(bytes, binary) {
          kept = bytes;
          one.messages.push({ text: Buffer.from(bytes).toString(), bytes: bytes.slice(), binary });
        },
      }),
    });
    const client = await connect(url);
    client.send(new Uint8Array([0xc3, 0xa9, 0x00]));
    client.send('é');
    client.send('');
    await eventually(() => expect(seen[0]?.messages).toHaveLength(3));
    expect(seen[0]?.messages.map(({ bytes, binary }) => [[...bytes], binary])).toEqual([
      [[0xc3, 0xa9, 0x00], true],
      [[0xc3, 0xa9], false],
      [[], false],
    ]);
    expect(kept).toHaveLength(0);
  });

  it('go out as text or binary, byte by byte as they were given', async () => {
    const { url, seen } = await start();
    const client = await connect(url);
    const got: [number[], boolean][] = [];
    client.on('message', (data, binary) => got.push([[...(data as Buffer)], binary]));
    const view = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    expect(seen[0]!.socket.send(view)).toBe('sent');
    expect(seen[0]!.socket.send('é')).toBe('sent');
    await eventually(() => expect(got).toHaveLength(2));
    expect(got).toEqual([
      [[1, 2, 3], true],
      [[0xc3, 0xa9], false],
    ]);
  });

  it('a little too large still arrive, so that they can be answered; far too large are cut', async () => {
    const { url, seen } = await start({ maxFrameBytes: 20_000 });
    const near = await connect(url);
    near.send(new Uint8Array(20_000 + 1024));
    await eventually(() => expect(seen[0]?.messages[0]?.bytes).toHaveLength(21_024));
    const far = await connect(url);
    far.send(new Uint8Array(20_000 + 1025));
    expect((await closeOf(far)).code).toBe(1006);
    expect(seen[1]?.messages).toHaveLength(0);
    expect(seen[1]?.closed).toEqual([1006]);
  });

  it('leave room for the largest HELLO even where frames are small', async () => {
    const { url, seen } = await start({ maxFrameBytes: 1024 });
    (await connect(url)).send(new Uint8Array(8192));
    await eventually(() => expect(seen[0]?.messages[0]?.bytes).toHaveLength(8192));
  });
});

describe('closing', () => {
  it('tells the client code and reason, and the listener once and later', async () => {
    const order: string[] = [];
    const { url, seen } = await start({ on: () => ({ closed: (code) => order.push(`closed ${code}`) }) });
    const client = await connect(url);
    const { socket } = seen[0]!;
    socket.close(4004, 'too much');
    order.push('close returned');
    socket.close(4000, 'again');
    socket.terminate();
    expect(socket.send('late')).toBe('failed');
    expect(socket.buffered()).toBe(0);
    expect(await closeOf(client)).toEqual({ code: 4004, reason: 'too much' });
    expect(order).toEqual(['close returned', 'closed 4004']);
  });

  it('sends first what was sent before it', async () => {
    const { url, seen } = await start();
    const client = await connect(url);
    const got: string[] = [];
    client.on('message', (data) => got.push(data.toString()));
    seen[0]!.socket.send('last words');
    seen[0]!.socket.close(4000, '');
    await closeOf(client);
    expect(got).toEqual(['last words']);
  });

  it('tells how the client closed', async () => {
    const { url, seen } = await start();
    (await connect(url)).close(1000, 'done');
    (await connect(url)).close();
    (await connect(url)).terminate();
    await eventually(() => expect(seen.map(({ closed }) => closed)).toEqual([[1000], [1005], [1006]]));
  });

  it('by terminate comes without a close frame', async () => {
    const { url, seen } = await start();
    const client = await connect(url);
    seen[0]!.socket.terminate();
    expect((await closeOf(client)).code).toBe(1006);
    await eventually(() => expect(seen[0]?.closed).toEqual([1006]));
  });

  it('may be asked for while the socket is being accepted', async () => {
    const closed: number[] = [];
    const { url } = await start({
      accept(socket) {
        socket.send('no');
        socket.close(4001, 'busy');
        return { message() {}, drained() {}, closed: (code) => closed.push(code) };
      },
    });
    const client = await connect(url);
    expect(await closeOf(client)).toEqual({ code: 4001, reason: 'busy' });
    await eventually(() => expect(closed).toEqual([4001]));
  });
});

describe('a listener that throws', () => {
  const boom = () => {
    throw new Error('boom');
  };
  it.each(['message', 'closed', 'drained'] as const)('in %s ends its own socket and no other', async (name) => {
    const { url, seen, metrics } = await start({
      sendBufferBytes: 16 * 1024,
      on: (one) => (one.socket.id === first() ? { [name]: boom } : {}),
    });
    function first() {
      return seen[0]?.socket.id;
    }
    const client = await connect(url);
    const closed = closeOf(client);
    if (name === 'message') client.send('x');
    if (name === 'closed') client.close(1000);
    if (name === 'drained') {
      client.pause();
      while (seen[0]!.socket.send(new Uint8Array(8192)) !== 'clogged');
      client.resume();
    }
    expect((await closed).code).toBe(name === 'closed' ? 1000 : 1011);
    await eventually(async () => expect(await metrics.text()).toContain('gapless_handler_errors_total 1'));
    await echoes(url, seen);
  });

  it('while accepting ends the socket too', async () => {
    let refuse = true;
    const { url, transport } = await start({
      accept() {
        if (refuse) boom();
        return { message() {}, drained() {}, closed() {} };
      },
    });
    expect((await closeOf(await connect(url))).code).toBe(1011);
    refuse = false;
    await connect(url);
    expect(transport.connections).toBe(1);
  });
});

describe('a client that does not read', () => {
  const BUFFER = 64 * 1024;

  it('is clogged, then fails, keeps the bound, and is told drained when it reads again', async () => {
    const { url, seen, metrics } = await start({ sendBufferBytes: BUFFER });
    const client = await connect(url);
    const other = await connect(url);
    let bytes = 0;
    client.on('message', (data) => {
      bytes += (data as Buffer).length;
    });
    client.pause();
    const { socket } = seen[0]!;
    const message = new Uint8Array(16 * 1024);
    const results: string[] = [];
    while (results.at(-1) !== 'failed') results.push(socket.send(message));

    expect(results.indexOf('clogged')).toBeGreaterThan(results.lastIndexOf('sent'));
    expect(socket.buffered()).toBeGreaterThan(4 * BUFFER);
    expect(socket.buffered()).toBeLessThan(5 * BUFFER + message.length);
    expect(socket.send(message)).toBe('failed');
    expect(seen[0]?.drained).toBe(0);

    other.send('hello');
    await eventually(() => expect(seen[1]?.messages).toHaveLength(1));

    client.resume();
    await eventually(() => expect(seen[0]?.drained).toBe(1));
    await eventually(() => expect(bytes).toBe((results.length - 1) * message.length));
    expect(socket.buffered()).toBe(0);
    expect(socket.send('more')).toBe('sent');
    const text = await metrics.text();
    expect(text).toContain('gapless_send_failures_total{kind="clogged"} 1');
    expect(text).toContain('gapless_send_failures_total{kind="failed"} 2');
  });

  it('still gets the close frame, behind all that was queued', async () => {
    const { url, seen } = await start({ sendBufferBytes: BUFFER });
    const client = await connect(url);
    let messages = 0;
    client.on('message', () => messages++);
    client.pause();
    let queued = 0;
    while (seen[0]!.socket.send(new Uint8Array(16 * 1024)) !== 'failed') queued++;
    seen[0]!.socket.close(4002, 'slow');
    const closed = closeOf(client);
    client.resume();
    expect(await closed).toEqual({ code: 4002, reason: 'slow' });
    expect(messages).toBe(queued);
  });

  it('gets every message whole and in order, whatever mixes in one turn of the loop', async () => {
    const { url, seen } = await start({
      sendBufferBytes: 4 * 1024 * 1024,
      on: (one) => ({ message: () => burst(one) }),
    });
    const sizes = [10, 300, 20_000, 5, 70_000, 120, 66_000, 1];
    function burst({ socket }: Seen) {
      for (let i = 0; i < 40; i++) socket.send(new Uint8Array(sizes[i % sizes.length]!).fill(i));
    }
    const client = await connect(url);
    const got: Buffer[] = [];
    client.on('message', (data) => got.push(data as Buffer));
    client.pause();
    for (let i = 0; i < 10; i++) client.send('go');
    await eventually(() => expect(seen[0]!.socket.buffered()).toBeGreaterThan(0));
    client.resume();
    await eventually(() => expect(got).toHaveLength(400));
    expect(got.every((data, i) => data.length === sizes[(i % 40) % 8] && data.every((byte) => byte === i % 40))).toBe(
      true,
    );
  });
});

describe('frames that no client should send', () => {
  it.each([
    ['a reserved bit', frame(2, 'x', { rsv: 4 })],
    ['a reserved opcode', frame(3, 'x')],
    ['a fragmented ping', frame(9, 'x', { fin: false })],
    ['a ping of 126 bytes', frame(9, 'x'.repeat(126))],
    ['a continuation of nothing', frame(0, 'x')],
    ['a length of 2^63', frame(2, 'x', { claim: 2n ** 63n })],
    ['a length of 4 GiB', frame(2, 'x', { claim: 2n ** 32n })],
    ['text that is not UTF-8', frame(1, new Uint8Array([0xc0, 0x80]))],
  ])('%s ends the connection and nothing else', async (_, bytes) => {
    const { port, url, seen } = await start();
    const client = await upgradeRaw(port);
    client.write(bytes);
    await client.ended;
    await eventually(() => expect(seen[0]?.closed).toEqual([1006]));
    expect(seen[0]?.messages).toHaveLength(0);
    await echoes(url, seen);
  });

  it('fragments that sum up beyond the limit are cut', async () => {
    const { port, seen } = await start({ maxFrameBytes: 8192 });
    const client = await upgradeRaw(port);
    client.write(frame(2, new Uint8Array(5000), { fin: false }));
    client.write(frame(0, new Uint8Array(5000)));
    await client.ended;
    expect(seen[0]?.messages).toHaveLength(0);
  });

  it('fragments within the limit are one message, cut anywhere', async () => {
    const { port, seen } = await start();
    const client = await upgradeRaw(port);
    const bytes = Buffer.concat([
      frame(2, 'abc', { fin: false }),
      frame(9, 'ping'),
      frame(0, 'def', { fin: false }),
      frame(0, 'ghi'),
    ]);
    for (const byte of bytes) {
      client.write(new Uint8Array([byte]));
      await new Promise(setImmediate);
    }
    await eventually(() => expect(seen[0]?.messages.map(({ text }) => text)).toEqual(['abcdefghi']));
  });

  it('a frame that never ends holds its own connection only, and goes with it', async () => {
    const { port, url, seen } = await start();
    const client = await upgradeRaw(port);
    client.write(frame(2, new Uint8Array(16 * 1024)).subarray(0, 8000));
    await echoes(url, seen);
    client.socket.destroy();
    await eventually(() => expect(seen[0]?.closed).toEqual([1006]));
  });

  it('two thousand pings in a packet are a credit violation', async () => {
    const { url, port, seen } = await start();
    const client = await upgradeRaw(port);
    client.write(Buffer.concat(Array.from({ length: 2000 }, () => frame(9, 'x'))));
    await client.ended;
    const pongs = client.received().split('\x8a\x01x').length - 1;
    expect(pongs).toBeLessThanOrEqual(101);
    await eventually(() => expect(seen[0]?.closed).toEqual([4004]));
    await echoes(url, seen);
  });

  it('as are pongs that nobody asked for, while some are fine', async () => {
    const { port, seen } = await start();
    const some = await upgradeRaw(port);
    some.write(Buffer.concat(Array.from({ length: 40 }, (_, i) => frame(i % 2 ? 9 : 10, ''))));
    some.write(frame(2, 'still open'));
    await eventually(() => expect(seen[0]?.messages).toHaveLength(1));
    const many = await upgradeRaw(port);
    many.write(Buffer.concat(Array.from({ length: 250 }, () => frame(10, ''))));
    await many.ended;
    await eventually(() => expect(seen[1]?.closed).toEqual([4004]));
  });
});

describe('silence', () => {
  it('ends a peer that answers no ping, although the server goes on sending, and keeps one that does', async () => {
    const { url, seen } = await start({ silenceMs: 8_000 });
    const dead = await connect(url, 'gapless.v1.msgpack', { autoPong: false });
    const alive = await connect(url);
    const pings: string[] = [];
    dead.on('ping', () => pings.push('dead'));
    alive.on('ping', () => pings.push('alive'));
    const beat = setInterval(() => {
      for (const { socket } of seen) socket.send('beat');
    }, 500);
    await closeOf(dead);
    clearInterval(beat);
    expect(seen[0]?.closed).toEqual([1006]);
    expect(seen[1]?.closed).toEqual([]);
    expect(pings).toContain('dead');
    expect(pings).toContain('alive');
    alive.send('hello');
    await eventually(() => expect(seen[1]?.messages).toHaveLength(1));
  });
});

describe('listening', () => {
  const failure = (setup: object) =>
    start(setup).then(
      () => null,
      (error: unknown) => error,
    );

  const freePort = async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as net.AddressInfo;
    await new Promise((resolve) => other.close(resolve));
    return port;
  };

  it('says which port it got, and says so when one is taken', async () => {
    const { port } = await start();
    const error = await failure({ port });
    expect(error).toBeInstanceOf(ListenError);
    expect(error).toMatchObject({ code: 'port_in_use', message: expect.stringContaining('GAPLESS_PORT') });
  });

  it('does not share a port with another program either', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const error = await failure({ port: (other.address() as net.AddressInfo).port });
    other.close();
    expect(error).toMatchObject({ code: 'port_in_use' });
  });

  it('says when an address is not of this machine', async () => {
    expect(await failure({ host: '192.0.2.1', port: 48_123 })).toMatchObject({ code: 'host_unavailable' });
  });

  it('stops without touching what is open', async () => {
    const { port, url, seen, transport } = await start();
    const client = await connect(url);
    transport.stopListening();
    transport.stopListening();
    const refused = net.connect(port, '127.0.0.1');
    await new Promise((resolve) => refused.once('error', resolve));
    client.send('going on');
    await eventually(() => expect(seen[0]?.messages).toHaveLength(1));
    expect(transport.connections).toBe(1);
  });

  it('refuses upgrades on connections that were open before', async () => {
    const { port, transport } = await start({
      routes: [{ method: 'GET', path: '/hi', handle: () => ({ status: 204 }) }],
    });
    const kept = net.connect(port, '127.0.0.1');
    let text = '';
    kept.on('data', (chunk) => {
      text += chunk;
    });
    kept.write('GET /hi HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await eventually(() => expect(text).toContain('204'));
    transport.stopListening();
    kept.write(upgradeText());
    await eventually(() => expect(text).toContain('HTTP/1.1 503'));
    expect(text).toContain('going_away');
    kept.destroy();
  });

  it('closes what is left with 1001, and frees the port', async () => {
    const port = await freePort();
    const { url, seen, transport } = await start({ port });
    const clients = [await connect(url), await connect(url)];
    const closes = clients.map(closeOf);
    await transport.close();
    await transport.close();
    expect((await Promise.all(closes)).map(({ code }) => code)).toEqual([1001, 1001]);
    expect(seen.map(({ closed }) => closed)).toEqual([[1001], [1001]]);
    await start({ port });
    expect((await exchange(port, 'GET /none HTTP/1.1\r\nHost: x\r\n\r\n'))?.status).toBe(404);
  });
});

it('counts what it opened, closed and refused', async () => {
  const { url, port, metrics, seen } = await start();
  (await connect(url)).close(1000);
  await eventually(() => expect(seen[0]?.closed).toEqual([1000]));
  await exchange(port, upgradeText({ Origin: 'https://evil.example' }));
  const text = await metrics.text();
  expect(text).toContain('gapless_connections_opened_total 1');
  expect(text).toContain('gapless_connections_closed_total{code="normal"} 1');
  expect(text).toContain('gapless_upgrades_refused_total{reason="origin"} 1');
});
