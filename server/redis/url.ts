/**
 * Where Redis is, from one URL:
 *
 *   redis://[user:password@]host[:port][/db]                      one server
 *   redis+sentinel://[user:password@]host[:port],.../master[/db]  the Sentinels, and the name they watch a master under
 *   redis+cluster://[user:password@]host[:port],...               some nodes of a Cluster
 *
 * `rediss` in place of `redis` means TLS. User and password are Redis's own; those of the Sentinels come as `?sentinelUser=`
 * and `?sentinelPassword=`. Errors never quote the URL, it holds a password.
 */
export interface RedisAddress {
  host: string;
  port: number;
}

export interface RedisTarget {
  kind: 'standalone' | 'sentinel' | 'cluster';
  /** Redis nodes, or Sentinels. At least one. */
  nodes: readonly RedisAddress[];
  /** The name of the master; only for Sentinel. */
  master?: string;
  user?: string;
  password?: string;
  sentinelUser?: string;
  sentinelPassword?: string;
  db: number;
  tls: boolean;
}

export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const SHAPE =
  /^redis(?<tls>s?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^@/]*)@)?(?<nodes>[^/?]+)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/;
const PORTS = { standalone: 6379, sentinel: 26379, cluster: 6379 } as const;

/** Throws RedisUrlError. */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = SHAPE.exec(url)?.groups;
  if (!parts) throw new RedisUrlError('not a redis://, rediss://, redis+sentinel:// or redis+cluster:// URL');
  const kind = (parts.kind ?? 'standalone') as RedisTarget['kind'];
  const nodes = parts.nodes!.split(',').map((node) => parseNode(node, PORTS[kind]));
  if (kind === 'standalone' && nodes.length > 1) throw new RedisUrlError('redis:// names one host');
  const path = (parts.path ?? '').split('/').filter((segment) => segment !== '');
  const master = kind === 'sentinel' ? path.shift() : undefined;
  if (kind === 'sentinel' && !master)
    throw new RedisUrlError('redis+sentinel:// names its master after the hosts: /name');
  const db = Number(path.shift() ?? 0);
  if (!Number.isInteger(db) || db < 0 || path.length > 0) throw new RedisUrlError('the database is not a number');
  if (kind === 'cluster' && db !== 0) throw new RedisUrlError('a Cluster has only database 0');
  const { sentinelUser, sentinelPassword, ...unknown } = Object.fromEntries(new URLSearchParams(parts.query));
  if (Object.keys(unknown).length > 0) throw new RedisUrlError('only ?sentinelUser= and ?sentinelPassword= are known');
  return {
    kind,
    nodes,
    master,
    ...parseLogin(parts.login),
    sentinelUser,
    sentinelPassword,
    db,
    tls: parts.tls === 's',
  };
}

function parseNode(text: string, defaultPort: number): RedisAddress {
  const found = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  const port = Number(found?.port ?? defaultPort);
  if (!found || port < 1 || port > 65535) throw new RedisUrlError('a node is not host or host:port');
  return { host: found.v6 ?? found.name!, port };
}

function parseLogin(login = ''): { user?: string; password?: string } {
  if (login === '') return {};
  const colon = login.indexOf(':');
  const [user, password] = colon < 0 ? ['', login] : [login.slice(0, colon), login.slice(colon + 1)];
  try {
    return { user: decodeURIComponent(user) || undefined, password: decodeURIComponent(password) || undefined };
  } catch {
    throw new RedisUrlError('user or password is not percent-encoded');
  }
}
