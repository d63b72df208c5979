import { expect, test } from 'vitest';
import { type EmbeddedLog, openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { decodeItems, keyOf, readAll } from '../../../contract/log-fixtures.ts';
import { startChild, temporaryDirectory } from './processes.ts';

const PARTITIONS = 4;
const KILLS = 3;

test(`kill -9 of the writer, ${KILLS} times: what was acknowledged stands once, and no batch stands in half`, async () => {
  const dir = temporaryDirectory();
  const acknowledged = new Array<number>(PARTITIONS).fill(0);
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = startChild('writer', dir, PARTITIONS);
    await writer.until(5 + Math.floor(Math.random() * 200));
    await writer.kill();
    for (const line of writer.lines) {
      const [partition, last] = line.split(' ').map(Number) as [number, number];
      acknowledged[partition] = Math.max(acknowledged[partition]!, last);
    }
  }
  expect(Math.min(...acknowledged)).toBeGreaterThan(0);

  const log = await openEmbeddedLog({
    dir,
    partitions: PARTITIONS,
    rememberProducersMs: 1e9,
    dedupMs: 1e9,
    minFreeBytes: 0,
  });
  for (const [partition, least] of acknowledged.entries()) await checkPartition(log, partition, least);
  await log.close();
}, 60_000);

/** Both producers of a partition are in every batch: they stand equally far, each number once, stored or dead. */
async function checkPartition(log: EmbeddedLog, partition: number, acknowledged: number): Promise<void> {
  const producers = [`a${partition}`, `b${partition}`];
  const records = await log.producers(producers.map((producer) => keyOf(producer)));
  const [watermark, other] = records.map(([record]) => record!.watermark) as [number, number];
  expect(other).toBe(watermark);
  expect(watermark).toBeGreaterThanOrEqual(acknowledged);

  const streams = [await readAll(log, 'events', partition), await readAll(log, 'dead-letters', partition)].map(
    decodeItems,
  );
  for (const stood of streams) expect(stood.map(({ position }) => position)).toEqual(stood.map((_, i) => i + 1));
  const everyNumber = Array.from({ length: watermark }, (_, i) => i + 1);
  for (const producer of producers) {
    const seqs = streams.map((stood) => stood.filter((event) => event.producer === producer).map(({ seq }) => seq));
    for (const inOrder of seqs) expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    expect(seqs.flat().sort((a, b) => a - b)).toEqual(everyNumber);
  }
}
