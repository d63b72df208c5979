/**
 * Keeps what could not be folded as a dead letter of its partition. The producer of such a letter is the partition's own, and its epoch
 * and number are the event's position: the log's watermark lets each stand once, in whatever order and however often they are told.
 * The producer's name holds a dot, which no client's can.
 */
import { encodeReason } from '../../format/dead-letter.ts';
import type { ProducerId } from '../../format/producer-key.ts';
import { UnitWriter } from '../../format/unit.ts';
import type { Rejection } from '../../protocol/frames.ts';
import { REJECT_MESSAGE_MAX } from '../../protocol/limits.ts';
import type { UnitDraft } from '../../workers/slab.ts';
import type { PoisonedEvent } from '../processor/port.ts';
import { Desk } from './desk.ts';
import type { Ingest } from './ingest.ts';

export interface PoisonKeeperParts {
  ingest: Ingest;
  /** Whether dead letters are kept at all. */
  deadLetters: boolean;
}

/** Resolves when the letter is durable; waits as long as storage needs. Rejects when the log takes nothing any more. */
export function createPoisonKeeper({
  ingest,
  deadLetters,
}: PoisonKeeperParts): (event: PoisonedEvent) => Promise<void> {
  return async (event) => {
    if (!deadLetters) return;
    const { partition, position, tenant } = event;
    const id: ProducerId = { tenant, owner: '', producer: `gapless.fold.${partition}`, epoch: position };
    const desk: Desk = new Desk(0, () => ingest.abandon(source));
    const source = ingest.open(id, desk);
    const verdicts = desk.verdicts(position, 1);
    ingest.commit(source, draftOf(event, id), event.bytes.length);
    if (!(await verdicts)) throw new Error('the log takes no dead letter');
  };
}

function draftOf({ partition, position, userId, message, bytes }: PoisonedEvent, id: ProducerId): UnitDraft {
  const rejection: Rejection = [position, 'unprocessable', '', message.slice(0, REJECT_MESSAGE_MAX)];
  const [, code, path, text] = rejection;
  const writer = new UnitWriter();
  const added = encodeReason({ stage: 'fold', code, path, message: text, format: 'msgpack' });
  writer.add({ seq: position, subject: userId, receivedAt: Date.now(), body: bytes, added });
  const unit = writer.finish(id);
  return {
    source: 0,
    partition,
    seqs: [position],
    bytes: new Uint8Array(0),
    stored: 0,
    ids: [],
    idSeqs: [],
    rejected: [rejection],
    deadBytes: unit.bytes,
    dead: unit.count,
  };
}
