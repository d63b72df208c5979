/** A Redis Cluster of its own for a test: masters that share the slots evenly, and replicas if asked for. */
import { freePort, type RedisDirectives, type RedisServer, startRedis, until } from './redis-server.ts';

const SLOTS = 16384;

export interface ClusterOptions {
  masters?: number;
  /** Replicas of each master. */
  replicas?: number;
  directives?: RedisDirectives;
}

export class RedisCluster {
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];
  constructor(masters: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  get url(): string {
    return `redis+cluster://${this.masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** The master that holds a key, by what the nodes say themselves, and another one. */
  async ownerOf(key: string): Promise<{ owner: RedisServer; other: RedisServer; slot: number }> {
    const slot = await this.masters[0]!.sharedClient().cluster('KEYSLOT', key);
    for (const owner of this.masters) {
      const mine = (await owner.sharedClient().cluster('NODES')) as string;
      const ranges = mine
        .split('\n')
        .find((line) => line.includes('myself'))!
        .split(' ')
        .slice(8);
      const owns = ranges.some((range) => {
        const [from, to = from] = range.split('-').map(Number);
        return slot >= from! && slot <= to!;
      });
      if (owns) return { owner, other: this.masters.find((master) => master !== owner)!, slot };
    }
    throw new Error(`slot ${slot} has no owner`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.masters, ...this.replicas].map((server) => server.stop()));
  }
}

export async function startCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const { masters = 3, replicas = 0, directives = {} } = options;
  const start = async (): Promise<RedisServer> =>
    startRedis({
      'cluster-enabled': 'yes',
      'cluster-port': await freePort(),
      'cluster-node-timeout': 1500,
      'cluster-replica-validity-factor': 0,
      ...directives,
    });
  const servers: RedisServer[] = [];
  try {
    for (let i = 0; i < masters * (1 + replicas); i++) servers.push(await start());
    const cluster = new RedisCluster(servers.slice(0, masters), servers.slice(masters));
    await join(cluster);
    return cluster;
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  }
}

async function join({ masters, replicas }: RedisCluster): Promise<void> {
  const all = [...masters, ...replicas];
  const [first, ...others] = all;
  const share = Math.ceil(SLOTS / masters.length);
  for (const [i, master] of masters.entries()) {
    const client = master.sharedClient();
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', i * share, Math.min(SLOTS, (i + 1) * share) - 1);
  }
  for (const { port, busPort } of await Promise.all(others.map(address))) {
    await first!.sharedClient().call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  await Promise.all(all.map((server) => until(() => knows(server, all.length))));
  for (const [i, replica] of replicas.entries()) {
    const id = await masters[i % masters.length]!.sharedClient().call('CLUSTER', 'MYID');
    await replica.sharedClient().call('CLUSTER', 'REPLICATE', id as string);
  }
  await Promise.all(all.map((server) => until(() => ok(server))));
  await Promise.all(replicas.map((replica) => until(() => linked(replica))));
}

async function address(server: RedisServer): Promise<{ port: number; busPort: string }> {
  const [, busPort] = (await server.sharedClient().call('CONFIG', 'GET', 'cluster-port')) as [string, string];
  return { port: server.port, busPort };
}

async function knows(server: RedisServer, count: number): Promise<boolean> {
  const nodes = ((await server.sharedClient().cluster('NODES')) as string).trim().split('\n');
  return nodes.length === count && nodes.every((line) => !/handshake|noaddr|disconnected/.test(line));
}

async function ok(server: RedisServer): Promise<boolean> {
  return ((await server.sharedClient().cluster('INFO')) as string).includes('cluster_state:ok');
}

async function linked(server: RedisServer): Promise<boolean> {
  return (await server.sharedClient().info('replication')).includes('master_link_status:up');
}
