/** How far a group is, as groups and their directory share it. */
import type { StoreConnection } from '../../redis/store-connection.ts';
import type { GroupProgress } from '../port.ts';
import { partitionKey } from './keys.ts';
import { PROGRESS } from './scripts.ts';

export async function readProgress(
  connection: StoreConnection,
  prefix: string,
  group: string,
  partitions: number,
): Promise<GroupProgress[]> {
  const all = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const keys = [partitionKey(prefix, group, partition)];
      const answer = (await connection.look({ script: PROGRESS, keys, args: [] })) as (Buffer | null)[];
      const [fence, position, at] = answer.map((value) => value && Number(value.toString()));
      return fence === null ? null : { partition, position: position ?? 0, at: at ?? 0 };
    }),
  );
  return all.filter((one) => one !== null);
}
