import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLOSE_CODES, EVENT_CODES } from '../../../protocol/codes.ts';
import type { ProcessorFigures } from '../../../server/feeds/figures.ts';
import { CLOSE_LABELS, closeLabel, PRESSURE_PARTS, STAGES } from '../../../server/ops/metric-labels.ts';
import { createMetrics } from '../../../server/ops/metrics.ts';
import { EVENT_KINDS } from '../../../workers/kinds.ts';

function metricsOf() {
  const metrics = createMetrics();
  onTestFinished(() => metrics.close());
  const value = async (series: string) => {
    const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  return { metrics, value };
}

describe('the ledger', () => {
  it('accounts for every event that was taken', async () => {
    const { metrics, value } = metricsOf();
    let held = 0;
    metrics.attach({ inFlight: () => ({ events: held, bytes: held * 100 }) });
    const take = (events: number) => {
      metrics.received(events, events * 100);
      held += events;
    };
    take(10);
    take(5);
    metrics.duplicates(2);
    held -= 2;
    expect(metrics.ledger()).toEqual({
      received: 15,
      stored: 0,
      duplicates: 2,
      rejected: 0,
      abandoned: 0,
      inFlight: 13,
      gap: 0,
    });

    metrics.committed({
      stored: 6,
      duplicates: 1,
      rejectedByCode: { too_old: 2, unknown_type: 1 },
      seconds: 0.01,
      events: 6,
      bytes: 900,
    });
    held -= 10;
    metrics.abandoned(1);
    held -= 1;
    expect(metrics.ledger()).toEqual({
      received: 15,
      stored: 6,
      duplicates: 3,
      rejected: 3,
      abandoned: 1,
      inFlight: 2,
      gap: 0,
    });
    expect(await value('gapless_ledger_gap')).toBe(0);
    expect(await value('gapless_in_flight_events')).toBe(2);

    held -= 1;
    expect(await value('gapless_ledger_gap')).toBe(1);
  });

  it('counts both transports', async () => {
    const { metrics, value } = metricsOf();
    metrics.received(3, 300, 'http');
    metrics.received(2, 200);
    expect(await value('gapless_events_received_total{transport="http"}')).toBe(3);
    expect(await value('gapless_received_bytes_total{transport="socket"}')).toBe(200);
    expect(metrics.ledger().received).toBe(5);
  });
});

describe('what happened lately', () => {
  it('is told once, and then begins at zero', () => {
    const { metrics } = metricsOf();
    metrics.received(7, 700);
    metrics.rejected('too_old', 2);
    metrics.ackLatency(0.004);
    metrics.slab(7, 700);
    const recent = metrics.takeRecent();
    expect(recent).toMatchObject({ received: 7, rejected: 2, rejectedByCode: { too_old: 2 }, slabEvents: { max: 7 } });
    expect(recent.ackMs.p50).toBeCloseTo(4, 1);
    expect(metrics.takeRecent()).toMatchObject({ received: 0, rejectedByCode: {}, ackMs: { p50: 0, max: 0 } });
  });
});

describe('metrics', () => {
  it('show every label from the start, so that a rate misses nothing', async () => {
    const { value } = metricsOf();
    for (const code of EVENT_CODES) expect(await value(`gapless_events_rejected_total{code="${code}"}`)).toBe(0);
    for (const stage of STAGES) expect(await value(`gapless_stage_seconds_total{stage="${stage}"}`)).toBe(0);
    for (const part of PRESSURE_PARTS) expect(await value(`gapless_pressure_part{part="${part}"}`)).toBe(0);
    expect(await value('gapless_connections_closed_total{code="slow_consumer"}')).toBe(0);
  });

  it('take what is reported', async () => {
    const { metrics, value } = metricsOf();
    metrics.worked({
      micros: { total: 1_000_000, decode: 400_000, validate: 300_000, enrich: 100_000, encode: 200_000 },
      kinds: EVENT_KINDS.map((kind) => (kind === 'skip' ? 3 : 0)),
    });
    metrics.stage('commit', 0.5);
    metrics.pressure(0.7, { storage: 0.7, memory: 0.2 });
    metrics.ackLatency(0.003);
    metrics.slab(50, 9000);
    metrics.storageLost(4);
    metrics.blocked(1.5);
    metrics.nacked('over_credit');
    metrics.sendFailed('clogged');
    metrics.trimmed(100);
    expect(await value('gapless_pool_busy_seconds_total')).toBe(1);
    expect(await value('gapless_stage_seconds_total{stage="decode"}')).toBe(0.4);
    expect(await value('gapless_stage_seconds_total{stage="commit"}')).toBe(0.5);
    expect(await value('gapless_events_validated_total{kind="skip"}')).toBe(3);
    expect(await value('gapless_pressure')).toBe(0.7);
    expect(await value('gapless_pressure_part{part="memory"}')).toBe(0.2);
    expect(await value('gapless_ack_latency_seconds_bucket{le="0.005"}')).toBe(1);
    expect(await value('gapless_ack_latency_seconds_bucket{le="0.002"}')).toBe(0);
    expect(await value('gapless_slab_events_sum')).toBe(50);
    expect(await value('gapless_storage_lost_total')).toBe(4);
    expect(await value('gapless_blocked_seconds_total')).toBe(1.5);
    expect(await value('gapless_nacks_total{code="over_credit"}')).toBe(1);
    expect(await value('gapless_send_failures_total{kind="clogged"}')).toBe(1);
    expect(await value('gapless_log_trimmed_events_total')).toBe(100);
  });

  it('ask for the rest when they are read', async () => {
    const { metrics, value } = metricsOf();
    metrics.attach({
      credit: () => ({ granted: 1, outstanding: 2, budget: 3 }),
      pool: () => ({ queued: 4, busy: 5, workers: 6 }),
      connections: () => ({ publishers: 7, subscribers: 8, opening: 9 }),
      log: () => ({ events: 10, bytes: 11, deadLetters: 12, producers: 13 }),
    });
    const read = [
      'credit_granted_bytes',
      'credit_outstanding_bytes',
      'credit_budget_bytes',
      'pool_queue',
      'pool_busy',
      'pool_workers',
    ];
    const more = ['connections{kind="publishers"}', 'connections{kind="subscribers"}', 'connections{kind="opening"}'];
    const log = ['log_events', 'log_bytes', 'log_dead_letters', 'log_producers'];
    const values = await Promise.all([...read, ...more, ...log].map((name) => value(`gapless_${name}`)));
    expect(values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(await value('gapless_event_loop_delay_seconds{quantile="max"}')).toBeGreaterThanOrEqual(0);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('name closes by a closed set', () => {
    for (const [name, code] of Object.entries(CLOSE_CODES)) expect(closeLabel(code)).toBe(name);
    expect([1000, 1001, 1005, 1006, 1011, 3000, 4999].map(closeLabel)).toEqual([
      'normal',
      'leaving',
      'normal',
      'lost',
      'other',
      'other',
      'other',
    ]);
    for (const code of [1000, 1006, 4004, 4999]) expect(CLOSE_LABELS).toContain(closeLabel(code));
  });
});

const PROCESSOR: ProcessorFigures = {
  state: 'running',
  partitions: [{ partition: 3, applied: 10, last: 14, lag: 4, oldestMs: 250 }],
  lag: 4,
  oldestMs: 250,
  foldedPerSecond: 100,
  poisoned: 1,
  index: { state: 'ready', events: 14, sessions: 2, bytes: 4096, lag: 0 },
};

describe('the processor', () => {
  it('shows each of its partitions, and none that it lost', async () => {
    const { metrics, value } = metricsOf();
    let figures: ProcessorFigures | null = PROCESSOR;
    metrics.attach({ processor: () => figures });
    expect(await value('gapless_processor_lag_events{partition="3"}')).toBe(4);
    expect(await value('gapless_processor_oldest_unprocessed_seconds{partition="3"}')).toBe(0.25);
    figures = null;
    expect(await value('gapless_processor_lag_events{partition="3"}')).toBeUndefined();
    expect(await value('gapless_processor_partitions')).toBe(0);
  });
});

describe('docs/OPERATIONS.md', () => {
  const text = readFileSync(new URL('../../../docs/OPERATIONS.md', import.meta.url), 'utf8');
  const documented = new Map(
    [...text.matchAll(/^\| `(gapless_[a-z_]+)(?:\{([a-z]+)\})?` \| (\w+) \| (.*) \|$/gm)].map(
      ([, name, label, type]) => [name, { label, type }],
    ),
  );

  it('lists every metric with its type and label, and no other', async () => {
    const { metrics } = metricsOf();
    metrics.httpAnswered('/health', 200);
    metrics.attach({ processor: () => PROCESSOR });
    const exposed = new Map<string, { label: string | undefined; type: string }>();
    const lines = (await metrics.text()).split('\n');
    for (const line of lines) {
      const [, name, type] = /^# TYPE (gapless_\S+) (\w+)$/.exec(line) ?? [];
      if (name === undefined) continue;
      const series = lines.find((one) => one.startsWith(`${name}{`));
      const label = type === 'histogram' ? undefined : /\{([a-z]+)=/.exec(series ?? '')?.[1];
      exposed.set(name, { label, type: type! });
    }
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(exposed));
  });

  it('lists every endpoint', () => {
    for (const path of [
      '/v1/stream',
      '/v1/events',
      '/v1/beacon',
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
    ]) {
      expect(text).toMatch(new RegExp(`^\\| \`[A-Z]+ ${path}\` \\|`, 'm'));
    }
  });
});
