/** What is kept of every user: objects that had shapes of their own would be looked through anew with every event. */
import { expect, it } from 'vitest';
import { sessions, tastes, userAggregates } from '../../../server/features/projections.ts';
import { FIELDS } from '../../../server/features/states.ts';
import type { UserProjection } from '../../../server/processor/projection.ts';
import { listsProjection } from '../../../server/recommend/lists/projection.ts';
import { shapesOf } from '../../helpers/shape.ts';

const GROUP = 'u\0default\0ann';
const kept: { what: string; projection: UserProjection; field: string }[] = [
  { what: 'aggregates', projection: userAggregates, field: FIELDS.features },
  { what: 'a session', projection: sessions, field: FIELDS.session },
  { what: 'a taste', projection: tastes, field: FIELDS.taste },
  { what: 'what lists need', projection: listsProjection, field: FIELDS.lists },
];

it.each(kept)('$what: one shape, new or from storage', ({ projection, field }) => {
  const codec = projection.codec({ group: GROUP, field });
  expect(shapesOf(() => codec.create() as object)).toBe(1);
  const bytes = Uint8Array.from(codec.encode(codec.create()));
  expect(shapesOf(() => codec.decode(bytes) as object)).toBe(1);
});
