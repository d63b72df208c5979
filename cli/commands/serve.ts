import { Command } from 'commander';
import type { Config } from '../../server/config.ts';
import type { RunningServer, ServerDescription } from '../../server/main.ts';
import { checkRuntime } from '../../server/ops/runtime-check.ts';
import { formatBytes } from '../../server/units.ts';
import { wholeNumber } from '../arguments.ts';
import type { Demo } from '../demo/demo.ts';
import { DEMO_RATE, DEMO_RATE_MAX, DEMO_USERS } from '../demo/limits.ts';
import { CommandError, report } from '../errors.ts';
import { onInterrupt } from '../interrupt.ts';
import { note, printJson } from '../output.ts';
import { localUrl, type SettingFlags, settings } from '../settings.ts';

interface Flags extends SettingFlags {
  /** Events per second, or true for the usual rate. */
  demo?: number | true;
  printConfig?: boolean;
  json?: boolean;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('Start the server.')
    .option('--host <address>', 'address to listen on (default: GAPLESS_HOST or 127.0.0.1)')
    .option('--port <n>', 'port of WebSocket and HTTP, 0 takes a free one (default: GAPLESS_PORT or 8080)')
    .option('--data-dir <folder>', 'folder of the embedded engine (default: GAPLESS_DATA_DIR or ./data)')
    .option('--redis-url <url>', 'store in Redis instead (default: GAPLESS_REDIS_URL)')
    .option('--redis-prefix <prefix>', 'first part of every Redis key (default: GAPLESS_REDIS_PREFIX or gapless)')
    .option(
      '--demo [rate]',
      `with simulated listeners, ${DEMO_RATE} events per second if not given, and data of its own`,
      wholeNumber(1, DEMO_RATE_MAX),
    )
    .option('--print-config', 'print every setting with its value and meaning, and end')
    .option('--json', 'with --print-config: as JSON')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Everything else is set in the environment; --print-config shows it all. The log goes to standard output, one JSON object a line (for people
on a terminal). SIGTERM and Ctrl-C settle what was taken and end with 0; a second signal ends at once.

With --demo the data goes to ./data-demo (in Redis under the prefix gapless-demo), at most 256MiB of it; what is not a demo's is refused.
The listeners, their artists and titles are made up, and end with the server.

Examples:
  gapless serve
  gapless serve --demo
  gapless serve --port 9000 --data-dir /var/lib/gapless
  GAPLESS_REDIS_URL=redis://127.0.0.1:6379 gapless serve
  GAPLESS_TOKEN=$(openssl rand -hex 32) GAPLESS_HOST=0.0.0.0 gapless serve
  gapless serve --print-config`;

async function run(flags: Flags): Promise<void> {
  const rate = flags.demo === true ? DEMO_RATE : flags.demo;
  const simulated = rate === undefined ? null : await import('../demo/settings.ts');
  const { config, warnings } = simulated ? simulated.demoSettings(flags) : settings(flags);
  if (flags.printConfig) return printConfig(config, flags.json === true);

  const runtime = checkRuntime();
  if (!runtime.ok) throw new CommandError(runtime.message);
  for (const warning of warnings) note(`gapless: warning: ${warning}`);
  if (!runtime.binary.known)
    note(`gapless: warning: ${runtime.binary.name} is not the binary that this version was tested with.`);

  const [{ startServer }, { createLogger }] = await Promise.all([
    import('../../server/main.ts'),
    import('../../server/ops/logger.ts'),
  ]);
  const logger = createLogger({ level: config.logLevel });
  const end = (code: number): never => {
    logger.flush();
    process.exit(code);
  };
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error }, 'something unforeseen happened, the server ends');
      end(1);
    });
  }
  // A signal while it starts counts when it has started.
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  onInterrupt(stop);
  let server: RunningServer;
  let demo: Demo | null = null;
  try {
    simulated?.prepareDemo(config);
    server = await startServer(config, logger, () => end(1));
    if (rate !== undefined) {
      const { startDemo } = await import('../demo/demo.ts');
      demo = await startDemo({ url: localUrl(server.description), token: config.token, rate }, (error) =>
        logger.warn({ err: error }, 'the listeners of the demo stopped; they are started anew'),
      );
    }
  } catch (error) {
    // What was opened before it failed must not keep the process.
    return end(report(error));
  }
  note(banner(server.description, config, rate));
  await stopped;
  await demo?.stop();
  await server.stop();
  end(0);
}

async function printConfig(config: ReturnType<typeof settings>['config'], asJson: boolean): Promise<void> {
  const { describeConfig } = await import('../../server/config.ts');
  const rows = describeConfig(config);
  if (asJson) return printJson(rows);
  for (const { name, value, about, default: fallback } of rows) {
    console.log(`${name}=${value}`);
    console.log(`    ${about}${fallback === '' ? '' : ` Default: ${fallback}`}`);
  }
}

const PROMISES: Record<string, string> = {
  fsync: 'the event is on disk and survives a power loss',
  os: 'the event is with the operating system: it survives the end of the server, not a power loss',
  memory: 'the event is in the memory of the storage only',
};

function banner(server: ServerDescription, config: Config, demoRate: number | undefined): string {
  const promise = PROMISES[server.durability] ?? 'the event is on so many replicas';
  const place = config.redisUrl === undefined ? `in ${config.dataDir}` : `under ${config.redisPrefix}`;
  const page = localUrl(server).replace(/^ws/, 'http');
  const bound = config.retentionBytes > 0 ? `, at most ${formatBytes(config.retentionBytes)}` : '';
  const demo = `${DEMO_USERS} made-up listeners, ${demoRate} events per second; stored ${place}${bound}`;
  return [
    `Gapless listens on ${server.url} (WebSocket and HTTP)`,
    ...(config.roles.includes('gateway') ? [`  dashboard   ${page}/`, `  player      ${page}/player`] : []),
    ...(demoRate === undefined ? [] : [`  demo        ${demo}`]),
    `  engine      ${server.engine}, ${place}; ${server.partitions} partitions`,
    `  an ACK      ${server.durability}: ${promise}`,
    `  in flight   at most ${formatBytes(server.creditBudgetBytes)} of events granted or not yet settled, over all clients`,
    '  Ctrl-C ends it in order.',
  ].join('\n');
}
