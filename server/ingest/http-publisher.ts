/**
 * Settles batches that come over HTTP. With a producer a request is one PUBLISH, one at a time per producer. Without one its events go
 * into a lane.
 */
import { type ProducerId, producerKey } from '../../format/producer-key.ts';
import type { CreditBudget } from '../../protocol/credit/budget.ts';
import { type SlabSource, slabSource } from '../../workers/slab.ts';
import { LogError } from '../log/error.ts';
import { Copy } from './arena.ts';
import { Desk, type Verdicts } from './desk.ts';
import type { Ingest } from './ingest.ts';
import { Lanes } from './lanes.ts';
import { ProducerLocks } from './producer-locks.ts';
import type { PublishOutcome, PublishOverHttp, PublishRequest } from './request.ts';
import type { Source } from './source.ts';

const RETRY_AFTER_MS = 1_000;

export interface HttpPublisherParts {
  ingest: Ingest;
  budget: CreditBudget;
  /** As many lanes as threads: each has one slab in the pool at a time. */
  lanes: number;
  /** How long a request waits for its verdicts, ms. */
  timeoutMs: number;
}

/** What a request came to: its answer, and when its bytes are no longer held. */
interface Taken {
  answer: Promise<PublishOutcome>;
  settled: Promise<unknown>;
}

export function createHttpPublisher(parts: HttpPublisherParts): PublishOverHttp {
  const { ingest, budget, timeoutMs } = parts;
  const locks = new ProducerLocks();
  const lanes = new Lanes(ingest, parts.lanes, 'http-');

  async function inLane(request: PublishRequest): Promise<Taken> {
    const { count } = request.events;
    const { id, desk, source, first } = lanes.reserve(count);
    const verdicts = desk.verdicts(first, count);
    take(request, { ...id, tenant: request.identity.tenant }, source, first, 0);
    return { answer: inTime(verdicts.then((known) => outcome(known, first, count))), settled: verdicts };
  }

  async function asProducer(request: PublishRequest, id: ProducerId, first: number): Promise<Taken> {
    const known = await ingest.known(id, request.done ?? 0);
    const { count } = request.events;
    if (first > known.done + 1) return refused({ status: 'sequence_gap', expected: known.done + 1 });
    const skip = Math.max(0, Math.min(count, known.done + 1 - first));
    const repeated = known.rejected.filter(([seq]) => seq >= first && seq < first + skip);
    const desk: Desk = new Desk(known.done, () => ingest.abandon(source));
    const source = ingest.open(id, desk, known);
    const verdicts = desk.verdicts(first + skip, count - skip);
    take(request, id, source, first, skip);
    const answer = verdicts.then((known) => {
      if (!known) return UNKNOWN;
      const duplicates = known.duplicates + skip - repeated.length;
      const whole = { duplicates, rejected: [...repeated, ...known.rejected] };
      return { ...outcome(whole, first, count), done: desk.done } as PublishOutcome;
    });
    return { answer: inTime(answer), settled: verdicts };
  }

  function take(request: PublishRequest, id: ProducerId, source: Source, first: number, skip: number): void {
    const { format, bytes, count } = request.events;
    const copy = Copy.of(bytes);
    const frame = { format, copy, first, count, skip, receivedAt: Date.now(), sender: sender(request, id) };
    ingest.take(source, frame, request.bytes, 'http');
  }

  /** The answer, or `unknown` when it takes too long; the events go on. */
  function inTime(answer: Promise<PublishOutcome>): Promise<PublishOutcome> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, timeoutMs, UNKNOWN);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  async function publish(request: PublishRequest): Promise<PublishOutcome> {
    const { identity, producer, epoch = 1, first } = request;
    const held = heldBytes(request);
    if (held > budget.mostHeld) return { status: 'too_large' };
    if (!budget.hold(held)) return { status: 'overloaded', retryAfterMs: RETRY_AFTER_MS };
    const release = () => budget.release(held);
    try {
      if (producer === undefined || first === undefined) return await answerAndRelease(await inLane(request), release);
      const id = { tenant: identity.tenant, owner: identity.owner, producer, epoch };
      return await locks.run(producerKey(id), async () => {
        return answerAndRelease(await asProducer(request, id, first), release);
      });
    } catch (error) {
      release();
      if (error instanceof LogError) return UNKNOWN;
      throw error;
    }
  }
  return publish;
}

const UNKNOWN: PublishOutcome = { status: 'unknown', retryAfterMs: RETRY_AFTER_MS };

/** The body, and the context once for each event that it is merged into. */
function heldBytes({ bytes, context, events }: PublishRequest): number {
  return bytes + (context ? Buffer.byteLength(JSON.stringify(context)) * events.count : 0);
}

function refused(answer: PublishOutcome): Taken {
  return { answer: Promise.resolve(answer), settled: Promise.resolve() };
}

function answerAndRelease({ answer, settled }: Taken, release: () => void): Promise<PublishOutcome> {
  void settled.finally(release);
  return answer;
}

function sender({ context, identity, userAgent, clock }: PublishRequest, id: ProducerId): SlabSource {
  const clockOffsetMs = clock === undefined ? undefined : Date.now() - clock;
  return slabSource(id, { context, clockOffsetMs, userId: identity.userId, userAgent });
}

function outcome(verdicts: Verdicts | null, first: number, count: number): PublishOutcome {
  if (!verdicts) return UNKNOWN;
  const rejected = [...verdicts.rejected].sort((a, b) => a[0] - b[0]);
  const accepted = count - verdicts.duplicates - rejected.length;
  return { status: 'settled', accepted, duplicates: verdicts.duplicates, rejected, first };
}
