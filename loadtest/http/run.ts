/** Runs a plan with autocannon in this process: warms up, measures, and waits for what is not answered. */
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { planEvents } from '../generator/events.ts';
import { LatencyRecorder } from '../generator/latency-recorder.ts';
import { Latencies } from '../generator/percentiles.ts';
import { spoil, spoiltOnes } from './bad-events.ts';
import { Bodies, CONTENT_TYPES } from './bodies.ts';
import { type ConnectionReport, HttpConnection } from './connection.ts';
import { dueTimes } from './pace.ts';
import type { FromHttp, HttpPlan, HttpReport, HttpSecond } from './plan.ts';
import { sizesOf } from './sizes.ts';

const FAULTS_MOST = 20;
const DRAIN_LOOK_MS = 5;
/** It looks at its clock this often, and ends only then. */
const SAMPLE_MS = 50;

export async function runHttp(
  plan: HttpPlan,
  tell: (message: FromHttp) => void,
  stop: AbortSignal,
): Promise<HttpReport> {
  const latency = new LatencyRecorder();
  const lateness = new Latencies();
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  let offered = 0;
  let unsent = 0;
  let measuring = false;
  const settled = (due: number, at: number): void => {
    if (latency.counts(due)) offered++;
    latency.record(due, at);
  };
  const report: ConnectionReport = {
    sent: (lateMs) => {
      if (measuring) lateness.record(lateMs);
    },
    settled,
    unsent: (due, at) => {
      if (latency.counts(due)) unsent++;
      settled(due, at);
    },
    status: (status) => {
      answers[status] = (answers[status] ?? 0) + 1;
    },
    fault: (text) => {
      if (faults.length < FAULTS_MOST) faults.push(text);
    },
  };
  const connections = makeConnections(plan, report);
  const instance = start(plan, connections);
  const seconds = new Seconds(connections, latency, (second) => tell({ kind: 'second', second }));
  await pause(plan.warmUpMs, stop);
  tell({ kind: 'measuring' });
  latency.begin();
  measuring = true;
  const before = snapshot(connections);
  await pause(plan.measureMs, stop);
  const after = snapshot(connections);
  measuring = false;
  for (const connection of connections) connection.stop();
  latency.end();
  tell({ kind: 'measured' });
  await drained(connections, plan.drainMs);
  seconds.stop();
  instance.stop();
  await instance;

  return {
    seconds: (after.at - before.at) / 1_000,
    acknowledged: after.acknowledged - before.acknowledged,
    requests: after.requests - before.requests,
    bytes: after.bytes - before.bytes,
    cpuSeconds: after.cpu - before.cpu,
    offered,
    unsent,
    latency: latency.measured.summary(),
    lateness: lateness.summary(),
    tallies: connections.map(({ producer, sent, acknowledged, rejected }, connection) => {
      return { producer, connection, sent, acknowledged, rejected };
    }),
    answers,
    faults,
  };
}

function start(plan: HttpPlan, connections: readonly HttpConnection[]) {
  const mostSeconds = Math.ceil((plan.warmUpMs + plan.measureMs + plan.drainMs) / 1_000) + 60;
  let attached = 0;
  return autocannon({
    url: plan.url,
    connections: plan.connections,
    // It is stopped before that. A connection that has nothing to send is no connection that hangs.
    duration: mostSeconds,
    timeout: mostSeconds,
    sampleInt: SAMPLE_MS,
    setupClient: (client) => connections[attached++]!.attach(client),
  });
}

/** Tells once a second what was settled in it. */
class Seconds {
  private readonly timer: NodeJS.Timeout;
  private readonly tellSecond: () => void;

  constructor(connections: readonly HttpConnection[], latency: LatencyRecorder, tell: (second: HttpSecond) => void) {
    let before = 0;
    this.tellSecond = () => {
      const now = connections.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
      tell({ acknowledged: now - before, latency: latency.takeSecond() });
      before = now;
    };
    this.timer = setInterval(this.tellSecond, 1_000);
  }

  stop(): void {
    clearInterval(this.timer);
    this.tellSecond();
  }
}

function makeConnections(plan: HttpPlan, report: ConnectionReport): HttpConnection[] {
  const eventsOf = planEvents(plan.events);
  const dues = dueTimes(plan.pace, plan.warmUpMs + plan.measureMs, plan.connections);
  const began = performance.now();
  return Array.from({ length: plan.connections }, (_, i) => {
    const producer = `${plan.producers}-${i}`;
    const ways = spoiltOnes(plan.events, i);
    const spoilt = eventsOf(i).map((event, at) => (ways[at] ? spoil(event, ways[at]) : { event, code: null }));
    const events = spoilt.map(({ event }) => event);
    return new HttpConnection({
      producer,
      bodies: new Bodies(plan.format, plan.dialect, producer, events),
      contentType: CONTENT_TYPES[plan.format],
      token: plan.token,
      nextSize: sizesOf(plan, i),
      due: dues && ((n) => began + dues(i, n)),
      refusal: (seq) => spoilt[(seq - 1) % spoilt.length]!.code,
      mayRepeat: plan.dialect === 'gapless',
      report,
    });
  });
}

interface Snapshot {
  at: number;
  acknowledged: number;
  requests: number;
  bytes: number;
  cpu: number;
}

function snapshot(connections: readonly HttpConnection[]): Snapshot {
  const { user, system } = process.cpuUsage();
  const total = { at: performance.now(), acknowledged: 0, requests: 0, bytes: 0, cpu: (user + system) / 1e6 };
  for (const { acknowledged, requests, bytes } of connections) {
    total.acknowledged += acknowledged;
    total.requests += requests;
    total.bytes += bytes;
  }
  return total;
}

async function drained(connections: readonly HttpConnection[], mostMs: number): Promise<void> {
  const until = performance.now() + mostMs;
  const settled = () => connections.every(({ sent, acknowledged }) => sent === acknowledged);
  while (!settled() && performance.now() < until) await delay(DRAIN_LOOK_MS);
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined);
}
