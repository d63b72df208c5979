/** Runs a plan in this process: opens the connections, warms up, measures, and waits for what is not acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../harness/proc.ts';
import { ClosedDriver } from './closed-driver.ts';
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import type { Driver } from './driver.ts';
import { planEvents } from './events.ts';
import { FloodDriver } from './flood-driver.ts';
import { GrowDriver } from './grow-driver.ts';
import { OpenDriver } from './open-driver.ts';
import { openAll } from './opening.ts';
import { OutboxConnection } from './outbox-connection.ts';
import type { FromGenerator, LoadPlan, ShardReport } from './plan.ts';
import { Seconds } from './seconds.ts';
import { WIRES } from './wires.ts';

const FAULTS_MOST = 20;
/** Connections opened at once. */
const OPENING = 50;
const DRAIN_LOOK_MS = 5;

/** What comes from outside while it runs. */
export interface Control {
  stop: AbortSignal;
  /** With when the run's load began, ms since 1970. */
  begin: Promise<number>;
  go: Promise<void>;
}

export async function run(
  plan: LoadPlan,
  tell: (message: FromGenerator) => void,
  { stop, begin, go }: Control,
): Promise<ShardReport> {
  const faults: string[] = [];
  let driver: Pick<Driver, 'progress'> | null = null;
  const connections = makeConnections(plan, {
    progress: (connection, before) => driver?.progress(connection, before),
    fault: (text) => {
      if (faults.length < FAULTS_MOST) faults.push(text);
    },
  });
  const opened = await openAll(connections, plan.opening ?? OPENING, plan.mayRefuse ?? false);
  tell({ kind: 'opened' });
  const originMs = await begin;
  const { loop } = plan;
  if (loop.kind === 'burst') {
    const growth = new GrowDriver(plan, connections);
    driver = growth;
    await growth.grow();
    tell({ kind: 'loaded' });
    await go;
  }
  const loaded = driverFor(plan, connections);
  driver = loaded;
  const seconds = new Seconds(originMs, connections, loaded, (second) => tell({ kind: 'second', second }));
  loaded.start();
  if (loop.kind !== 'burst') tell({ kind: 'loaded' });
  await pause(plan.warmUpMs, stop);
  tell({ kind: 'measuring' });
  loaded.measure();
  const before = snapshot(connections, loaded);
  await pause(plan.measureMs, stop);
  const after = snapshot(connections, loaded);
  loaded.stop();
  tell({ kind: 'measured' });
  await drained(connections, plan.drainMs);
  seconds.stop();
  for (const connection of connections) connection.close();

  const open = loaded instanceof OpenDriver && {
    offered: after.offered - before.offered,
    lateness: loaded.lateness.encoded(),
    unsent: loaded.unsent,
  };
  const flood = loaded instanceof FloodDriver && {
    offered: after.offered - before.offered,
    unsent: Math.round(loaded.unsent),
  };
  return {
    from: (performance.timeOrigin + before.at - originMs) / 1000,
    seconds: (after.at - before.at) / 1000,
    acknowledged: after.acknowledged - before.acknowledged,
    frames: after.frames - before.frames,
    bytes: after.bytes - before.bytes,
    cpuSeconds: after.cpu - before.cpu,
    cores: ((after.main - before.main) / (after.at - before.at)) * 1000,
    latency: loaded.latency.measured.encoded(),
    ...open,
    ...flood,
    opened,
    tallies: connections.map(({ producer, sent, acknowledged }, i) => {
      return { producer, connection: numberOf(plan, i), sent, acknowledged };
    }),
    faults,
  };
}

function driverFor(plan: LoadPlan, connections: readonly LoadConnection[]): ClosedDriver | OpenDriver | FloodDriver {
  const { loop } = plan;
  if (loop.kind === 'open') return new OpenDriver(plan, loop, connections);
  if (loop.kind === 'flood') return new FloodDriver(loop, plan.eventsPerFrame, connections);
  return new ClosedDriver(plan, connections);
}

/** The number of this process's connection i in the whole plan. */
function numberOf(plan: LoadPlan, i: number): number {
  return (plan.firstConnection ?? 0) + i;
}

function makeConnections(plan: LoadPlan, report: LoadConnectionEvents): LoadConnection[] {
  const eventsOf = planEvents(plan.events);
  const { url, token } = plan;
  const inFlight = plan.loop.kind === 'closed' ? plan.loop.inFlight : Number.POSITIVE_INFINITY;
  return Array.from({ length: plan.connections }, (_, i) => {
    const number = numberOf(plan, i);
    const producer = `${plan.producers}-${number}`;
    const events = eventsOf(number);
    if (plan.outbox) return new OutboxConnection({ url, token, producer }, events, report);
    return WIRES[plan.wire]({ url, token, producer, inFlight }, events, report);
  });
}

interface Snapshot {
  at: number;
  acknowledged: number;
  offered: number;
  frames: number;
  bytes: number;
  /** CPU seconds: of all threads, of the main one. */
  cpu: number;
  main: number;
}

function snapshot(connections: readonly LoadConnection[], driver: ClosedDriver | OpenDriver | FloodDriver): Snapshot {
  const { total: cpu, main } = cpuSeconds(process.pid);
  const offered = driver instanceof ClosedDriver ? 0 : driver.offered;
  const total = { at: performance.now(), acknowledged: 0, offered, frames: 0, bytes: 0, cpu, main };
  for (const { acknowledged, frames, bytes } of connections) {
    total.acknowledged += acknowledged;
    total.frames += frames;
    total.bytes += bytes;
  }
  return total;
}

async function drained(connections: readonly LoadConnection[], mostMs: number): Promise<void> {
  const until = performance.now() + mostMs;
  const settled = () => connections.every(({ sent, acknowledged }) => sent === acknowledged);
  while (!settled() && performance.now() < until) await delay(DRAIN_LOOK_MS);
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined);
}
