/** The contract of both subprotocols' codecs. Decoders throw `ProtocolError` for what breaks a frame and never anything else. */
import type { Auth, Blocked, ClientFrame, Flow, Hello, ServerFrame, Subscribe, Unsubscribe } from './frames.ts';
import type { Subprotocol } from './limits.ts';

/** What goes into one WebSocket message: bytes for msgpack, text for json. */
export type Message = Uint8Array | string;

/** One event in its own encoding, ready to be laid into a PUBLISH. `bytes` is its size on the wire (UTF-8 bytes under json). */
export interface EncodedEvent {
  data: Message;
  bytes: number;
}

/** What a client needs. */
export interface ClientCodec {
  readonly subprotocol: Subprotocol;
  /** Whether its WebSocket messages are binary. */
  readonly binary: boolean;

  /** Encodes any frame but PUBLISH. The bytes are the caller's to keep. */
  encode(frame: Hello | Blocked | Subscribe | Flow | Unsubscribe | Auth): Message;
  /** Encodes one event; null gives its number up. Throws TypeError for what the format cannot express. */
  encodeEvent(event: unknown): EncodedEvent;
  /** An encoded event as JSON text, for what goes over HTTP instead. */
  eventJson(event: EncodedEvent): string;
  encodePublish(first: number, events: readonly EncodedEvent[]): Message;
  /** The payload size of the PUBLISH that `encodePublish` would make of `count` events with `eventBytes` bytes in total. */
  publishBytes(first: number, count: number, eventBytes: number): number;

  /** Decodes what a server sent; null for an op that this version does not know. */
  decodeServer(message: Message): ServerFrame | null;
}

/** Both sides. */
export interface Codec extends ClientCodec {
  encode(frame: ServerFrame | Hello | Blocked | Subscribe | Flow | Unsubscribe | Auth): Message;
  /** Decodes what a client sent. An op that a server does not take is a protocol error. */
  decodeClient(message: Uint8Array): ClientFrame;
}
