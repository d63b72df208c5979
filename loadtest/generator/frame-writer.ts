/**
 * Writes WebSocket frames of a client (RFC 6455 section 5.2) into large pieces and hands those to the socket, so that many small frames cost one
 * system call. The masking key is zero, which is allowed and saves this side the masking and a `ws` server the unmasking.
 */
import type { Socket } from 'node:net';

export const TEXT = 0x1;
export const BINARY = 0x2;

const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const HEADER_MOST = 14;
const PIECE_BYTES = 64 * 1024;

export class FrameWriter {
  private readonly socket: Socket;
  private readonly free: Buffer[] = [];
  private piece: Buffer;
  private length = 0;
  private scheduled = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  /** Starts a frame; exactly `length` payload bytes must follow by `bytes`. */
  begin(opcode: number, length: number): void {
    this.reserve(HEADER_MOST + length);
    const { piece } = this;
    piece[this.length++] = FIN | opcode;
    if (length < LENGTH_16) {
      piece[this.length++] = MASKED | length;
    } else if (length < 0x1_0000) {
      piece[this.length++] = MASKED | LENGTH_16;
      this.length = piece.writeUInt16BE(length, this.length);
    } else {
      piece[this.length++] = MASKED | LENGTH_64;
      this.length = piece.writeBigUInt64BE(BigInt(length), this.length);
    }
    this.length = piece.writeUInt32BE(0, this.length);
    this.schedule();
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.piece.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** ASCII only. */
  ascii(text: string): void {
    this.length += this.piece.write(text, this.length, 'latin1');
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.piece.length) return;
    this.flush();
    if (bytes > this.piece.length) this.piece = Buffer.allocUnsafeSlow(bytes);
  }

  /** What is written within one turn goes out together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.length === 0) return;
    const { piece } = this;
    if (!this.socket.destroyed) this.socket.write(piece.subarray(0, this.length), () => this.free.push(piece));
    this.piece = this.free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    this.length = 0;
  }
}
