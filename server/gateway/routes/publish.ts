/** What `/v1/events` and `/v1/beacon` share: from a parsed batch to the reply. */
import type { PublishOutcome, PublishOverHttp } from '../../ingest/request.ts';
import type { Verified } from '../authenticator.ts';
import { type Batch, BatchError } from '../batch/batch.ts';
import type { HttpReply, HttpRequest } from '../http.ts';
import type { Identity } from '../identity.ts';
import { type ProblemCode, problem } from '../problem.ts';

const USER_AGENT_MAX = 256;

/** What a batch may come to beside success. */
export const PUBLISH_PROBLEMS: readonly ProblemCode[] = [
  'invalid_context',
  'sequence_gap',
  'all_rejected',
  'storage_unavailable',
];

/** Settles a batch and words the outcome. Never 200 for what is not stored. */
export async function publishBatch(
  publish: PublishOverHttp,
  request: HttpRequest,
  { identity, batch, bytes }: { identity: Identity; batch: Batch; bytes: number },
): Promise<HttpReply> {
  const { token: _, ...fields } = batch;
  const userAgent = request.headers.get('user-agent')?.slice(0, USER_AGENT_MAX);
  return replyFor(
    await publish({ ...fields, identity, bytes, ...(userAgent ? { userAgent } : {}) }),
    batch.events.count,
  );
}

/** Parses, or answers why it cannot. */
export function tryParse(parse: () => Batch): { batch: Batch } | { reply: HttpReply } {
  try {
    return { batch: parse() };
  } catch (error) {
    if (error instanceof BatchError) return { reply: problem(error.code, { detail: error.message }) };
    throw error;
  }
}

export function refuseToken(verified: Extract<Verified, { ok: false }>): HttpReply {
  return problem(verified.code, { headers: { 'www-authenticate': 'Bearer' } });
}

function replyFor(outcome: PublishOutcome, count: number): HttpReply {
  switch (outcome.status) {
    case 'settled':
      return settled(outcome, count);
    case 'sequence_gap':
      return problem('sequence_gap', { members: { expected: outcome.expected } });
    case 'too_large':
      return problem('too_large', {
        detail: 'With its context for each event it is more than this server ever has room for.',
      });
    case 'overloaded':
      return problem('overloaded', { retryAfterMs: outcome.retryAfterMs });
    case 'unknown':
      return problem('storage_unavailable', {
        detail:
          'Repeat the same body: what is stored already is not stored again where events have an id or a producer.',
        retryAfterMs: outcome.retryAfterMs,
      });
  }
}

function settled(outcome: Extract<PublishOutcome, { status: 'settled' }>, count: number): HttpReply {
  const { accepted, duplicates, first, done } = outcome;
  const rejected = outcome.rejected.map(([seq, code, path, message]) => ({ index: seq - first, code, path, message }));
  const members = { accepted, duplicates, rejected, ...(done === undefined ? {} : { done }) };
  if (rejected.length === count) return problem('all_rejected', { members });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) };
}
