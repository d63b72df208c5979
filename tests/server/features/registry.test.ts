import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FILE, featuresDoc } from '../../../scripts/make-features-doc.ts';
import { REGISTRY, registryOf, VIEWS } from '../../../server/features/registry.ts';
import { interaction, NOW } from './arbitrary-events.ts';
import { foldAll, nameOf, PARTITIONS } from './folded.ts';

test('docs/FEATURES.md is what `npx tsx scripts/make-features-doc.ts` writes', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(featuresDoc());
});

test('every feature can be referred to, and is described', () => {
  for (const { name, features } of VIEWS) {
    expect(REGISTRY.get(`${name}:*`)!.map(({ feature }) => feature)).toEqual(features);
    for (const feature of features) {
      expect(REGISTRY.get(`${name}:${feature.name}`)!.map((listed) => listed.feature)).toEqual([feature]);
      expect(feature.name).toMatch(/^[a-z][a-z0-9_]*$/);
      for (const text of [feature.about, feature.unit, feature.formula]) expect(text).not.toMatch(/^$|\|/);
    }
  }
});

test('every feature is read from the record that the projections write for its entity', () => {
  const events = ['play', 'complete', 'dislike'].map((action) =>
    interaction(action, { track: { artist: 'a', genre: 'g' } }),
  );
  const records = foldAll(events);
  const row = { user: 'user-1', track: 't-1', artist: 'a', genre: 'g' };
  for (const view of VIEWS) {
    for (const { key } of view.places('default', row, PARTITIONS)) {
      const record = records.get(nameOf(key));
      expect(record?.codec, view.name).toBe(view.codec);
      for (const feature of view.features) expect(feature.read(record!.state, NOW)).toHaveProperty('value');
    }
  }
});

test('two features may not have one name', () => {
  expect(() => registryOf([...VIEWS, VIEWS[0]!])).toThrow('two features are called user:');
});
