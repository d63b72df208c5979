/** What the processor's thread and its owner, the main thread, call on each other. Plain data. */
import type { FeedTrack, ProcessorFigures } from '../feeds/figures.ts';

/** An event that the server itself makes: stored in its user's partition like any other, never taken from a client. */
export interface InternalEvent {
  tenant: string;
  /** Claims it in the log for a while: the same id of the same user is stored once. */
  id: string;
  type: 'recommendation_served';
  user_id: string;
  /** ms since 1970. */
  timestamp: number;
  [field: string]: unknown;
}

/** An event that could not be folded, to be kept as a dead letter; (partition, position) names it, so it stands once however often it is told. */
export interface PoisonedEvent {
  partition: number;
  position: number;
  tenant: string;
  userId: string;
  /** For people; never holds a value of the event. */
  message: string;
  /** The event as MessagePack. */
  bytes: Uint8Array;
}

/** What the thread calls. */
export interface ProcessorOwner {
  /** Resolves when it is durable. `duplicate`: its id was there already. Rejects when storage does not answer. */
  store(event: InternalEvent): Promise<'stored' | 'duplicate'>;
  poison(event: PoisonedEvent): Promise<void>;
  /** Once a second. */
  figures(figures: ProcessorFigures, topTracks: FeedTrack[]): void;
}

/** What the main thread calls. */
export interface ProcessorThread {
  stop(): Promise<void>;
}
