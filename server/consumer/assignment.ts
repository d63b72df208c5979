/**
 * Which member of a group should own which partition. Pure: every member computes the same from the same list of members.
 *
 * Rendezvous hashing (Thaler and Ravishankar 1998) with a bound on the load: all pairs of partition and member are ranked by a hash, and
 * are taken from the top as long as the partition is free and the member has room. Loads differ by one at most, and when a member comes
 * or goes little moves beside its own share.
 */
import { createHash } from 'node:crypto';

/** By partition, the member that should own it; empty where there are no members. Their order does not matter. */
export function assign(members: readonly string[], partitions: number): string[] {
  const owners = new Array<string>(partitions).fill('');
  const most = Math.floor(partitions / members.length);
  let withOneMore = partitions % members.length;
  const load = new Map(members.map((member) => [member, 0]));
  for (const { partition, member } of ranked(members, partitions)) {
    const has = load.get(member)!;
    if (owners[partition] !== '' || has > most || (has === most && withOneMore === 0)) continue;
    if (has === most) withOneMore--;
    load.set(member, has + 1);
    owners[partition] = member;
  }
  return owners;
}

function ranked(members: readonly string[], partitions: number): { partition: number; member: string; rank: number }[] {
  const pairs = members.flatMap((member) =>
    Array.from({ length: partitions }, (_, partition) => ({ partition, member, rank: rankOf(partition, member) })),
  );
  return pairs.sort((a, b) => b.rank - a.rank || a.partition - b.partition || (a.member < b.member ? -1 : 1));
}

/** 48 bits of a hash. CRC-32 would not do: it is linear, and ranks members alike for every partition. */
function rankOf(partition: number, member: string): number {
  return createHash('sha1').update(`${partition} ${member}`).digest().readUIntBE(0, 6);
}
