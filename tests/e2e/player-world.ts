/** A server that is killed and started again, what its log holds, and a browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { listeners, makeCatalogue } from '../../loadtest/listeners/index.ts';
import { MADE_UP } from '../../server/catalogue/track-list.ts';
import { type LogReader, openEmbeddedReader } from '../../server/log/embedded/reader.ts';
import { openRedisReader } from '../../server/log/redis/index.ts';
import { startBrowser, type TestBrowser } from '../helpers/browser.ts';
import { freePort, type RedisServer, startRedis } from '../helpers/redis-server.ts';
import { ServerProcess } from '../helpers/server-process.ts';
import { storedEvents } from '../helpers/stored-events.ts';
import { openPlayer, type PlayerPage } from './player-page.ts';

const LESSONS = 1_000;
const DAY_MS = 86_400_000;

export type Engine = 'embedded' | 'redis';

export class PlayerWorld {
  readonly faults: string[] = [];
  readonly server: ServerProcess;
  readonly #browser: TestBrowser;
  readonly #redis: RedisServer | null;
  readonly #dataDir: string;
  #log: LogReader | null = null;

  private constructor(browser: TestBrowser, server: ServerProcess, redis: RedisServer | null, dataDir: string) {
    this.#browser = browser;
    this.server = server;
    this.#redis = redis;
    this.#dataDir = dataDir;
  }

  /** A browser, and a server that somebody has listened to before, so that it has something to recommend. */
  static async start(engine: Engine): Promise<PlayerWorld> {
    const dataDir = mkdtempSync(join(tmpdir(), 'gapless-player-'));
    const redis = engine === 'redis' ? await startRedis({ appendonly: 'yes' }) : null;
    const place: Record<string, string> = redis ? { GAPLESS_REDIS_URL: redis.url } : { GAPLESS_DATA_DIR: dataDir };
    const server = new ServerProcess(await freePort(), { ...place, GAPLESS_PARTITIONS: '4' });
    const world = new PlayerWorld(await startBrowser(), server, redis, dataDir);
    await server.start();
    await world.#teach();
    return world;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    await this.#log?.close();
    await this.#redis?.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  get origin(): string {
    return this.server.url.replace(/^ws/, 'http');
  }

  /** A day of some listeners. */
  async #teach(): Promise<void> {
    const catalogue = makeCatalogue(MADE_UP);
    const events: object[] = [];
    for (const { event } of listeners({ catalogue, users: 60, startMs: Date.now() - 2 * DAY_MS })) {
      events.push(event);
      if (events.length === LESSONS) break;
    }
    const response = await fetch(`${this.origin}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  /** Its own profile, so its own listener. */
  newProfile(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  open(profile: BrowserContext): Promise<PlayerPage> {
    return openPlayer(profile, `${this.origin}/player`, this.faults);
  }

  /** The user's own events, in the order of the log. */
  async stored(user: string): Promise<Record<string, unknown>[]> {
    this.#log ??= this.#redis
      ? await openRedisReader({ url: this.#redis.url, prefix: 'gapless' })
      : await openEmbeddedReader(this.#dataDir);
    const events = await storedEvents(this.#log);
    return events.filter(({ type, user_id }) => user_id === user && type !== 'recommendation_served');
  }
}
