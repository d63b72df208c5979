import { describe, expect, it } from 'vitest';
import { perSecond } from '../../../loadtest/limits/redis-benchmark.ts';

const HEAD =
  '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"';

describe('perSecond', () => {
  it('finds the rate whatever the command holds', () => {
    const line = '"xadd events * event {"a":1,"b":"2"}","123456.79","0.1","0.0","0.1","0.2","0.3","4.5"';
    expect(perSecond(`${HEAD}\n${line}\n`)).toBe(123456.79);
  });

  it('throws where there is none', () => {
    expect(() => perSecond('')).toThrow('did not say');
    expect(() => perSecond(`${HEAD}\n`)).toThrow('did not say');
  });
});
