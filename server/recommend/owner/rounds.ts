/**
 * Looks up listeners and asks the models, partition by partition: while one round is under way the next one collects, so that many
 * questions at once cost one reading of the partition to its end and one call of the index. What waits is bounded.
 */
import { partitionOf } from '../../../format/partition.ts';
import { userGroup } from '../../features/groups.ts';
import type { RecordKey } from '../../features/port.ts';
import { FIELDS, type SessionState, type TasteState } from '../../features/states.ts';
import type { OwnedUsers } from '../../processor/owned.ts';
import type { IndexThread } from '../index/port.ts';
import type { ListenerState } from '../lists/listener-state.ts';
import { listenerKey, slotKey } from '../lists/projection.ts';
import type { SlotState } from '../lists/slot.ts';
import type { Prediction, RecommendationRequest } from '../port.ts';
import type { ServedList } from '../served.ts';
import { UnavailableError } from '../unavailable.ts';
import { queryOf } from './query.ts';

export interface RoundsOptions {
  users: OwnedUsers;
  index: () => Pick<IndexThread, 'predict'>;
  partitions: number;
  /** ms since 1970. */
  now(): number;
  /** Questions that may wait or be under way; default 2,000. */
  maxWaiting?: number;
  /** Who waited longer is not waiting any more, ms; default 500. */
  maxWaitMs?: number;
}

export type Looked =
  /** The request was answered before. */
  | { kind: 'served'; list: ServedList }
  | {
      kind: 'new';
      prediction: Prediction;
      /** The index has not read the whole log yet. */
      loading: boolean;
      /** `ListenerState.changes` and `served` as the prediction saw them. */
      changes: number;
      served: number;
    };

const MAX_WAITING = 2_000;
const MAX_WAIT_MS = 500;
/** One call of the index holds it up for the time of so many predictions. */
const ROUND_MAX = 32;

interface Question {
  request: RecommendationRequest;
  since: number;
  resolve(looked: Looked): void;
  reject(error: Error): void;
}

export class Rounds {
  private readonly options: RoundsOptions;
  private readonly waiting = new Map<number, Question[]>();
  private readonly running = new Set<number>();
  private open = 0;

  constructor(options: RoundsOptions) {
    this.options = options;
  }

  /** Everything that stood in the log before the call is in the answer. Throws UnavailableError. */
  look(request: RecommendationRequest): Promise<Looked> {
    const { maxWaiting = MAX_WAITING, partitions } = this.options;
    const partition = partitionOf(request.tenant, request.userId, partitions);
    if (this.open >= maxWaiting) return Promise.reject(new UnavailableError('too much is asked'));
    return new Promise((resolve, reject) => {
      const questions = this.waiting.get(partition) ?? [];
      this.waiting.set(partition, questions);
      questions.push({ request, since: performance.now(), resolve, reject });
      this.open++;
      // In the next turn: what comes in this one goes along.
      if (!this.running.has(partition)) {
        this.running.add(partition);
        setImmediate(() => void this.run(partition));
      }
    });
  }

  private async run(partition: number): Promise<void> {
    for (;;) {
      const questions = this.waiting.get(partition)?.splice(0, ROUND_MAX) ?? [];
      if (questions.length === 0) break;
      const late = performance.now() - (this.options.maxWaitMs ?? MAX_WAIT_MS);
      const inTime = questions.filter(({ since }) => since >= late);
      await this.attempt(partition, inTime);
      for (const { since, reject } of questions) {
        if (since < late) reject(new UnavailableError('it waited too long'));
      }
      this.open -= questions.length;
    }
    this.running.delete(partition);
  }

  /** Where a round fails, each of its questions by itself: what is wrong with one listener is not the others' fault. */
  private async attempt(partition: number, questions: readonly Question[]): Promise<void> {
    try {
      await this.round(partition, questions);
    } catch (cause) {
      if (questions.length > 1 && this.options.users.owns(partition)) {
        for (const question of questions) await this.attempt(partition, [question]);
        return;
      }
      const error = new UnavailableError('the partition or the index does not answer', { cause });
      for (const { reject } of questions) reject(error);
    }
  }

  private async round(partition: number, questions: readonly Question[]): Promise<void> {
    if (questions.length === 0) return;
    const { users, index, now } = this.options;
    const states = await users.current(
      partition,
      questions.flatMap(({ request }) => recordKeys(request)),
    );
    const at = now();
    const asked: { question: Question; changes: number; served: number }[] = [];
    const queries: Parameters<IndexThread['predict']>[0][number][] = [];
    const repeated: { question: Question; slot: number }[] = [];
    questions.forEach((question, i) => {
      const [session, taste, listener] = states.slice(i * 3, i * 3 + 3) as [SessionState, TasteState, ListenerState];
      const { request } = question;
      const slot = request.requestId === undefined ? undefined : listener.requests.get(request.requestId);
      if (slot !== undefined) repeated.push({ question, slot });
      else {
        asked.push({ question, changes: listener.changes, served: listener.served });
        queries.push({ model: request.model, query: queryOf(request, { session, taste, listener }, at) });
      }
    });
    await Promise.all([this.repeat(partition, repeated), this.predict(index(), queries, asked)]);
  }

  private async predict(
    index: Pick<IndexThread, 'predict'>,
    queries: Parameters<IndexThread['predict']>[0],
    asked: readonly { question: Question; changes: number; served: number }[],
  ): Promise<void> {
    if (queries.length === 0) return;
    const { state, predictions } = await index.predict(queries);
    const loading = state === 'loading';
    asked.forEach(({ question, changes, served }, i) => {
      question.resolve({ kind: 'new', prediction: predictions[i]!, loading, changes, served });
    });
  }

  private async repeat(partition: number, repeated: readonly { question: Question; slot: number }[]): Promise<void> {
    if (repeated.length === 0) return;
    const keys = repeated.map(({ question: { request }, slot }) => slotKey(request.tenant, request.userId, slot));
    const slots = (await this.options.users.current(partition, keys)) as SlotState[];
    repeated.forEach(({ question }, i) => {
      const { list } = slots[i]!;
      // Meanwhile another list may have taken the slot.
      if (list && list.requestId === question.request.requestId) question.resolve({ kind: 'served', list });
      else question.reject(new UnavailableError('the list was forgotten a moment ago'));
    });
  }
}

function recordKeys({ tenant, userId }: RecommendationRequest): RecordKey[] {
  const group = userGroup(tenant, userId);
  return [{ group, field: FIELDS.session }, { group, field: FIELDS.taste }, listenerKey(tenant, userId)];
}
