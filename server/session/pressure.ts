/** How hard the server is pressed, as one number from 0 (idle) to 1 (overloaded): the highest of its parts. Pure. */
import type { PressurePart } from '../ops/metric-labels.ts';

/** What is measured; times in seconds. */
export interface PressureInputs {
  /** Moving averages of an append's time, and how long the oldest one in flight has waited. */
  storageShort: number;
  storageLong: number;
  oldestAppend: number;
  /** Worst delay of the event loop since the last sample. */
  loopDelay: number;
  /** Event bytes that wait for a worker. */
  waitingBytes: number;
  /** Bytes received and not settled, and the budget. */
  unsettledBytes: number;
  budgetBytes: number;
  residentBytes: number;
  /** 0: no limit. */
  residentLimit: number;
  /** Events that consumers are behind; and from how many on that is too much, 0: does not count. */
  consumerLag: number;
  consumerLagLimit: number;
}

export interface PressureSettings {
  /** An append that takes this long means full pressure, whatever it usually takes; seconds. */
  storageCeiling: number;
}

export type PressureParts = Record<PressurePart, number>;

/** An append many times slower than usual is pressure, but not while it is still fast in absolute terms. */
const STORAGE_RATIO = 8;
const STORAGE_FAST = 0.05;
const LOOP_FULL = 0.25;
/** Share of the budget: less, and many connections would have to send ever smaller frames. */
const WAITING_FULL = 0.5;
/** The budget itself bounds unsettled bytes: well filled is normal under load. */
const UNSETTLED_FULL = 0.9;

export function pressureParts(inputs: PressureInputs, settings: PressureSettings): PressureParts {
  const { storageLong, residentLimit, consumerLagLimit } = inputs;
  const now = Math.max(inputs.storageShort, inputs.oldestAppend);
  const slowdown = now > STORAGE_FAST ? now / Math.max(storageLong, STORAGE_FAST / 2) / STORAGE_RATIO : 0;
  return {
    storage: unit(Math.max(slowdown, now / settings.storageCeiling)),
    event_loop: unit(inputs.loopDelay / LOOP_FULL),
    pool: unit(inputs.waitingBytes / inputs.budgetBytes / WAITING_FULL),
    unsettled: unit(inputs.unsettledBytes / inputs.budgetBytes / UNSETTLED_FULL),
    memory: residentLimit > 0 ? unit(inputs.residentBytes / residentLimit) : 0,
    lag: consumerLagLimit > 0 ? unit(inputs.consumerLag / consumerLagLimit) : 0,
  };
}

export function pressureOf(parts: Partial<PressureParts>): number {
  return Math.max(...Object.values(parts));
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
