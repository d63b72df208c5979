/** Starts a server in this process and stops it in order. `gapless serve` is a thin layer over this. */
import { type Assembly, assemble } from './compose.ts';
import type { Config } from './config.ts';
import { listenFault } from './gateway/listen-error.ts';
import { Lifecycle, type LifecycleState } from './lifecycle.ts';
import { createLogger, type Logger } from './ops/logger.ts';

export interface ServerDescription {
  host: string;
  port: number;
  /** WebSocket and HTTP address. */
  url: string;
  engine: string;
  /** What an ACK promises. */
  durability: string;
  partitions: number;
  creditBudgetBytes: number;
  workers: number;
}

export interface RunningServer {
  readonly url: string;
  readonly description: ServerDescription;
  readonly state: LifecycleState;
  /** GOAWAY to everybody, settle what was taken, close. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Resolves when connections are taken. Throws LogError, ListenError, CatalogueError. `onFailure` is called when storage has stopped for
 * good while the server runs: nothing is acknowledged any more, and only a new process can go on.
 */
export async function startServer(
  config: Config,
  logger: Logger = createLogger({ level: config.logLevel }),
  onFailure: (error: unknown) => void = () => process.exit(1),
): Promise<RunningServer> {
  // Before threads and storage are started for nothing.
  const fault = await listenFault(config.host, config.port);
  if (fault) throw fault;
  const lifecycle = new Lifecycle();
  const assembly = await assemble(config, logger, lifecycle, (error) => {
    if (lifecycle.state === 'ready' || lifecycle.state === 'starting') lifecycle.advance('failed');
    logger.fatal({ err: error }, 'storage has stopped for good; the process must be started anew');
    onFailure(error);
  });
  const address = await listen(assembly, lifecycle);
  lifecycle.advance('ready');
  const url = `ws://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const description: ServerDescription = {
    ...address,
    url,
    engine: assembly.engine,
    durability: assembly.durability(),
    partitions: config.partitions,
    creditBudgetBytes: config.creditBudgetBytes,
    workers: config.workers,
  };
  logger.info({ ...description }, 'ready');

  let stopping: Promise<void> | null = null;
  async function stop(): Promise<void> {
    if (lifecycle.state === 'failed') return;
    lifecycle.advance('draining');
    logger.info({}, 'going down: settling what was taken');
    await assembly.close();
    lifecycle.advance('stopped');
    logger.info({}, 'stopped');
  }
  return {
    url,
    description,
    get state() {
      return lifecycle.state;
    },
    stop: () => (stopping ??= stop()),
  };
}

async function listen(assembly: Assembly, lifecycle: Lifecycle): Promise<{ host: string; port: number }> {
  try {
    return await assembly.transport.listen();
  } catch (error) {
    lifecycle.advance('failed');
    await assembly.close();
    throw error;
  }
}
