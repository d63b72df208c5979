/**
 * Folds what recommendations need of a user's events: what must not be recommended, the lists that were served last, and how the lists
 * of each model did. All of it lies in the users scope of the partition:
 *
 *   group of the user            `lists` (ListenerState), `served\0<slot>` (SlotState)
 *   `model\0<tenant>\0<model>`   '' (ModelState)
 */

import { readActivity } from '../../features/activity.ts';
import { userGroup } from '../../features/groups.ts';
import type { RecordKey } from '../../features/port.ts';
import { eventTime } from '../../features/signal.ts';
import { FIELDS } from '../../features/states.ts';
import type { ConsumedEvent, RecordCodec, UserProjection } from '../../processor/projection.ts';
import { parseRecommendationId } from '../recommendation-id.ts';
import { servedList } from '../served.ts';
import { foldServed, foldSignal, type ListenerState, listenerCodec } from './listener-state.ts';
import { countOutcome, type ModelState, modelCodec, modelGroup } from './model-state.ts';
import { outcomeOf } from './outcome.ts';
import { fillSlot, noteOutcome, type SlotState, slotCodec } from './slot.ts';

const SLOT_FIELD = 'served\0';

export function listenerKey(tenant: string, user: string): RecordKey {
  return { group: userGroup(tenant, user), field: FIELDS.lists };
}

export function slotKey(tenant: string, user: string, slot: number): RecordKey {
  return { group: userGroup(tenant, user), field: `${SLOT_FIELD}${slot}` };
}

/** The slot first, then the model's record: where an event names a list. */
function attributionKeys(consumed: ConsumedEvent): RecordKey[] {
  const { event } = consumed;
  const place = parseRecommendationId(event.recommendation_id);
  if (!place || outcomeOf(event, readActivity(consumed)?.signal?.kind) === null) return [];
  const { tenant, user_id: user } = event;
  return [slotKey(tenant, user, place.slot), { group: modelGroup(tenant, place.model), field: '' }];
}

export const listsProjection: UserProjection = {
  kind: 'users',
  name: 'lists',

  keys(consumed) {
    const { event } = consumed;
    const list = servedList(event);
    if (list) {
      const slot = parseRecommendationId(list.recommendationId)?.slot;
      if (slot === undefined) return [];
      return [listenerKey(event.tenant, event.user_id), slotKey(event.tenant, event.user_id, slot)];
    }
    const keys = attributionKeys(consumed);
    const activity = readActivity(consumed);
    return activity?.signal ? [{ group: activity.group, field: FIELDS.lists }, ...keys] : keys;
  },

  owns: ({ group, field }) => field === FIELDS.lists || field.startsWith(SLOT_FIELD) || group.startsWith('model\0'),

  codec({ group, field }): RecordCodec<unknown> {
    if (field === FIELDS.lists) return listenerCodec;
    return group.startsWith('model\0') ? modelCodec : slotCodec;
  },

  fold(consumed, states) {
    const { event } = consumed;
    const list = servedList(event);
    if (list) {
      foldServed(states[0] as ListenerState, list);
      fillSlot(states[1] as SlotState, list);
      return;
    }
    const signal = readActivity(consumed)?.signal;
    if (signal) foldSignal(states[0] as ListenerState, signal);
    const [slot, model] = states.slice(signal ? 1 : 0) as [SlotState?, ModelState?];
    if (slot && model) attribute(consumed, slot, model);
  },
};

function attribute(consumed: ConsumedEvent, slot: SlotState, model: ModelState): void {
  const { event } = consumed;
  const outcome = outcomeOf(event, readActivity(consumed)?.signal?.kind);
  if (!outcome) return;
  const track = typeof event.track_id === 'string' ? event.track_id : undefined;
  const rank = noteOutcome(slot, event.recommendation_id as string, outcome, track);
  if (rank !== null) countOutcome(model, rank, outcome, eventTime(event));
}
