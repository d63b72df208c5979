/**
 * What the feeds' thread and its owner, the main thread, call on each other. Subscriptions live in the thread: it reads the log and the
 * feature store, keeps credit to the item, and hands over encoded frames; the main thread only puts them on the socket.
 */

import type { Message } from '../../protocol/codec.ts';
import type { Subscribe } from '../../protocol/frames.ts';
import type { Subprotocol } from '../../protocol/limits.ts';
import type { FeatureAnswer, FeatureRequest, FeatureRequestError } from '../features/request.ts';
import type { RecommendationList, RecommendationRequest } from '../recommend/port.ts';
import type { ServerFigures } from './figures.ts';

/** What a connection's token may read. */
export interface Access {
  tenant: string;
  /** Set where the token names a user: `features` and `recommendations` of that user only. */
  userId?: string;
}

/** What the main thread calls; all but `lookup` without an answer. `connection` is a number that the main thread gives. */
export interface FeedsThread {
  open(connection: number, subprotocol: Subprotocol, access: Access): void;
  subscribe(connection: number, frame: Subscribe): void;
  flow(connection: number, sub: number, limit: number): void;
  unsubscribe(connection: number, sub: number): void;
  /** A new token: what it no longer allows ends with UNSUBSCRIBED `forbidden`. */
  authorise(connection: number, access: Access): void;
  /** The socket took this many bytes (`messageBytes`) of what `frames` brought; a clogged one takes nothing until it is drained. */
  taken(connection: number, bytes: number): void;
  close(connection: number): void;
  /** This process's figures, once a second. */
  stats(figures: ServerFigures): void;
  /** An error's class and code do not cross threads; `FeedsLink.lookup` throws it again. */
  lookup(request: FeatureRequest): Promise<FeatureReply>;
  stop(): Promise<void>;
}

/** What the thread calls. */
export interface FeedsOwner {
  /** Encoded frames in order, and the subscriptions that UNSUBSCRIBED among them ended or refused. */
  frames(connection: number, messages: Message[], ended: number[]): void;
  /** The client broke the protocol: SUBSCRIBE of a `sub` that is in use, for example. */
  violation(connection: number, message: string): void;
  /** A list for a user whose owner sends none: what is popular, in the log before it is here. Rejects where the log does not take it. */
  recommend(request: RecommendationRequest): Promise<RecommendationList>;
}

export type FeatureReply =
  | { answer: FeatureAnswer }
  | { refused: { code: FeatureRequestError['code']; message: string } };

/** How both sides count a message: text by its UTF-16 units, which costs nothing. */
export function messageBytes(message: Message): number {
  return message.length;
}

/** Bytes of one connection that may be on their way between the thread and its socket. */
export const IN_FLIGHT_BYTES = 256 * 1024;
