/**
 * A client made from the specification alone: frames are the arrays that stand in it, nothing of the project is imported. It reads MessagePack
 * itself, so that it sees what a library hides: integers sent as floats, extension types, trailing bytes.
 */
import { Packr } from 'msgpackr/pack';
import WebSocket from 'ws';

export type BareFrame = readonly [op: number, first?: unknown, second?: unknown, third?: unknown];
type Item = Record<string, unknown>;

const packr = new Packr({ useRecords: false });
const MSGPACK = 'gapless.v1.msgpack';

export class BareClient {
  readonly frames: BareFrame[] = [];
  closed: number | null = null;
  private readonly socket: WebSocket;
  private failure: Error | null = null;
  private waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, binary: boolean) => {
      try {
        if (binary !== (socket.protocol === MSGPACK)) throw new Error('a message of the wrong kind');
        this.frames.push((binary ? decode(data) : JSON.parse(data.toString())) as BareFrame);
      } catch (error) {
        this.failure = error as Error;
      }
      this.wake();
    });
    socket.on('close', (code) => {
      this.closed = code;
      this.wake();
    });
  }

  /** Connects and says HELLO. */
  static async open(url: string, subprotocol = MSGPACK, hello: object = {}): Promise<BareClient> {
    const socket = new WebSocket(`${url}/v1/stream`, subprotocol, { perMessageDeflate: false });
    const client = new BareClient(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    client.send([1, hello]);
    await client.until(() => client.frames.length > 0);
    return client;
  }

  send(frame: readonly unknown[]): void {
    this.socket.send(this.socket.protocol === MSGPACK ? packr.pack(frame) : JSON.stringify(frame));
  }

  /** Resolves when this holds; fails when the connection ends before. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.failure) throw this.failure;
      if (this.closed !== null) throw new Error(`closed with ${this.closed}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async untilClosed(): Promise<number> {
    while (this.closed === null) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.closed;
  }

  /** The frames of a subscription: SUBSCRIBED, DATA, GAP, UNSUBSCRIBED. */
  of(sub: number): BareFrame[] {
    return this.frames.filter(([op, of]) => op >= 20 && op <= 23 && of === sub);
  }

  /** SUBSCRIBE, and what it is answered: SUBSCRIBED or UNSUBSCRIBED. */
  async subscribe(sub: number, feed: string, options: object): Promise<BareFrame> {
    const before = this.of(sub).length;
    this.send([4, sub, feed, options]);
    await this.until(() => this.of(sub).length > before);
    return this.of(sub)[before]!;
  }

  async unsubscribe(sub: number): Promise<BareFrame> {
    const ended = () => this.of(sub).filter(([op]) => op === 23).length;
    const before = ended();
    this.send([6, sub]);
    await this.until(() => ended() > before);
    return this.of(sub).at(-1)!;
  }

  items<T = Item>(sub: number): T[] {
    return this.of(sub).flatMap(([op, , , items]) => (op === 21 ? (items as T[]) : []));
  }

  /** The items so far, once there are as many. */
  async take<T = Item>(sub: number, count: number): Promise<T[]> {
    await this.until(() => this.items(sub).length >= count);
    return this.items(sub);
  }

  /** Where a subscription stands. */
  offset(sub: number): string {
    const [op, , second, third] = this.of(sub).at(-1)!;
    if (op === 20) return (second as { offset: string }).offset;
    return (op === 21 ? second : third) as string;
  }

  close(): void {
    this.socket.close(1000);
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}

/** Strict: throws for what a server must not send. */
function decode(bytes: Buffer): unknown {
  let end = 0;
  /** Where the next so many bytes begin. */
  const next = (length: number): number => {
    end += length;
    if (end > bytes.length) throw new Error('a message that ends too early');
    return end - length;
  };
  const unsigned = (width: number) => bytes.readUIntBE(next(width), width);
  const text = (length: number) => bytes.toString('utf8', next(length), end);
  const list = (length: number): unknown[] => Array.from({ length }, value);
  const map = (length: number) => Object.fromEntries(Array.from({ length }, () => [value(), value()]));
  const wide = (integer: bigint): number => {
    if (!Number.isSafeInteger(Number(integer))) throw new Error(`${integer} is out of range`);
    return Number(integer);
  };
  const float = (): number => {
    const number = bytes.readDoubleBE(next(8));
    if (Number.isInteger(number) || !Number.isFinite(number)) throw new Error(`${number} as a float`);
    return number;
  };
  function value(): unknown {
    const tag = unsigned(1);
    if (tag <= 0x7f) return tag;
    if (tag <= 0x8f) return map(tag & 15);
    if (tag <= 0x9f) return list(tag & 15);
    if (tag <= 0xbf) return text(tag & 31);
    if (tag >= 0xe0) return tag - 0x100;
    if (tag === 0xc0) return null;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag === 0xcb) return float();
    if (tag >= 0xcc && tag <= 0xce) return unsigned(1 << (tag - 0xcc));
    if (tag === 0xcf) return wide(bytes.readBigUInt64BE(next(8)));
    if (tag === 0xd0) return bytes.readInt8(next(1));
    if (tag === 0xd1) return bytes.readInt16BE(next(2));
    if (tag === 0xd2) return bytes.readInt32BE(next(4));
    if (tag === 0xd3) return wide(bytes.readBigInt64BE(next(8)));
    if (tag >= 0xd9 && tag <= 0xdb) return text(unsigned(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return list(unsigned(tag === 0xdc ? 2 : 4));
    if (tag === 0xde || tag === 0xdf) return map(unsigned(tag === 0xde ? 2 : 4));
    throw new Error(`a value of type 0x${tag.toString(16)}`);
  }
  const decoded = value();
  if (end !== bytes.length) throw new Error('trailing bytes');
  return decoded;
}
