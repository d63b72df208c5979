/** The closed sets that label metrics. What a client writes never becomes a label. */
import { CLOSE_CODES, closeName } from '../../protocol/codes.ts';

/** What pressure is made of; the highest of them is the pressure. */
export const PRESSURE_PARTS = ['storage', 'event_loop', 'pool', 'unsettled', 'memory', 'lag'] as const;
export type PressurePart = (typeof PRESSURE_PARTS)[number];

/** Where the time of an event goes, in the order of its way. */
export const STAGES = [
  'receive',
  'copy',
  'handover',
  'decode',
  'validate',
  'enrich',
  'encode',
  'commit',
  'ack',
] as const;
export type Stage = (typeof STAGES)[number];

/** `internal`: events of the server itself. */
export const TRANSPORTS = ['socket', 'http', 'internal'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `clogged`: the send buffer is over its limit. `failed`: the frame was not queued, the connection is cut. */
export const SEND_FAILURES = ['clogged', 'failed'] as const;
export type SendFailure = (typeof SEND_FAILURES)[number];

export const UPGRADE_REFUSALS = ['handshake', 'subprotocol', 'origin', 'token_in_url', 'too_many', 'draining'] as const;
export type UpgradeRefusal = (typeof UPGRADE_REFUSALS)[number];

/** Close codes below 4000 that occur: ended by the client, going away, lost without a close frame. */
const STANDARD_CLOSES: Record<number, string> = { 1000: 'normal', 1001: 'leaving', 1005: 'normal', 1006: 'lost' };
export const CLOSE_LABELS: readonly string[] = [
  ...new Set([...Object.values(STANDARD_CLOSES), ...Object.keys(CLOSE_CODES), 'other']),
];
export function closeLabel(code: number): string {
  return closeName(code) ?? STANDARD_CLOSES[code] ?? 'other';
}
