/** What an append promises, read from Redis itself at open and again each few seconds, and what is wrong with its settings, said once each. */
import type { Durability } from '../../../protocol/frames.ts';
import type { RedisClient } from '../../redis/client.ts';
import { higher, lower, type Persistence, probe, type RedisFacts } from '../../redis/probe.ts';
import { LogError } from '../error.ts';

const OLDEST_VERSION = 7;

export interface RedisLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface DurabilitySettings {
  /** Replicas that every append waits for; 0 for none. */
  replicas: number;
  /** Believed where Redis does not say. */
  declared: Persistence | undefined;
  /** There is a limit of our own for the bytes in Redis. */
  limited: boolean;
  logger: RedisLogger | undefined;
}

export class DurabilityWatch {
  private readonly client: RedisClient;
  private readonly settings: DurabilitySettings;
  private readonly said = new Set<string>();
  private persistence: Persistence | null = null;

  constructor(client: RedisClient, settings: DurabilitySettings) {
    this.client = client;
    this.settings = settings;
  }

  get current(): Durability {
    const { replicas } = this.settings;
    return replicas > 0 ? `replicas:${replicas}` : (this.persistence ?? 'memory');
  }

  /** Throws what the connection throws, and LogError `misconfigured` where this Redis is too old. */
  async look(): Promise<void> {
    const facts = await probe(this.client);
    if (facts.version !== null && facts.version < OLDEST_VERSION)
      throw new LogError('misconfigured', `Redis ${facts.version} is too old: 7.0 or newer, or Valkey, is needed`);
    const { least, most } = facts.persistence;
    const { declared } = this.settings;
    const persistence = declared ? lower(higher(declared, least), most) : least;
    if (this.persistence !== null && persistence !== this.persistence) {
      this.said.delete('persistence');
      this.settings.logger?.info(
        { from: this.persistence, to: persistence },
        'redis: what an append is worth has changed',
      );
    }
    this.persistence = persistence;
    this.warn(facts);
  }

  private warn({ persistence, maxMemory, eviction, replicas }: RedisFacts): void {
    const { declared, limited } = this.settings;
    const needed = this.settings.replicas;
    const findings: [topic: string, isSo: boolean, text: string][] = [
      ['persistence', this.current === 'memory', 'redis keeps what is acknowledged in memory only: set appendonly yes'],
      [
        'restart',
        needed > 0 && this.persistence === 'memory',
        'redis keeps nothing on disk: a master that starts again before it is replaced empties its replicas. Set appendonly yes',
      ],
      [
        'unreadable',
        persistence.least === 'memory' && persistence.most !== 'memory' && !declared,
        'redis does not tell how it persists (CONFIG and INFO are forbidden) and nothing is declared: memory is assumed',
      ],
      [
        'maxmemory',
        maxMemory === 0 && !limited,
        'redis has no maxmemory: it grows until the system ends it. Set maxmemory, or a limit of bytes here',
      ],
      [
        'eviction',
        eviction !== null && eviction !== 'noeviction',
        'redis may delete keys when memory runs short, and with them acknowledged events: set maxmemory-policy noeviction',
      ],
      ['replicas', replicas !== null && replicas < needed, 'redis has fewer replicas than every append waits for'],
    ];
    for (const [topic, isSo, text] of findings) {
      if (!isSo) this.said.delete(topic);
      else if (!this.said.has(topic)) {
        this.said.add(topic);
        this.settings.logger?.warn({ persistence: this.current, maxMemory, eviction, replicas }, text);
      }
    }
  }
}
