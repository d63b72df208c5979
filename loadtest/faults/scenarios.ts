/**
 * The faults. In each a file is sent with `gapless send` while something is killed with SIGKILL again and again; afterwards `gapless verify`
 * compares the log with the file.
 */
import { GaplessServer } from '../harness/gapless-server.ts';
import { slowSyncs, whyNoSlowDisk } from '../harness/slow-disk.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../harness/temporary.ts';
import { Random } from '../listeners/random.ts';
import { type RedisDirectives, type RedisServer, startRedis, whyNoRedis } from '../redis-server.ts';
import { finish, runCommand, type SendResult, startCommand, type VerifyResult } from './command.ts';
import { keepKilling } from './killer.ts';

export interface FaultOptions {
  /** NDJSON. */
  file: string;
  events: number;
  seed: number;
}

export interface FaultResult {
  scenario: string;
  title: string;
  kills: number;
  send: SendResult;
  verify: VerifyResult;
  /** What the server counted as lost by storage; of its last process, where it was killed. */
  storageLost: number;
  /** Received and in no other place of the ledger; not 0 is a fault of the server. */
  ledgerGap: number;
  /** What does not hold; empty if all does. */
  broken: string[];
}

export interface Scenario {
  name: string;
  title: string;
  /** Why it cannot run here; null if it can. */
  whyNot(): string | null;
  run(options: FaultOptions): Promise<FaultResult>;
}

type Target = 'server' | 'redis';

interface Setting {
  name: string;
  title: string;
  kill: Target;
  /** null: the embedded engine. */
  redis: RedisDirectives | null;
  /** Whether storage may lose what was acknowledged when it is killed; then it must be counted. */
  mayLose: boolean;
  /** How much longer each fdatasync of Redis takes than the disk itself, ms. */
  slowSyncMs?: number;
}

/** About so often is killed in a run; the moments are drawn from twice their distance. */
const KILLS = 20;
const everysec: RedisDirectives = { appendonly: 'yes', appendfsync: 'everysec' };
const always: RedisDirectives = { appendonly: 'yes', appendfsync: 'always' };

export const SCENARIOS: readonly Scenario[] = [
  scenario({
    name: 'server-embedded',
    title: 'kill -9 of the server, embedded engine',
    kill: 'server',
    redis: null,
    mayLose: false,
  }),
  scenario({
    name: 'server-redis',
    title: 'kill -9 of the server, Redis everysec',
    kill: 'server',
    redis: everysec,
    mayLose: false,
  }),
  scenario({
    name: 'redis-always',
    title: 'kill -9 of Redis, appendfsync always',
    kill: 'redis',
    redis: always,
    mayLose: false,
  }),
  scenario({
    name: 'redis-everysec',
    title: 'kill -9 of Redis, appendfsync everysec',
    kill: 'redis',
    redis: everysec,
    mayLose: true,
  }),
  // Redis hands every write to the operating system before it answers, except while an fsync is under way: so on a fast disk a kill seldom
  // loses anything. On a slow one it does.
  scenario({
    name: 'redis-slow-disk',
    title: 'kill -9 of Redis, everysec, each fsync 1.5 s slower',
    kill: 'redis',
    redis: everysec,
    mayLose: true,
    slowSyncMs: 1_500,
  }),
];

function scenario(setting: Setting): Scenario {
  const { name, title, redis, slowSyncMs } = setting;
  const whyNot = () => (redis && whyNoRedis()) ?? (slowSyncMs === undefined ? null : whyNoSlowDisk());
  return { name, title, whyNot, run: (options) => run(setting, options) };
}

async function run(setting: Setting, { file, events, seed }: FaultOptions): Promise<FaultResult> {
  const folder = await makeTemporaryFolder('gapless-faults-');
  let redis: RedisServer | null = null;
  let server: GaplessServer | null = null;
  try {
    redis = setting.redis && (await startRedis(setting.redis));
    slowDown(setting, redis);
    const env: Record<string, string> = redis ? { GAPLESS_REDIS_URL: redis.url } : { GAPLESS_DATA_DIR: folder };
    server = await GaplessServer.start({ env });
    const command = startCommand(['send', file, '--url', server.url, '--json', '--timeout', '120s']);
    const sending = finish<SendResult>(command);
    const strike = striker(setting, server, redis);
    const stored = async () => (await server!.metrics()).get('gapless_events_accepted_total');
    const kills = await keepKilling({
      ...{ random: new Random(seed, 0xdead), until: sending, strike, progress: stored },
      between: { least: 1, most: (2 * events) / KILLS },
    }).catch(async (error) => {
      await command.kill();
      throw error;
    });
    const { result: send } = await sending;
    const metrics = await server.metrics();
    // After the last kill it may wait for its slow disk for longer than whoever verifies waits for it.
    await redis?.sharedClient().ping();
    const where = redis ? ['--redis-url', redis.url] : ['--data-dir', folder];
    const { result: verify } = await runCommand<VerifyResult>(['verify', file, '--json', ...where]);
    const result = {
      scenario: setting.name,
      title: setting.title,
      kills,
      send,
      verify,
      storageLost: metrics.get('gapless_storage_lost_total'),
      ledgerGap: metrics.get('gapless_ledger_gap'),
    };
    return { ...result, broken: judge(setting, events, result) };
  } finally {
    try {
      await server?.stop();
    } finally {
      await redis?.stop();
      await removeTemporaryFolder(folder);
    }
  }
}

function striker(setting: Setting, server: GaplessServer, redis: RedisServer | null): () => Promise<void> {
  const restart =
    setting.kill === 'server'
      ? async () => {
          await server.kill();
          await server.start();
        }
      : async () => {
          await redis!.restart('SIGKILL');
          slowDown(setting, redis);
        };
  return async () => {
    await restart();
    process.stderr.write('.');
  };
}

function slowDown({ slowSyncMs }: Setting, redis: RedisServer | null): void {
  if (slowSyncMs !== undefined) slowSyncs(redis!.pid!, slowSyncMs);
}

/** What must hold, in sentences that say how it does not. */
function judge(
  { mayLose }: Setting,
  events: number,
  { kills, send, verify, storageLost, ledgerGap }: Omit<FaultResult, 'broken'>,
): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, text: string) => {
    if (!holds) broken.push(text);
  };
  const { stored, missing, not_sent: tail, duplicates, out_of_order: outOfOrder, different, ...rest } = verify;
  must(kills > 0, 'nothing was killed: send more events');
  must(
    send.status === 'settled' && send.unsettled === 0,
    `send ended as ${send.status}, ${send.unsettled} not settled`,
  );
  must(duplicates === 0, `${duplicates} events stand more than once`);
  must(outOfOrder === 0, `${outOfOrder} events are out of order`);
  must(different === 0, `${different} events differ from what was sent`);
  must(
    stored + missing + tail === events,
    `${stored} stored, ${missing} missing and ${tail} lost at the end are not ${events}: ${JSON.stringify(rest)}`,
  );
  must(ledgerGap === 0, `the ledger has a gap of ${ledgerGap}`);
  if (mayLose) {
    must(
      // What was lost at the very end is noticed when its client comes again.
      missing === 0 || storageLost > 0,
      `${missing} acknowledged events are lost, and the server has not noticed`,
    );
  } else {
    must(missing + tail === 0, `${missing + tail} acknowledged events are lost`);
    must(storageLost === 0, `the server counted ${storageLost} events as lost`);
    must(verify.ok, `verify found: ${JSON.stringify(verify)}`);
  }
  return broken;
}
