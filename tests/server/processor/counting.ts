/** Projections that are easy to check: counts, and a chain of positions that is only right where each event was folded once and in order. */
import type { StoredEvent } from '../../../format/model.ts';
import { entityGroup, userGroup } from '../../../server/features/groups.ts';
import type {
  ConsumedEvent,
  Projection,
  RecordCodec,
  ShardProjection,
  UserProjection,
} from '../../../server/processor/projection.ts';

export interface UserCount {
  count: number;
  /** Changes with every event and with their order. */
  chain: number;
}

export interface TrackCount {
  count: number;
  positions: number;
}

export function json<S>(create: () => S): RecordCodec<S> {
  return {
    create,
    decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as S,
    encode: (state) => Buffer.from(JSON.stringify(state)),
  };
}

const userCodec = json<UserCount>(() => ({ count: 0, chain: 0 }));
const trackCodec = json<TrackCount>(() => ({ count: 0, positions: 0 }));

/** What a fold does with an event that is marked; throws where it cannot be folded. */
export type Obstacle = (event: StoredEvent, where: 'users' | 'shard') => void;

export function countingProjections(obstacle: Obstacle = () => {}): Projection[] {
  const users: UserProjection = {
    kind: 'users',
    name: 'user_counts',
    owns: ({ field }) => field === 'count',
    keys: ({ event }) => [{ group: userGroup(event.tenant, event.user_id), field: 'count' }],
    codec: () => userCodec,
    fold(consumed, states) {
      countUser(consumed, states[0] as UserCount);
      // What was changed already must not stay.
      obstacle(consumed.event, 'users');
    },
  };
  const tracks: ShardProjection = {
    kind: 'shard',
    name: 'track_counts',
    keys: ({ event }) => [
      { group: entityGroup('track', event.tenant, String(event.track_id)), field: '' },
      { group: entityGroup('global', event.tenant, ''), field: '' },
    ],
    codec: () => trackCodec,
    fold(consumed, _key, state) {
      countTrack(consumed, state as TrackCount);
      obstacle(consumed.event, 'shard');
    },
  };
  return [users, tracks];
}

export function countUser({ position }: ConsumedEvent, state: UserCount): void {
  state.count++;
  state.chain = (state.chain * 31 + position) % 1_000_003;
}

export function countTrack({ position }: ConsumedEvent, state: TrackCount): void {
  state.count++;
  state.positions += position;
}
