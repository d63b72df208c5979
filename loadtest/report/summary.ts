/** A record as a page of text. */
import { grouped } from '../../cli/output.ts';
import type { Percentiles } from '../generator/plan.ts';
import type { Verdict } from '../harness/verify.ts';
import { type Finding, isReached, type Phase, type RunRecord } from './record.ts';

const SHOWN_MOST = 10;

export function summaryOf(record: RunRecord): string {
  const { machine, phases, findings, verdict, faults, invalid } = record;
  const lines = [
    record.title,
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit || 'unknown'}`,
    ...phases.flatMap(describePhase),
    ...findings.map(describeFinding),
    describeVerdict(verdict),
    ...some(verdict?.examples ?? [], '  '),
    ...some(faults, 'FAULT: '),
    ...some(invalid, 'DOES NOT COUNT: '),
  ];
  return lines.join('\n');
}

function describePhase(phase: Phase): string[] {
  const { name, seconds, perSecond, offeredPerSecond, latency, lateness, generatorCores, cpuMicros } = phase;
  const offered = offeredPerSecond === undefined ? '' : ` of ${grouped(offeredPerSecond)} offered`;
  const cpu = Object.entries(cpuMicros ?? {}).map(([part, micros]) => `${part} ${micros.toFixed(1)}`);
  return [
    `  ${name}: ${grouped(perSecond)}/s${offered}, ${seconds.toFixed(1)} s`,
    ...(latency ? [`    latency   ${percentiles(latency)}`] : []),
    ...(lateness ? [`    lateness  ${percentiles(lateness)}  (of the generator, a part of the latency)`] : []),
    ...(generatorCores === undefined
      ? []
      : [`    generator ${generatorCores.toFixed(2)} of a core in its busiest process`]),
    ...(cpu.length > 0 ? [`    CPU       ${cpu.join(', ')} us an event`] : []),
  ];
}

function percentiles({ p50, p90, p99, p999, max }: Percentiles): string {
  const shown = { p50, p90, p99, 'p99.9': p999, max };
  return `${Object.entries(shown)
    .map(([name, ms]) => `${name} ${number(ms)}`)
    .join(', ')} ms`;
}

function describeFinding(finding: Finding): string {
  const { name, value, unit, bound, note } = finding;
  const side = bound && ('most' in bound ? `at most ${number(bound.most)}` : `at least ${number(bound.least)}`);
  const verdict = side ? ` (${isReached(finding) ? 'reached' : 'NOT REACHED'}: ${side})` : '';
  return `  ${name}: ${number(value)} ${unit}${verdict}${note ? `; ${note}` : ''}`;
}

export function describeVerdict(verdict: Verdict | null): string {
  if (!verdict) return '  Not verified: there is no log of this run to read.';
  const { ok, stored, acknowledged, missing, repeated, outOfOrder, foreign, damaged } = verdict;
  const counts = `${grouped(acknowledged)} acknowledged, ${grouped(stored)} stored`;
  if (ok) return `  Verified: ${counts}; each acknowledged event once, in order, nothing else.`;
  const wrong = Object.entries({ missing, repeated, outOfOrder, foreign, damaged }).filter(([, count]) => count > 0);
  return `  THE LOG IS WRONG: ${counts}; ${wrong.map(([what, count]) => `${what} ${grouped(count)}`).join(', ')}`;
}

function number(value: number): string {
  return Math.abs(value) >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));
}

function some(texts: readonly string[], prefix: string): string[] {
  const more = texts.length > SHOWN_MOST ? [`${prefix}... and ${texts.length - SHOWN_MOST} more`] : [];
  return [...texts.slice(0, SHOWN_MOST).map((text) => prefix + text), ...more];
}
