/**
 * Short messages between server processes, about what is going on right now. Lossy by contract: a message may not arrive, and while there
 * is no connection none does. What arrives of one publisher and topic arrives in its order. So it carries hints and latest values only,
 * and whoever needs certainty asks the log.
 */
export interface LiveBus {
  /** Hands the message to all who subscribe to the topic, this process included. Never throws and never waits. */
  publish(topic: string, bytes: Uint8Array): void;

  /** Calls the handler with each message from some time soon on; the bytes are its to keep. Gives back how to end it. */
  subscribe(topic: string, handler: BusHandler): () => void;

  close(): Promise<void>;
}

export type BusHandler = (bytes: Uint8Array) => void;
