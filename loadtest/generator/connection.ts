/** One connection under load, whatever protocol it speaks. Numbers count events from 1. */
export interface LoadConnection {
  readonly producer: string;
  sent: number;
  acknowledged: number;
  readonly frames: number;
  readonly bytes: number;
  /** The server allows about as much at once as it ever will. */
  readonly grown: boolean;
  /** ms from the beginning to the WebSocket, and from HELLO to WELCOME; where the protocol has those. */
  readonly openTimes?: { upgradeMs: number; welcomeMs: number } | null;
  /** Resolves when events may be sent. */
  open(): Promise<void>;
  /**
   * Sends up to `events` as one frame and answers how many it were: fewer where the server allows fewer, 0 where it is better to wait for an
   * acknowledgement.
   */
  send(events: number): number;
  close(): void;
}

/** What a connection reports. */
export interface LoadConnectionEvents {
  /** More is acknowledged (up to `connection.acknowledged`, `before` it was less), or more may be sent. */
  progress(connection: LoadConnection, before: number): void;
  /** Something that must not happen. */
  fault(text: string): void;
}
