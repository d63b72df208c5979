/**
 * Connections to Redis, all with one profile: nothing is queued while there is no connection, nothing is sent a second time by the
 * client library, and every command is answered or given up in `commandTimeoutMs`. Who asked decides what is repeated.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { isAuthFault } from './fault.ts';
import { UncopiedCommand } from './uncopied-command.ts';
import type { RedisTarget } from './url.ts';

export type RedisClient = Redis | Cluster;

export interface ClientSettings {
  /** Shown in CLIENT LIST. */
  name: string;
  /** How long a command may take, and a connection may be silent while a command is under way; ms. */
  commandTimeoutMs: number;
  /** Connections come and go; said for each trouble. */
  onError?: (error: Error) => void;
  /** It subscribes: in a Cluster to sharded channels, where ioredis follows the slots; otherwise the caller subscribes anew at every `ready`. */
  subscriber?: boolean;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_MOST_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** How soon to look again whether a starting Redis has read its data. */
const LOADING_RETRY_MS = 250;
/** A slot that is moving is asked for so often, with so much time between; after that the caller decides. */
const CLUSTER_REDIRECTIONS = 6;
const CLUSTER_RETRY_MS = 50;
const SLOTS_TIMEOUT_MS = 2_000;
/** How often a subscriber looks for where slots went: it is told that one left, at a time when not every node knows where to. */
const SUBSCRIBER_SLOTS_MS = 3_000;

/** A client that is not connected yet; see `connect`. */
export function createClient(target: RedisTarget, settings: ClientSettings): RedisClient {
  const client =
    target.kind === 'cluster'
      ? createCluster(target, settings)
      : new Redis({ ...nodeOptions(target, settings), ...where(target) });
  // An 'error' event that nobody listens to is printed by ioredis.
  client.on('error', (error: Error) => settings.onError?.(error));
  revive(client);
  return client;
}

/**
 * ioredis gives a client up for good where its connection is dropped while it is being made, as when a failover is noticed just then.
 * Only who owns a client ends it, by `disconnect()`.
 */
function revive(client: RedisClient): void {
  const { disconnect } = client;
  let closed = false;
  client.disconnect = (reconnect = false) => {
    closed ||= !reconnect;
    disconnect.call(client, reconnect);
  };
  client.on('end', () => {
    const again = (): void => void (closed || client.connect().catch(() => {}));
    setTimeout(again, RECONNECT_FIRST_MS).unref();
  });
}

function where(target: RedisTarget): RedisOptions {
  const { kind, nodes, master, db, sentinelUser, sentinelPassword, tls } = target;
  if (kind === 'standalone') return { ...nodes[0], db };
  return {
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name: master,
    db,
    sentinelUsername: sentinelUser,
    sentinelPassword,
    sentinelRetryStrategy: backoff,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    enableTLSForSentinelMode: tls,
    sentinelTLS: tls ? {} : undefined,
    failoverDetector: true,
  };
}

function nodeOptions(target: RedisTarget, { name, commandTimeoutMs }: ClientSettings): RedisOptions {
  return {
    lazyConnect: true,
    connectionName: name,
    username: target.user,
    password: target.password,
    tls: target.tls ? {} : undefined,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
    socketTimeout: commandTimeoutMs,
    connectTimeout: Math.min(CONNECT_TIMEOUT_MS, commandTimeoutMs),
    retryStrategy: backoff,
    // A master that was made a replica: look for the new one. The command itself is not sent again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    maxLoadingRetryTime: LOADING_RETRY_MS,
    replyMapping: 'legacy',
    disableClientInfo: true,
    // ioredis would leave a rejection that nobody handles.
    autoResubscribe: false,
  };
}

function createCluster(target: RedisTarget, settings: ClientSettings): Cluster {
  const { retryStrategy: _, ...redisOptions } = nodeOptions(target, settings);
  const options: ClusterOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    // It would ask a node that is still connecting, and start again; `connect` waits for all of them.
    enableReadyCheck: false,
    maxRedirections: CLUSTER_REDIRECTIONS,
    retryDelayOnFailover: 0,
    retryDelayOnTryAgain: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    slotsRefreshTimeout: SLOTS_TIMEOUT_MS,
    slotsRefreshInterval: settings.subscriber ? SUBSCRIBER_SLOTS_MS : undefined,
    clusterRetryStrategy: backoff,
    shardedSubscribers: settings.subscriber ?? false,
    // Certificates name hosts.
    ...(target.tls && { dnsLookup: (host, done) => done(null, host) }),
    redisOptions,
  };
  const cluster = new Cluster([...target.nodes], options);
  cluster.on('node error', (error: Error) => settings.onError?.(error));
  // Nodes connect when they become known: a command that finds its node still connecting would fail.
  cluster.on('+node', (node: Redis) => node.connect().catch(() => {}));
  return cluster;
}

function backoff(attempt: number): number {
  return Math.min(RECONNECT_MOST_MS, RECONNECT_FIRST_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}

/**
 * Resolves when the client may be used; it keeps trying until then. Rejects with the last error when that takes longer than `timeoutMs`,
 * and at once when user or password are wrong; the client is then closed.
 */
export async function connect(client: RedisClient, timeoutMs: number): Promise<void> {
  const events = client instanceof Cluster ? ['error', 'node error'] : ['error'];
  let last: unknown;
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const note = (error: Error & { lastNodeError?: Error }): void => {
    last = error.lastNodeError ?? error;
    if (isAuthFault(last)) fail(last);
  };
  for (const event of events) client.on(event, note);
  const timer = setTimeout(() => fail(last ?? new Error('no connection to Redis in time')), timeoutMs);
  const isReady = new Promise<void>((resolve) => client.once('ready', resolve));
  client.connect().catch((error) => {
    last ??= error;
  });
  try {
    await Promise.race([isReady, failure]);
    if (client instanceof Cluster) await Promise.race([Promise.all(client.nodes('master').map(nodeReady)), failure]);
  } catch (error) {
    client.disconnect();
    throw error;
  } finally {
    clearTimeout(timer);
    for (const event of events) client.off(event, note);
  }
}

async function nodeReady(node: Redis): Promise<void> {
  if (node.status === 'ready') return;
  await new Promise<void>((resolve) => node.once('ready', resolve));
}

/** The masters: of a Cluster all of them, otherwise the one. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Of a command. */
export type Argument = string | number | Buffer;

/** One command, its answer as Buffers. Keys tell a Cluster where it goes. */
export function call(client: RedisClient, command: string, ...args: Argument[]): Promise<unknown> {
  return (client as Redis).callBuffer(command, ...args);
}

/** The same for a caller who leaves its arguments alone until the answer is there: large ones are not copied. */
export function callUncopied(client: RedisClient, command: string, ...args: Argument[]): Promise<unknown> {
  const sent = new UncopiedCommand(command, args, { replyEncoding: null });
  return client.sendCommand(sent) as Promise<unknown>;
}
