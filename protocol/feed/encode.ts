/** Frames of subscriptions on the wire. An item is encoded once, for however many subscribers, and only laid into their frames. */
import type { Codec, EncodedEvent, Message } from '../codec.ts';
import { OPS } from '../frames.ts';
import { Writer } from '../msgpack/writer.ts';
import type { FeedData, FeedFrame } from './server-subscription.ts';

const writer = new Writer();

/** `items` are encoded by `codec.encodeEvent`. The bytes are a buffer of their own. */
export function encodeFeedFrame(codec: Codec, frame: FeedFrame<EncodedEvent>): Message {
  if (frame.op !== 'DATA') return codec.encode(frame);
  return codec.binary ? packData(frame) : dataText(frame);
}

function dataText({ sub, offset, items }: FeedData<EncodedEvent>): string {
  return `[${OPS.DATA},${sub},${JSON.stringify(offset)},[${items.map((item) => item.data).join(',')}]]`;
}

function packData({ sub, offset, items }: FeedData<EncodedEvent>): Uint8Array {
  writer.arrayHeader(4);
  writer.number(OPS.DATA);
  writer.number(sub);
  writer.text(offset);
  writer.arrayHeader(items.length);
  const head = writer.take();
  let length = head.length;
  for (const item of items) length += item.bytes;
  const message = new Uint8Array(length);
  message.set(head);
  let at = head.length;
  for (const item of items) {
    message.set(item.data as Uint8Array, at);
    at += item.bytes;
  }
  return message;
}
