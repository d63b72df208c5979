/** One item of a feed: encoded once for each subprotocol, however many subscribers get it. */
import type { Codec, EncodedEvent } from '../../protocol/codec.ts';
import { assertExpressible } from '../../protocol/expressible.ts';

export class FeedItem {
  private readonly value: unknown;
  private packed: EncodedEvent | null = null;
  private text: EncodedEvent | null = null;

  /** The value must not change afterwards. */
  constructor(value: unknown) {
    this.value = value;
  }

  /** Throws TypeError for what a codec cannot express. */
  encoded(codec: Codec): EncodedEvent {
    if (codec.binary) {
      this.packed ??= codec.encodeEvent(this.value);
      return this.packed;
    }
    this.text ??= codec.encodeEvent(this.value);
    return this.text;
  }
}

/** What comes from elsewhere (another process, an event that was rejected) as an item, or null where codecs cannot express it. */
export function itemOf(value: unknown): FeedItem | null {
  try {
    assertExpressible(value);
    return new FeedItem(value);
  } catch {
    return null;
  }
}
