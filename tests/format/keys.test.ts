import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idHash } from '../../format/id-hash.ts';
import { homePartition, partitionOf } from '../../format/partition.ts';
import { producerKey } from '../../format/producer-key.ts';
import { producerIds } from './arbitrary.ts';

const text = fc.string({ unit: 'grapheme' });

describe('partitions', () => {
  it('are the CRC-32 of tenant, zero and user, for ever', () => {
    expect([0, 1, 2, 3].map((n) => partitionOf('default', `user-${n}`, 8))).toEqual([7, 1, 3, 5]);
    expect(homePartition('default', 'p-1', 8)).toBe(partitionOf('default', '\0p-1', 8));
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 64 }), (tenant, user, partitions) => {
        const bytes = Buffer.concat([Buffer.from(tenant), Buffer.of(0), Buffer.from(user)]);
        expect(partitionOf(tenant, user, partitions)).toBe(crc32(bytes) % partitions);
      }),
    );
  });

  it('spread users evenly', () => {
    const counts = new Array(8).fill(0);
    for (let i = 0; i < 8_000; i++) counts[partitionOf('default', `user-${i}`, 8)]++;
    for (const count of counts) expect(count).toBeGreaterThan(850);
  });
});

describe('id hashes', () => {
  it('are 96 bits of SHA-256, for ever', () => {
    const full = createHash('sha256').update('default\0u-1\0e-1').digest('base64url');
    expect(idHash('default', 'u-1', 'e-1')).toBe(full.slice(0, 16));
    expect(idHash('default', 'u-1', 'e-1')).not.toBe(idHash('default', 'u-1e', '-1'));
  });
});

describe('producer keys', () => {
  it('differ where producers do', () => {
    fc.assert(
      fc.property(producerIds, producerIds, (a, b) => {
        const same = a.tenant === b.tenant && a.owner === b.owner && a.producer === b.producer && a.epoch === b.epoch;
        expect(producerKey(a) === producerKey(b)).toBe(same);
      }),
    );
    const id = { tenant: 'a/b', owner: 'c', producer: 'p', epoch: 1 };
    expect(producerKey(id)).not.toBe(producerKey({ ...id, tenant: 'a', owner: 'b/c' }));
  });
});
