/** A page that has nothing but the SDK's bundle, a browser to open it in, and a real server to talk to. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type * as Sdk from '../../../client/browser.ts';
import { type LogReader, openEmbeddedReader } from '../../../server/log/embedded/reader.ts';
import { startBrowser, type TestBrowser } from '../../helpers/browser.ts';
import { freePort, until } from '../../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../../helpers/server.ts';
import { type StaticHost, startStaticHost } from '../../helpers/static-host.ts';
import { storedEvents } from '../../helpers/stored-events.ts';

const BUNDLE = 'dist/browser/gapless.js';
const TOKEN = 'a-token-that-is-long-enough';
const PAGE = `<!doctype html><title>SDK</title><script type="module">
import * as sdk from '/gapless.js';
window.sdk = sdk;
</script>`;
/** As above, with the SDK from the server itself, which is another origin. */
const FROM_SERVER = '/from-server';

declare global {
  interface Window {
    sdk: typeof Sdk;
    client: Sdk.GaplessClient;
    /** Codes of the errors that the client told, and the states it was in. */
    errors: string[];
    states: string[];
    tokens: number;
  }
}

export interface Listener {
  user: string;
  /** `deaf`: its connections hear nothing after WELCOME. `mute`: they never open. */
  socket?: 'deaf' | 'mute';
  /** `lost`: beacons find no way. */
  beacon?: 'lost';
  /** ms; long, where no backoff shall help. */
  backoffMs?: number;
}

export class World {
  readonly origin: string;
  readonly #browser: TestBrowser;
  readonly #host: StaticHost;
  readonly #port: number;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'gapless-page-'));
  #server: TestServer | null = null;
  #log: LogReader | null = null;

  private constructor(browser: TestBrowser, host: StaticHost, port: number) {
    this.#browser = browser;
    this.#host = host;
    this.origin = host.origin;
    this.#port = port;
  }

  static async start({ server = true } = {}): Promise<World> {
    if (!existsSync(BUNDLE))
      throw new Error(`${BUNDLE} is missing; npm run build makes it: ${process.env.BUILD_FAILURE}`);
    const port = await freePort();
    const fromServer = PAGE.replace('/gapless.js', `http://127.0.0.1:${port}/gapless.js`);
    const host = await startStaticHost({
      '/': { type: 'text/html', body: PAGE },
      [FROM_SERVER]: { type: 'text/html', body: fromServer },
      '/gapless.js': { type: 'text/javascript', body: readFileSync(BUNDLE) },
    });
    const world = new World(await startBrowser(), host, port);
    if (server) await world.startServer();
    return world;
  }

  get server(): TestServer {
    return this.#server!;
  }

  async startServer(): Promise<void> {
    this.#server ??= await startTestServer({
      GAPLESS_DATA_DIR: this.#dataDir,
      GAPLESS_PORT: String(this.#port),
      GAPLESS_TOKEN: TOKEN,
      GAPLESS_ALLOWED_ORIGINS: this.origin,
      // Few threads: it is started several times, beside browsers.
      GAPLESS_WORKERS: '1',
      GAPLESS_PARTITIONS: '2',
      ENABLE_REALTIME_PROCESSING: 'false',
    });
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop();
    this.#server = null;
    this.#server = null;
  }

  newProfile(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  /** A page with the SDK and nothing done with it. */
  async page(profile: BrowserContext): Promise<Page> {
    const page = await profile.newPage();
    await this.goto(page);
    return page;
  }

  /** A page that loads the SDK from the server. */
  async servedPage(profile: BrowserContext): Promise<Page> {
    const page = await profile.newPage();
    await this.goto(page, FROM_SERVER);
    return page;
  }

  async goto(page: Page, path = '/'): Promise<void> {
    await page.goto(this.origin + path);
    await page.waitForFunction(() => window.sdk !== undefined);
  }

  /** A page with a client. */
  async open(profile: BrowserContext, listener: Listener): Promise<Page> {
    const page = await this.page(profile);
    await this.connect(page, listener);
    return page;
  }

  async reload(page: Page, listener: Listener): Promise<void> {
    await page.reload();
    await page.waitForFunction(() => window.sdk !== undefined);
    await this.connect(page, listener);
  }

  connect(page: Page, listener: Listener): Promise<void> {
    const { user, socket, beacon, backoffMs = 50 } = listener;
    const options = { url: `ws://127.0.0.1:${this.#port}`, token: TOKEN, user, socket, beacon, backoffMs };
    return page.evaluate(({ url, token, user, socket, beacon, backoffMs }) => {
      if (beacon) navigator.sendBeacon = () => true;
      class FaultySocket extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(socket === 'mute' ? `${url}/nowhere` : url, protocols);
          let heard = 0;
          const listen = this.addEventListener.bind(this);
          Object.defineProperty(this, 'onmessage', {
            set: (listener) => listen('message', (event) => heard++ === 0 && listener(event)),
          });
        }
      }
      window.errors = [];
      window.states = [];
      window.tokens = 0;
      window.client = window.sdk.connect({
        url,
        token: async () => {
          window.tokens++;
          return token;
        },
        context: { user_id: user, session_id: 's' },
        backoff: { minMs: backoffMs, maxMs: backoffMs },
        ...(socket && { WebSocket: FaultySocket as unknown as Sdk.WebSocketConstructor }),
      });
      window.client.on('error', ({ code }) => window.errors.push(code));
      window.client.on('state', (state) => window.states.push(state));
    }, options);
  }

  /** The tracks of a user's events in the log, sorted: twice where one is stored twice. */
  async stored(user: string): Promise<string[]> {
    this.#log ??= await openEmbeddedReader(this.#dataDir);
    return (await storedEvents(this.#log))
      .filter(({ user_id }) => user_id === user)
      .map(({ track_id }) => String(track_id))
      .sort();
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#host.stop();
    await this.stopServer();
    await this.#log?.close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

export const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(4, '0')}`);

/** Tracks an event for each track, without waiting for verdicts. */
export function play(page: Page, tracks: readonly string[], bytes = 0): Promise<void> {
  return page.evaluate(
    ([tracks, bytes]) => {
      const player = window.client.player(bytes > 0 ? { context: { playlist_id: 'x'.repeat(bytes) } } : {});
      for (const track of tracks) void player.play(track);
    },
    [tracks, bytes] as const,
  );
}

/** Resolves when the database of the page's origin holds so many events. */
export async function kept(page: Page, count: number): Promise<void> {
  // waitForFunction does not wait for the promise of an asynchronous predicate.
  await until(async () => (await page.evaluate(countEvents)) === count);
}

async function countEvents(): Promise<number | null> {
  const [database] = await indexedDB.databases();
  if (!database) return null;
  const resultOf = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
  const db = await resultOf(indexedDB.open(database.name!));
  const count = await resultOf(db.transaction('events').objectStore('events').count());
  db.close();
  return count;
}

/** Resolves when all that the page's client has is settled. */
export async function settled(page: Page): Promise<void> {
  if (!(await page.evaluate(() => window.client.flush({ timeout: 20_000 })))) {
    throw new Error(`not settled: ${JSON.stringify(await page.evaluate(() => [window.client.stats, window.errors]))}`);
  }
}
