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

/** Pieces that nobody writes into; all connections share them, so that the one that is used next is in the caches still. */
const free: Buffer[] = [];

export class FrameWriter {
  private readonly socket: Socket;
  private piece: Buffer | null = null;
  private length = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Starts a frame; exactly `length` payload bytes must follow by `bytes`. */
  begin(opcode: number, length: number): void {
    const piece = this.pieceFor(HEADER_MOST + length);
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
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.piece!.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** ASCII only. */
  ascii(text: string): void {
    this.length += this.piece!.write(text, this.length, 'latin1');
  }

  /** One with room for so many bytes. What is written within one turn goes out together. */
  private pieceFor(bytes: number): Buffer {
    if (this.piece && this.length + bytes <= this.piece.length) return this.piece;
    if (this.piece) this.flush();
    else process.nextTick(this.flush);
    this.piece =
      bytes > PIECE_BYTES ? Buffer.allocUnsafeSlow(bytes) : (free.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES));
    return this.piece;
  }

  private readonly flush = (): void => {
    const { piece } = this;
    if (!piece) return;
    if (!this.socket.destroyed) this.socket.write(piece.subarray(0, this.length), () => giveBack(piece));
    this.piece = null;
    this.length = 0;
  };
}

function giveBack(piece: Buffer): void {
  if (piece.length === PIECE_BYTES) free.push(piece);
}
