import type { ServerFlags } from '../settings.ts';

/** What was given to `gapless simulate`. Times are ms. */
export interface SimulateFlags extends ServerFlags {
  users: number;
  tracks: number;
  sessionsPerDay: number;
  seed?: number;
  events?: number;
  duration?: number;
  out?: string;
  start?: number;
  catalogueOut?: string;
  rate?: number;
  connections?: number;
  timeout?: number;
  json?: boolean;
}

export const DEFAULT_RATE = 100;
export const DEFAULT_CONNECTIONS = 4;
