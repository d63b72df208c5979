/** The frame of every record: a version byte, then its fields. What is cut off, too long or of another version does not decode. */
import { ByteReader, ByteWriter, FormatError } from '../../format/bytes.ts';
import type { RecordCodec } from '../processor/projection.ts';

export class RecordReader extends ByteReader {
  private readonly view: DataView;

  constructor(bytes: Uint8Array, position: number) {
    super(bytes, position);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A varint of at most `max`. */
  upTo(max: number, what: string): number {
    const value = this.varint();
    if (value > max) throw new FormatError(`${what} is more than ${max}`);
    return value;
  }

  /** A finite number. */
  number(): number {
    if (this.end - this.position < 8) throw new FormatError('number is cut off');
    const value = this.view.getFloat64(this.position);
    this.position += 8;
    if (!Number.isFinite(value)) throw new FormatError('number is not finite');
    return value;
  }
}

/** Records are written one behind the other, many into one block of memory, which lives as long as one of them is needed. */
const BLOCK_BYTES = 256 * 1024;
/** Few records are larger; then the block grows. */
const RECORD_BYTES = 4 * 1024;
let writer = new ByteWriter(BLOCK_BYTES);

/** The codec of a record from what writes and reads its fields. */
export function recordCodec<S>(
  version: number,
  create: () => S,
  write: (state: S, writer: ByteWriter) => void,
  read: (reader: RecordReader) => S,
): RecordCodec<S> {
  return {
    create,
    encode(state) {
      if (writer.length > BLOCK_BYTES - RECORD_BYTES) writer = new ByteWriter(BLOCK_BYTES);
      const from = writer.length;
      writer.byte(version);
      write(state, writer);
      return writer.view(from);
    },
    decode(bytes) {
      if (bytes[0] !== version) throw new FormatError(`not version ${version} of the record`);
      const reader = new RecordReader(bytes, 1);
      const state = read(reader);
      if (!reader.done) throw new FormatError('the record is longer than what it holds');
      return state;
    },
  };
}
