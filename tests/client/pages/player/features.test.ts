/** The features that the player shows are there. */
import { expect, it } from 'vitest';
import { MAIN_FEATURES } from '../../../../client/pages/player/state/words.ts';
import { USER_VIEWS } from '../../../../server/features/registry.ts';

it('shows features that the server has', () => {
  const known = USER_VIEWS.flatMap(({ name, features }) => features.map((feature) => `${name}:${feature.name}`));
  const shown = [...MAIN_FEATURES.map(({ reference }) => reference), 'taste:artists', 'taste:genres'];
  expect(shown.filter((reference) => !known.includes(reference))).toEqual([]);
});
