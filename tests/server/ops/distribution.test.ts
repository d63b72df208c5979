import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { distribution } from '../../../server/ops/distribution.ts';

const BOUNDS = [0.0005, 0.01, 1, 30];
const NAMES = { name: 'waits_seconds', help: 'How long "it" took.' };

it("says what prom-client's own histogram says", async () => {
  const value = fc.oneof(fc.constantFrom(...BOUNDS), fc.double({ min: 0, max: 100, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 50 }), async (values) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const ours = distribution({ ...NAMES, registers: [own] }, BOUNDS);
      const reference = new Histogram({ ...NAMES, buckets: [...BOUNDS], registers: [theirs] });
      for (const seconds of values) {
        ours.observe(seconds);
        reference.observe(seconds);
      }
      expect(await own.metrics()).toBe(await theirs.metrics());
    }),
  );
});

it('begins at zero when the registry is told to', async () => {
  const registry = new Registry();
  distribution({ ...NAMES, registers: [registry] }, BOUNDS).observe(2);
  expect(await registry.metrics()).toContain('waits_seconds_count 1');
  registry.resetMetrics();
  expect(await registry.metrics()).toContain('waits_seconds_count 0');
});
