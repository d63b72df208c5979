/** What makes connections send. */
import type { LoadConnection } from './connection.ts';

export interface Driver {
  /** All connections are open. */
  start(): void;
  /** No more is offered. */
  stop(): void;
  progress(connection: LoadConnection, before: number): void;
  /** What arrives from now on counts. */
  measure(): void;
}
