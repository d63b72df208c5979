import { crc32 } from 'node:zlib';

/**
 * The partition of a user: CRC-32 (ISO 3309, as in zlib) of `tenant`, a zero byte and the raw user id, modulo the number of
 * partitions. It depends on nothing else, so that a number resent after any verdict meets its own watermark again.
 */
export function partitionOf(tenant: string, userId: string, partitions: number): number {
  return crc32(`${tenant}\0${userId}`) % partitions;
}

/** The partition for what has no readable user: the home of its producer. */
export function homePartition(tenant: string, producer: string, partitions: number): number {
  return partitionOf(tenant, `\0${producer}`, partitions);
}
