/** `gapless simulate` against a server, with progress and a summary. */
import { randomUUID } from 'node:crypto';
import type { Catalogue } from '../../loadtest/listeners/index.ts';
import { CommandError } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import { grouped, note, perSecond, plural, printJson, seconds } from '../output.ts';
import { Progress } from '../progress.ts';
import { serverAddress } from '../settings.ts';
import { DEFAULT_CONNECTIONS, DEFAULT_RATE, type SimulateFlags } from './flags.ts';
import { LiveSimulation } from './live.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export async function simulateOnServer(flags: SimulateFlags, seed: number, catalogue: Catalogue): Promise<void> {
  const { url, token } = serverAddress(flags);
  const { connect } = await import('../../client/node.ts');
  const connections = Math.min(flags.connections ?? DEFAULT_CONNECTIONS, flags.users);
  const simulation = new LiveSimulation({
    client: { url, token, agent: 'gapless-simulate' },
    connect,
    connections,
    rate: flags.rate ?? DEFAULT_RATE,
    events: flags.events ?? Number.POSITIVE_INFINITY,
    durationMs: flags.duration ?? Number.POSITIVE_INFINITY,
    seed,
    users: flags.users,
    sessionsPerDay: flags.sessionsPerDay,
    catalogue,
    name: `sim-${randomUUID().slice(0, 13)}`,
  });
  const beganMs = performance.now();
  const { tally } = simulation;
  const progress = new Progress(() => {
    const ms = performance.now() - beganMs;
    const parts = [
      `${perSecond(simulation.offered, ms)}  sent ${grouped(simulation.offered)}  acknowledged ${grouped(tally.answered)}`,
      `rejected ${grouped(tally.rejected)}  blocked ${simulation.blocked} of ${connections}`,
    ];
    const away = connections - simulation.count('open');
    return [...parts, ...(away > 0 ? [`reconnecting ${away}`] : [])].join('  ');
  });
  const interruption = onInterrupt(() => simulation.stop());
  let unsettled: number;
  try {
    note(
      `Sending to ${url}: ${plural(flags.users, 'listener')} over ${plural(connections, 'connection')}, seed ${seed}`,
    );
    await simulation.run();
    unsettled = await simulation.settle(flags.timeout ?? DEFAULT_TIMEOUT_MS);
  } finally {
    progress.stop();
    await simulation.close();
    interruption.release();
  }
  summarise(simulation, { url, seed, unsettled, ms: performance.now() - beganMs, json: flags.json === true });
}

function summarise(
  { tally, offered, behindMs, failure }: LiveSimulation,
  { url, seed, unsettled, ms, json }: { url: string; seed: number; unsettled: number; ms: number; json: boolean },
): void {
  process.exitCode = unsettled > 0 || failure ? 1 : tally.rejected > 0 ? 2 : 0;
  const acknowledged = tally.answered;
  if (json) {
    const { rejected, reasons } = tally;
    const examples = tally.sortedExamples();
    printJson({
      url,
      seed,
      sent: offered,
      acknowledged,
      rejected,
      reasons,
      examples,
      unsettled,
      behindMs,
      seconds: ms / 1000,
    });
  } else {
    console.log(
      `Sent ${grouped(offered)}, acknowledged ${grouped(acknowledged)}, rejected ${grouped(tally.rejected)}, not settled ${grouped(unsettled)} in ${seconds(ms)} (${perSecond(acknowledged, ms)})`,
    );
    for (const line of tally.describeRejected('event')) console.log(line);
    if (behindMs > 1000) console.log(`The schedule could not be kept: ${seconds(behindMs)} behind at the most.`);
  }
  if (failure) throw new CommandError(`the server refused to go on: ${failure.message}`, 'Check --token and --url.');
  if (unsettled > 0)
    note('Not everything has an answer. Check that the server runs, or give it longer with --timeout.');
}
