/** Acknowledged events per second under saturation: every contender at 50 events a frame and at 1. */
import type { Contender, StartOptions } from '../../contenders/contender.ts';
import { embedded, redis } from '../../contenders/gapless.ts';
import { nats } from '../../contenders/nats.ts';
import { socketIo, socketIoUws } from '../../contenders/socket-io.ts';
import { handPipelined, straightforward } from '../../contenders/straightforward.ts';
import { echo } from '../../limits/echo.ts';
import { storedEcho } from '../../limits/stored-echo.ts';
import type { Step } from '../figures.ts';
import { invalid, measure } from '../measure.ts';

export const FRAMES = [50, 1] as const;
export type FrameSize = (typeof FRAMES)[number];

/** Gapless without what the others do not have either: where the engine allows it by the gateway's role alone, else without consumers. */
export const INGEST_ONLY: Readonly<Record<string, StartOptions>> = {
  redis: { env: { GAPLESS_ROLES: 'gateway' } },
  // It serves one process, which must have both roles.
  embedded: { env: { ENABLE_REALTIME_PROCESSING: 'false' } },
};

interface Entry {
  contender: Contender;
  /** Unacknowledged events of a connection: more only lengthens queues (it was tried). Gapless has its own limits. */
  inFlight: Partial<Record<FrameSize, number>>;
  short: boolean;
  /** The figure's name instead of `<contender>/<frame>`. */
  name?: string;
}

const LIKE_STRAIGHTFORWARD = { 50: 250, 1: 32 };
const ENTRIES: readonly Entry[] = [
  { contender: straightforward, inFlight: LIKE_STRAIGHTFORWARD, short: true },
  { contender: handPipelined, inFlight: LIKE_STRAIGHTFORWARD, short: false },
  { contender: socketIo, inFlight: LIKE_STRAIGHTFORWARD, short: false },
  { contender: socketIoUws, inFlight: LIKE_STRAIGHTFORWARD, short: false },
  { contender: nats, inFlight: { 1: 512 }, short: true },
  { contender: embedded, inFlight: LIKE_STRAIGHTFORWARD, short: true },
  { contender: redis, inFlight: LIKE_STRAIGHTFORWARD, short: true },
  { contender: echo, inFlight: { 50: 1_000, 1: 512 }, short: false, name: 'limits/echo-' },
  { contender: storedEcho, inFlight: { 50: 1_000, 1: 512 }, short: false, name: 'limits/stored-echo-' },
];

/** V8 compiles for about ten seconds under load, and everybody who runs on it is slower until then. */
const TIMES = {
  short: { warmUpMs: 1_000, measureMs: 1_500, drainMs: 10_000 },
  full: { warmUpMs: 10_000, measureMs: 4_000, drainMs: 20_000 },
};

export const THROUGHPUT: readonly Step[] = FRAMES.flatMap((frame) =>
  ENTRIES.filter(({ inFlight }) => inFlight[frame] !== undefined).map((entry) => stepOf(entry, frame)),
);

function stepOf({ contender, inFlight, short, name = `${contender.name}/` }: Entry, frame: FrameSize): Step {
  return {
    part: 'throughput',
    who: contender.name,
    title: `${frame} a frame, ${contender.title}`,
    short,
    missing: () => contender.missing?.() ?? null,
    run: async ({ events, short, connections }) => {
      const loop = { kind: 'closed', inFlight: inFlight[frame]! } as const;
      const plan = { connections, eventsPerFrame: frame, events, loop, ...(short ? TIMES.short : TIMES.full) };
      const measurement = await measure(contender, plan, INGEST_ONLY[contender.name]);
      const figures = { [`${name}${frame}`]: measurement.eventsPerSecond };
      return { figures, problems: invalid(measurement), measurement };
    },
  };
}
