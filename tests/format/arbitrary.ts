/** Made-up content of the log. */
import fc from 'fast-check';
import type { ProducerId } from '../../format/producer-key.ts';
import type { UnitItem } from '../../format/unit.ts';

const bytes = fc.uint8Array({ maxLength: 300 });

export const producerIds: fc.Arbitrary<ProducerId> = fc.record({
  tenant: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 }),
  owner: fc.string({ unit: 'grapheme', maxLength: 90 }),
  producer: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  epoch: fc.maxSafeNat(),
});

/** Items of one unit: rising numbers, few subjects, times that mostly rise. */
export const unitItems: fc.Arbitrary<UnitItem[]> = fc
  .record({
    first: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2 ** 40, max: 2 ** 52 })),
    items: fc.array(
      fc.record({
        step: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100_000 })),
        subject: fc.constantFrom('', 'u-1', 'u-2', 'Jürgen 🎵', 'x'.repeat(128)),
        later: fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 100_000 })),
        body: bytes,
        added: bytes,
      }),
      { minLength: 1, maxLength: 20 },
    ),
  })
  .map(({ first, items }) => {
    let seq = first - 1;
    let receivedAt = 1_790_000_000_000;
    return items.map(({ step, subject, later, body, added }) => {
      seq += step;
      receivedAt += later;
      return { seq, subject, receivedAt, body, added };
    });
  });
