/** A batch that came over HTTP: one PUBLISH without a socket. `server/ingest/http-publisher.ts` settles it. */
import type { Context, Rejection } from '../../protocol/frames.ts';
import type { SlabFormat } from '../../workers/slab.ts';
import type { Identity } from '../gateway/identity.ts';

export interface PublishRequest {
  identity: Identity;
  events: { format: SlabFormat; bytes: Uint8Array; count: number };
  /** Size of the whole body, which is what the budget counts. */
  bytes: number;
  context?: Context;
  /** `producer` and `first` come together or not at all. */
  producer?: string;
  epoch?: number;
  first?: number;
  done?: number;
  clock?: number;
  userAgent?: string;
}

export type PublishOutcome =
  /** All is settled: stored durably, there already, or rejected for good. `done` only with a producer. Rejections carry event numbers. */
  | { status: 'settled'; accepted: number; duplicates: number; rejected: Rejection[]; first: number; done?: number }
  | { status: 'sequence_gap'; expected: number }
  /** It holds more than there is ever room for. */
  | { status: 'too_large' }
  /** Nothing was taken. */
  | { status: 'overloaded'; retryAfterMs: number }
  /** It is not known what was stored. */
  | { status: 'unknown'; retryAfterMs: number };

export type PublishOverHttp = (request: PublishRequest) => Promise<PublishOutcome>;
