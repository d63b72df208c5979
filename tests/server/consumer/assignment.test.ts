import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from '../../../server/consumer/assignment.ts';

const partitions = fc.integer({ min: 1, max: 64 });
const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 });

test('every partition has an owner, and no member has more than one more than another', () => {
  fc.assert(
    fc.property(members, partitions, (members, partitions) => {
      const owners = assign(members, partitions);
      const loads = members.map((member) => owners.filter((owner) => owner === member).length);
      expect(loads.reduce((sum, load) => sum + load, 0)).toBe(partitions);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the order in which members are listed does not matter', () => {
  fc.assert(
    fc.property(members, partitions, (members, partitions) => {
      expect(assign([...members].reverse(), partitions)).toEqual(assign(members, partitions));
    }),
  );
});

test('little more than its share moves when a member comes or goes', () => {
  let [moved, share] = [0, 0];
  for (let group = 0; group < 50; group++) {
    for (let size = 1; size <= 6; size++) {
      const members = Array.from({ length: size }, (_, i) => `member-${group}-${i}`);
      const before = assign(members, 16);
      const after = assign([...members, `member-${group}-new`], 16);
      moved += before.filter((owner, partition) => owner !== after[partition]).length;
      share += after.filter((owner) => owner.endsWith('new')).length;
    }
  }
  expect(moved / share).toBeLessThan(1.5);
});

test('nobody owns anything where nobody is there', () => {
  expect(assign([], 3)).toEqual(['', '', '']);
});
