/** Answers HELLO: verifies the token, settles who speaks for the producer, finds out what is settled, and opens the connection. */

import { type ProducerId, producerKey } from '../../format/producer-key.ts';
import { unite } from '../../format/record.ts';
import type { CreditBudget } from '../../protocol/credit/budget.ts';
import { parseContext } from '../../protocol/events.ts';
import type { Context, Durability, Hello } from '../../protocol/frames.ts';
import { CONTEXT_MAX_BYTES, type FrameLimits } from '../../protocol/limits.ts';
import { slabSource } from '../../workers/slab.ts';
import type { Authenticator } from '../gateway/authenticator.ts';
import type { Identity } from '../gateway/identity.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { KnownProducer } from '../ingest/source.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Connection } from './connection.ts';
import { type Claim, defeat, type ProducerTable, wins } from './producers.ts';
import type { Takeover } from './takeover.ts';

/** How long the last events of a former connection are waited for. The watermark keeps the log right without it. */
const QUIET_MS = 3_000;

export interface OpeningParts {
  ingest: Ingest;
  budget: CreditBudget;
  limits: FrameLimits;
  authenticator: Authenticator;
  producers: ProducerTable<Connection>;
  /** Tells the other processes; null where there can be none. */
  takeover: Takeover | null;
  metrics: Metrics;
  logger: Logger;
  durability(): Durability;
  dedupMs: number;
  maxAgeMs: number;
}

export class Opening {
  private readonly parts: OpeningParts;

  constructor(parts: OpeningParts) {
    this.parts = parts;
  }

  /** Throws ProtocolError for a HELLO that cannot be. Whatever else goes wrong ends the connection. */
  hello(connection: Connection, hello: Hello): void {
    const verified = this.parts.authenticator.verify(hello.token);
    if (!verified.ok) return connection.end(verified.code, 'the token is not accepted');
    const context = hello.context === undefined ? undefined : parseContext(hello.context);
    if (hello.producer === undefined) return connection.open(verified.identity, null, null);
    const { identity } = verified;
    const id = { tenant: identity.tenant, owner: identity.owner, producer: hello.producer, epoch: hello.epoch ?? 1 };
    if (!this.claim(connection, hello, id)) return;
    this.openPublisher(connection, hello, id, identity, context).catch((error) => {
      this.parts.logger.warn({ session: connection.socket.id, err: error }, 'what is settled could not be read');
      connection.end('storage_unavailable', 'what is settled could not be read', 1_000);
    });
  }

  /** False if an older connection of this producer stays. */
  private claim(connection: Connection, hello: Hello, id: ProducerId): boolean {
    const { producers, takeover } = this.parts;
    const key = producerName(id);
    const rival = producers.get(key);
    const claim: Claim = {
      epoch: id.epoch,
      attempt: hello.attempt ?? 0,
      // Within one process the later HELLO is later, whatever the clock says.
      at: Math.max(Date.now(), rival ? rival.claim.at + 1 : 0),
      session: connection.socket.id,
    };
    if (rival && wins(rival.claim, claim)) {
      dismiss(connection, claim, rival.claim);
      return false;
    }
    producers.claim(key, claim, connection);
    connection.producerName = key;
    if (rival) {
      dismiss(rival.owner, rival.claim, claim);
      // Now, not when its socket reports the close: this connection is about to wait for what it left behind.
      producers.leave(key, rival.owner, rival.owner.unsettled > 0);
    }
    takeover?.announce(key, claim);
    return true;
  }

  private async openPublisher(
    connection: Connection,
    hello: Hello,
    id: ProducerId,
    identity: Identity,
    context: Context | undefined,
  ): Promise<void> {
    const { ingest, producers, budget, limits, durability, dedupMs, maxAgeMs } = this.parts;
    const clientDone = hello.done ?? 0;
    const clockOffsetMs = hello.clock === undefined ? undefined : Date.now() - hello.clock;
    await producers.quiet(producerName(id), QUIET_MS);
    const known = await ingest.known(id, clientDone);
    if (connection.session.state !== 'opening') return;
    this.noticeLoss(id, clientDone, known);
    const { userId } = identity;
    const { userAgent } = connection.socket;
    const sender = slabSource(id, { context, clockOffsetMs, userId, userAgent, agent: hello.agent });
    const opening = {
      budget,
      limits,
      done: known.done,
      clientDone,
      rejected: known.rejected,
      contextBytes: context ? Math.min(CONTEXT_MAX_BYTES, Buffer.byteLength(JSON.stringify(context))) : 0,
      producer: id.producer,
      epoch: id.epoch,
      durability: durability(),
      dedupMs,
      maxAgeMs,
    };
    connection.open(identity, opening, { source: ingest.open(id, connection, known), sender });
  }

  /** The client was told that more is settled than storage has now. */
  private noticeLoss(id: ProducerId, clientDone: number, { records }: KnownProducer): void {
    if (clientDone === 0) return;
    const found = unite(records).done;
    if (clientDone <= found) return;
    this.parts.ingest.noticeLoss(producerKey(id), clientDone, found);
    this.parts.logger.error(
      { producer: producerKey(id), acknowledged: clientDone, found },
      'storage does not have what was acknowledged: it was lost, or the producer was away longer than it is remembered',
    );
  }
}

/** A producer over all its epochs. */
export function producerName({ tenant, owner, producer }: ProducerId): string {
  return producerKey({ tenant, owner, producer, epoch: 0 });
}

/** Ends the connection that lost its producer to another. */
export function dismiss(loser: Connection, mine: Claim, winner: Claim): void {
  const code = defeat(mine, winner);
  const message = code === 'fenced' ? 'a later epoch of this producer is connected' : 'this producer connected anew';
  loser.end(code, message, 0, code === 'fenced' ? winner.epoch : undefined);
}
