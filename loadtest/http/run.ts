/** Runs a plan with autocannon in this process: warms up, measures, and waits for what is not answered. */
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { planEvents } from '../generator/events.ts';
import { Latencies } from '../generator/percentiles.ts';
import type { FromGenerator } from '../generator/plan.ts';
import { spoil, spoiltOnes } from './bad-events.ts';
import { Bodies, CONTENT_TYPES } from './bodies.ts';
import { type ConnectionReport, HttpConnection } from './connection.ts';
import { dueTimes } from './pace.ts';
import type { HttpPlan, HttpReport } from './plan.ts';
import { sizesOf } from './sizes.ts';

const FAULTS_MOST = 20;
const DRAIN_LOOK_MS = 5;
/** It looks at its clock this often, and ends only then. */
const SAMPLE_MS = 50;

export async function runHttp(
  plan: HttpPlan,
  tell: (message: FromGenerator) => void,
  stop: AbortSignal,
): Promise<HttpReport> {
  const latency = new Latencies();
  const lateness = new Latencies();
  const answers: Record<string, number> = {};
  const faults: string[] = [];
  let countFrom = Number.POSITIVE_INFINITY;
  const report: ConnectionReport = {
    sent: (lateMs) => {
      if (performance.now() >= countFrom) lateness.record(lateMs);
    },
    settled: (due, at) => {
      if (due >= countFrom) latency.record(at - due);
    },
    status: (status) => {
      answers[status] = (answers[status] ?? 0) + 1;
    },
    fault: (text) => {
      if (faults.length < FAULTS_MOST) faults.push(text);
    },
  };
  const totalMs = plan.warmUpMs + plan.measureMs;
  const connections = makeConnections(plan, totalMs, report);
  const mostSeconds = Math.ceil((totalMs + plan.drainMs) / 1_000) + 60;
  let attached = 0;
  const instance = autocannon({
    url: plan.url,
    connections: plan.connections,
    // It is stopped below. A connection that has nothing to send is no connection that hangs.
    duration: mostSeconds,
    timeout: mostSeconds,
    sampleInt: SAMPLE_MS,
    setupClient: (client) => connections[attached++]!.attach(client),
  });
  tell({ kind: 'loaded' });
  await pause(plan.warmUpMs, stop);
  tell({ kind: 'measuring' });
  countFrom = performance.now();
  const before = snapshot(connections);
  await pause(plan.measureMs, stop);
  const after = snapshot(connections);
  countFrom = Number.POSITIVE_INFINITY;
  for (const connection of connections) connection.stop();
  tell({ kind: 'measured' });
  await drained(connections, plan.drainMs);
  instance.stop();
  await instance;

  return {
    seconds: (after.at - before.at) / 1_000,
    acknowledged: after.acknowledged - before.acknowledged,
    frames: after.requests - before.requests,
    bytes: after.bytes - before.bytes,
    cpuSeconds: after.cpu - before.cpu,
    latency: latency.summary(),
    lateness: lateness.summary(),
    tallies: connections.map(({ producer, sent, acknowledged }) => ({ producer, sent, acknowledged })),
    faults,
    rejected: connections.reduce((sum, { rejected }) => sum + rejected, 0),
    answers,
  };
}

function makeConnections(plan: HttpPlan, totalMs: number, report: ConnectionReport): HttpConnection[] {
  const eventsOf = planEvents(plan.events);
  const dues = dueTimes(plan.pace, totalMs, plan.connections);
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
