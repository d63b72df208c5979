/** Runs a plan in this process: opens the connections, warms up, measures, and waits for what is not acknowledged. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import { ClosedDriver, type Driver, GrowDriver, OpenDriver } from './drivers.ts';
import { asJson, asMsgpack, planEvents } from './events.ts';
import { GaplessConnection } from './gapless-connection.ts';
import type { FromGenerator, LoadPlan, LoadReport } from './plan.ts';
import { StraightforwardConnection } from './straightforward-connection.ts';

const FAULTS_MOST = 20;
/** Connections opened at once. */
const OPENING = 50;
const DRAIN_LOOK_MS = 5;

/** What comes from outside while it runs. */
export interface Control {
  stop: AbortSignal;
  go: Promise<void>;
}

export async function run(
  plan: LoadPlan,
  tell: (message: FromGenerator) => void,
  { stop, go }: Control,
): Promise<LoadReport> {
  const faults: string[] = [];
  let driver: Driver | null = null;
  const connections = makeConnections(plan, {
    progress: (connection, before) => driver?.progress(connection, before),
    fault: (text) => {
      if (faults.length < FAULTS_MOST) faults.push(text);
    },
  });
  for (let i = 0; i < connections.length; i += OPENING) {
    await Promise.all(connections.slice(i, i + OPENING).map((connection) => connection.open()));
  }
  const { loop } = plan;
  if (loop.kind === 'burst') {
    const growth = new GrowDriver(plan, connections);
    driver = growth;
    await growth.grow();
    tell({ kind: 'loaded' });
    await go;
  }
  driver = loop.kind === 'open' ? new OpenDriver(plan, loop, connections) : new ClosedDriver(plan, connections);
  driver.start();
  if (loop.kind !== 'burst') tell({ kind: 'loaded' });
  await pause(plan.warmUpMs, stop);
  tell({ kind: 'measuring' });
  driver.measure();
  const before = snapshot(connections);
  await pause(plan.measureMs, stop);
  const after = snapshot(connections);
  driver.stop();
  tell({ kind: 'measured' });
  await drained(connections, plan.drainMs);
  for (const connection of connections) connection.close();

  const latency = driver instanceof OpenDriver && {
    latency: driver.latency.summary(),
    lateness: driver.lateness.summary(),
  };
  return {
    seconds: (after.at - before.at) / 1000,
    acknowledged: after.acknowledged - before.acknowledged,
    frames: after.frames - before.frames,
    bytes: after.bytes - before.bytes,
    cpuSeconds: after.cpu - before.cpu,
    ...latency,
    tallies: connections.map(({ producer, sent, acknowledged }) => ({ producer, sent, acknowledged })),
    faults,
  };
}

function makeConnections(plan: LoadPlan, report: LoadConnectionEvents): LoadConnection[] {
  const eventsOf = planEvents(plan.events);
  const { url, token } = plan;
  const inFlight = plan.loop.kind === 'closed' ? plan.loop.inFlight : Number.POSITIVE_INFINITY;
  return Array.from({ length: plan.connections }, (_, i) => {
    const producer = `${plan.producers}-${i}`;
    const events = eventsOf(i);
    if (plan.wire === 'gapless') return new GaplessConnection({ url, token, producer }, asMsgpack(events), report);
    return new StraightforwardConnection({ url, producer, inFlight }, asJson(events), report);
  });
}

interface Snapshot {
  at: number;
  acknowledged: number;
  frames: number;
  bytes: number;
  cpu: number;
}

function snapshot(connections: readonly LoadConnection[]): Snapshot {
  const { user, system } = process.cpuUsage();
  const total = { at: performance.now(), acknowledged: 0, frames: 0, bytes: 0, cpu: (user + system) / 1e6 };
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
