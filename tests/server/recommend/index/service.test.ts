import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalBus } from '../../../../server/bus/local.ts';
import { decodeMessage, encodeMessage } from '../../../../server/bus/message.ts';
import { type PopularMessage, TOPICS } from '../../../../server/bus/messages.ts';
import { silentLogger } from '../../../../server/ops/logger.ts';
import { type IndexService, openIndex } from '../../../../server/recommend/index/service.ts';
import { SNAPSHOT_FILE } from '../../../../server/recommend/index/snapshot-file.ts';
import type { ModelName, Query } from '../../../../server/recommend/port.ts';
import { MODELS } from '../../../../server/recommend/port.ts';
import { LogWriter } from '../../../helpers/log-writer.ts';
import { Listening, memoryLog, PARTITIONS } from './listening.ts';

let folder: string;
let bus: LocalBus;
let log: ReturnType<typeof memoryLog>;
let writer: LogWriter;
let listening: Listening;
const open: IndexService[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gapless-index-'));
  bus = new LocalBus();
  log = memoryLog();
  writer = new LogWriter(log);
  listening = new Listening(writer);
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.stop();
  await bus.close();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start({ snapshots = undefined as string | undefined, warn = () => {}, ready = true } = {}) {
  const logger = { ...silentLogger(), warn } as ReturnType<typeof silentLogger>;
  const reader = { read: log.read.bind(log), state: log.state.bind(log), partitions: PARTITIONS };
  const service = await openIndex({ log: reader, bus, logger, ...(snapshots !== undefined && { snapshots }) });
  open.push(service);
  if (ready)
    await vi.waitFor(async () => expect(await service.figures()).toMatchObject({ state: 'ready', lag: 0 }), 10_000);
  return service;
}

function query(session: string[], more: Partial<Query> = {}): Query {
  const items = session.map((track, index) => ({ track, at: writer.now + index, weight: 1 }));
  return {
    tenant: 'default',
    at: writer.now,
    session: items,
    artists: [],
    genres: [],
    exclude: new Set(),
    count: 20,
    ...more,
  };
}

async function lists(service: IndexService, tracks: string[]) {
  const queries = MODELS.flatMap((model) =>
    tracks.map((track) => ({ model: model as ModelName, query: query([track]) })),
  );
  return (await service.predict(queries)).predictions;
}

describe('the index', () => {
  it('learns what stands in the log and what comes, of all partitions', async () => {
    await listening.write(400);
    const service = await start();
    const before = await service.figures();
    expect(before.events).toBeGreaterThan(200);
    await listening.write(400);
    await vi.waitFor(async () => {
      const { events, lag } = await service.figures();
      expect(events).toBeGreaterThan(before.events + 200);
      expect(lag).toBe(0);
    }, 10_000);
    const [popular] = (await service.predict([{ model: 'popularity', query: query([]) }])).predictions;
    expect(popular!.tracks).toHaveLength(20);
  });

  it('learns what the bus tells within a round, and what it does not tell a little later', async () => {
    const service = await start();
    await listening.write(20);
    const { events } = await log.state();
    const grown = events.filter(({ last }) => last > 0);
    const message = { events: grown.map((one) => one.partition), eventPositions: grown.map((one) => one.last) };
    bus.publish(TOPICS.appended, encodeMessage({ ...message, deadLetters: [] }));
    await vi.waitFor(async () => expect((await service.figures()).events).toBeGreaterThan(0), 10_000);
    await listening.write(20);
    await vi.waitFor(async () => expect((await service.figures()).events).toBeGreaterThan(20), 10_000);
  });

  it('reads on behind what is damaged', async () => {
    await listening.write(40);
    await writer.damaged(1);
    await listening.write(40);
    const service = await start();
    expect(service.index.damaged).toBe(1);
    expect(service.index.anchors.map(({ position }) => position)).toEqual(
      (await log.state()).events.map(({ last }) => last),
    );
  });

  it('tells what is popular to whoever listens', async () => {
    await listening.write(400);
    const heard: Partial<PopularMessage>[] = [];
    bus.subscribe(TOPICS.popular, (bytes) => heard.push(decodeMessage<PopularMessage>(bytes)!));
    const service = await start();
    service.announce();
    await vi.waitFor(() => expect(heard).not.toEqual([]), 10_000);
    expect(heard[0]!.tenant).toBe('default');
    expect(heard[0]!.tracks!.length).toBeGreaterThan(20);
  });
});

describe('a snapshot', () => {
  const tracks = ['track-1', 'track-2', 'track-3'];

  it('gives the same index as one that never stopped, and as one that reads the whole log', async () => {
    await listening.write(600);
    const lasting = await start();
    await (await start({ snapshots: folder })).stop();
    await listening.write(600);
    const restored = await start({ snapshots: folder });
    const rebuilt = await start();
    await vi.waitFor(async () => expect((await lasting.figures()).lag).toBe(0), 10_000);
    const position = (service: IndexService) => service.index.anchors.map((anchor) => anchor.position);
    await vi.waitFor(() => expect(position(lasting)).toEqual(position(rebuilt)), 10_000);
    const { events } = await rebuilt.figures();
    expect(await restored.figures()).toMatchObject({ events });
    expect(await lists(restored, tracks)).toEqual(await lists(rebuilt, tracks));
    expect(await lists(lasting, tracks)).toEqual(await lists(rebuilt, tracks));
  });

  it('is used without reading again what it holds', async () => {
    await listening.write(400);
    const first = await start({ snapshots: folder });
    const { events } = await first.figures();
    await first.stop();
    const restored = await start({ snapshots: folder, ready: false });
    expect((await restored.figures()).events).toBe(events);
  });

  const harm: [string, (file: string) => void][] = [
    ['is cut short', (file) => truncateSync(file, readFileSync(file).length - 100)],
    ['is empty', (file) => writeFileSync(file, '')],
    ['is of another version', (file) => change(file, 4)],
    ['has a wrong position', (file) => change(file, 60)],
    ['has a wrong byte in the models', (file) => change(file, 10_000)],
    [
      'has a wrong length',
      (file) => writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 300), Buffer.alloc(4, 0xff)])),
    ],
  ];
  it.each(harm)('that %s is left alone, with a line in the log', async (_, harm) => {
    await listening.write(400);
    const first = await start({ snapshots: folder });
    const { events } = await first.figures();
    await first.stop();
    harm(join(folder, SNAPSHOT_FILE));
    const warn = vi.fn();
    const second = await start({ snapshots: folder, warn });
    expect(warn).toHaveBeenCalledWith(expect.anything(), 'the snapshot of the index is not used');
    expect((await second.figures()).events).toBe(events);
  });

  it('of another log is left alone', async () => {
    await listening.write(100);
    await (await start({ snapshots: folder })).stop();
    await log.close();
    log = memoryLog();
    writer = new LogWriter(log);
    await new Listening(writer).write(300);
    const warn = vi.fn();
    const service = await start({ snapshots: folder, warn });
    expect(warn).toHaveBeenCalledOnce();
    expect((await service.figures()).events).toBeGreaterThan(200);
  });

  it('of events that the log lost and others took the place of is left alone', async () => {
    await listening.write(100);
    const first = await start({ snapshots: folder });
    await first.stop();
    const { identity } = await log.state();
    await log.close();
    log = memoryLog();
    Object.assign(log, { identity });
    writer = new LogWriter(log);
    writer.now++;
    await new Listening(writer).write(60);
    await new Listening(writer).write(100);
    const warn = vi.fn();
    await start({ snapshots: folder, warn });
    expect(warn).toHaveBeenCalledWith(
      expect.objectContaining({ reason: expect.stringContaining('holds something else') }),
      expect.anything(),
    );
  });

  it('is not harmed by what a writer left that was killed', async () => {
    await listening.write(100);
    await (await start({ snapshots: folder })).stop();
    appendFileSync(join(folder, `${SNAPSHOT_FILE}.00aa.tmp`), 'half');
    const warn = vi.fn();
    await start({ snapshots: folder, warn });
    expect(warn).not.toHaveBeenCalled();
  });
});

function change(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at % bytes.length]! ^= 0x55;
  writeFileSync(file, bytes);
}
