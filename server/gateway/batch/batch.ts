/** What a body of `POST /v1/events` holds: the events as raw bytes, and the other fields read and checked. */
import type { Context } from '../../../protocol/frames.ts';
import type { SlabFormat } from '../../../workers/slab.ts';

export interface Batch extends BatchFields {
  events: { format: SlabFormat; bytes: Uint8Array; count: number };
}

/** The fields beside the events; `producer` and `first` come together or not at all. */
export interface BatchFields {
  producer?: string;
  epoch?: number;
  first?: number;
  done?: number;
  clock?: number;
  context?: Context;
  /** Only where the token stands in the body (`/v1/beacon`). */
  token?: string;
}

/** Why a body is not a batch. The message is for people and repeats nothing of the body. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly code: 'invalid_body' | 'invalid_context' | 'too_large';
  constructor(message: string, code: BatchError['code'] = 'invalid_body') {
    super(message);
    this.code = code;
  }
}
