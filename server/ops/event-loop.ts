/** How late the event loop is: what a timer would have to wait beyond its time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;

export interface EventLoopMeter {
  /** Seconds since the last call, above the meter's own resolution; then starts anew. */
  read(): { p50: number; p99: number; max: number };
  close(): void;
}

export function createEventLoopMeter(): EventLoopMeter {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
  return {
    read() {
      const seen = histogram.count > 0;
      const result = {
        p50: seen ? late(histogram.percentile(50)) : 0,
        p99: seen ? late(histogram.percentile(99)) : 0,
        max: seen ? late(histogram.max) : 0,
      };
      histogram.reset();
      return result;
    },
    close: () => void histogram.disable(),
  };
}
