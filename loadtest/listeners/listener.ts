/** One synthetic person. Nothing of it is stored: it is drawn anew from (seed, index) whenever a session starts. */
import { GENRES } from './catalogue.ts';
import { Random } from './random.ts';

export const DEVICES = ['mobile', 'desktop', 'web', 'tv', 'speaker', 'car'] as const;
export type Device = (typeof DEVICES)[number];

/** Hours that a listener's clock is ahead of UTC, weighted by how often they stand here. */
const ZONES = [-8, -6, -5, -5, -3, 0, 0, 1, 1, 1, 2, 2, 3, 5.5, 5.5, 8, 8, 9];
/** How much is heard at each hour of a listener's own day, 1 at the busiest. */
const HOURS = [
  ...[0.18, 0.1, 0.06, 0.05, 0.06, 0.14, 0.35, 0.68, 0.82, 0.62, 0.55, 0.56],
  ...[0.63, 0.6, 0.58, 0.62, 0.72, 0.88, 0.95, 0.92, 0.96, 1, 0.72, 0.38],
];
const HOUR_MS = 3_600_000;

export interface Listener {
  userId: string;
  devices: readonly Device[];
  genres: ReadonlySet<string>;
  /** The probability that a track is skipped; 0.5 on average over all listeners. */
  skips: number;
  zoneMs: number;
  /** 1 listens most, 0.1 now and then. */
  activity: number;
}

export function makeListener(seed: number, index: number): Listener {
  const random = new Random(seed, 0x115, index);
  const devices = new Set<Device>(['mobile']);
  for (const device of DEVICES) if (random.chance(0.28)) devices.add(device);
  const genres = new Set<string>();
  for (let left = random.int(2, 4); left > 0; left--) genres.add(random.pick(GENRES));
  return {
    userId: `listener-${String(index + 1).padStart(7, '0')}`,
    devices: [...devices],
    genres,
    skips: (random.between(0.2, 0.8) + random.between(0.2, 0.8)) / 2,
    zoneMs: random.pick(ZONES) * HOUR_MS,
    activity: Math.max(0.1, random.next() ** 1.5),
  };
}

/** How likely this listener is to start a session at that time, 0 to 1. */
export function urge(listener: Listener, atMs: number): number {
  const hours = ((atMs + listener.zoneMs) / HOUR_MS) % 24;
  const hour = Math.floor(hours);
  const share = hours - hour;
  const now = HOURS[hour]! * (1 - share) + HOURS[(hour + 1) % 24]! * share;
  return now * listener.activity;
}

/** The device for a session: the car on the way to work and back, the television in the evening, otherwise any of them. */
export function chooseDevice(listener: Listener, atMs: number, random: Random): Device {
  const hour = Math.floor(((atMs + listener.zoneMs) / HOUR_MS) % 24);
  const likely: Device | null = [7, 8, 17, 18].includes(hour) ? 'car' : hour >= 20 ? 'tv' : null;
  if (likely && listener.devices.includes(likely) && random.chance(0.6)) return likely;
  return random.pick(listener.devices);
}
