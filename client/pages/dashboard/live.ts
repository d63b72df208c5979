/** The dashboard's connection: feeds of the public SDK on one side, the page's state on the other. */
import { ClientError, connect, type Feed, type GaplessClient, type WebSocketConstructor } from '../../index.ts';
import { Store } from '../shared/store.ts';
import { parseFilter } from './state/filter.ts';
import type { LinkFacts } from './state/link.ts';
import {
  initialState,
  type State,
  type TailName,
  withFacts,
  withGap,
  withItems,
  withoutFigures,
  withPause,
  withStats,
  withTail,
} from './state/state.ts';
import { isStats } from './state/stats.ts';
import { BEHIND_MS, behindMs, cleared, wordJump } from './state/tail.ts';

export type Scope = 'server' | 'cluster';

/** Figures come once a second and are taken at once; events are taken a few hundred at a time. */
const FIGURES_CREDIT = 10;
const TAIL_CREDIT = 200;
/** Nobody reads faster. Between two pictures the server waits for credit. */
const PICTURE_MS = 250;
const TICK_MS = 1_000;
/** People look at this page: it comes back sooner than a player would. */
const BACKOFF = { minMs: 500, maxMs: 5_000 };
/** A feed whose server speaks another language. */
const UNREADABLE = {
  code: 'unreadable',
  message: 'The server’s figures are not those that this page knows. Reload it.',
};

export interface LiveOptions {
  url: string;
  /** Asked by `start`. */
  token(): string | undefined;
  /** Default: the browser's. */
  WebSocket?: WebSocketConstructor;
}

export class Live {
  readonly state: Store<State>;
  readonly scope = new Store<Scope>('server');
  /** What the tail shows, as it was written. */
  readonly filter = new Store('');
  readonly #options: LiveOptions;
  readonly #ticks: ReturnType<typeof setInterval>;
  #client: GaplessClient | null = null;
  #all = new AbortController();
  #tail = new AbortController();
  #figures = new AbortController();
  #resumed: (() => void)[] = [];

  constructor(options: LiveOptions) {
    this.#options = options;
    this.state = new Store(initialState(performance.now()));
    this.#ticks = setInterval(() => this.#facts({}), TICK_MS);
  }

  /** Connects; anew if it was connected. */
  start(): void {
    this.#leave();
    this.#all = new AbortController();
    const { signal } = this.#all;
    const { url, token, WebSocket } = this.#options;
    const client = connect({
      ...{ url, token: token(), WebSocket },
      publish: false,
      agent: 'gapless-dashboard',
      backoff: BACKOFF,
    });
    this.#client = client;
    this.#facts({ client: 'connecting', failure: null, lostAt: null });
    client.on('state', () => signal.aborted || this.#clientChanged(client));
    client.on('error', (error) => {
      if (!signal.aborted && client.stats.state === 'failed') this.#facts({ failure: error });
    });
    this.#followFigures(client);
    this.#followTail(client);
    this.#follow(signal, () => this.#take('letters', signal, () => client.subscribe('dead-letters', { signal })));
  }

  close(): void {
    clearInterval(this.#ticks);
    this.#leave();
  }

  #leave(): void {
    this.#all.abort();
    void this.#client?.close();
  }

  choose(scope: Scope): void {
    this.scope.update(() => scope);
    this.state.update(withoutFigures);
    if (this.#client) this.#followFigures(this.#client);
  }

  /** A text that is no filter changes nothing. */
  show(filter: string): void {
    if (!parseFilter(filter).ok || filter === this.filter.value) return;
    this.filter.update(() => filter);
    this.state.update((state) => withTail(state, 'tail', cleared(state.picture.tail)));
    if (this.#client) this.#followTail(this.#client);
  }

  pause(paused: boolean): void {
    this.state.update((state) => withPause(state, paused));
    if (!paused) for (const resume of this.#resumed.splice(0)) resume();
  }

  #clientChanged(client: GaplessClient): void {
    const { state, lastClose } = client.stats;
    const now = performance.now();
    const { lostAt, openedAt } = this.state.value.facts;
    if (state === 'open') this.#facts({ client: state, lostAt: null, openedAt: now });
    else
      this.#facts({
        client: state,
        lastClose,
        lostAt: lostAt ?? (state === 'connecting' && openedAt === null ? null : now),
      });
  }

  #followFigures(client: GaplessClient): void {
    this.#figures.abort();
    this.#figures = new AbortController();
    const signal = AbortSignal.any([this.#figures.signal, this.#all.signal]);
    this.#follow(signal, async () => {
      const feed = client.subscribe('stats', { key: this.scope.value, credit: FIGURES_CREDIT, signal });
      feed.on('gap', ({ skipped }) => this.#facts({ gap: { at: performance.now(), skipped } }));
      for await (const { value } of feed) {
        if (signal.aborted) return;
        if (!isStats(value)) throw UNREADABLE;
        this.state.update((state) => withStats(state, value, performance.now()));
      }
    });
  }

  #followTail(client: GaplessClient): void {
    this.#tail.abort();
    this.#tail = new AbortController();
    const signal = AbortSignal.any([this.#tail.signal, this.#all.signal]);
    const parsed = parseFilter(this.filter.value);
    const filter = parsed.ok ? parsed.filter : undefined;
    this.#follow(signal, () =>
      this.#take('tail', signal, () => client.subscribe('events', { filter, credit: TAIL_CREDIT, signal })),
    );
  }

  /** Runs until the signal; an end that nobody wished is what the page tells of its connection. */
  #follow(signal: AbortSignal, run: () => Promise<void>): void {
    run().catch((error) => {
      if (signal.aborted) return;
      const { code = 'error', message } = error as ClientError;
      if (error instanceof ClientError || error === UNREADABLE) this.#facts({ failure: { code, message } });
      else throw error;
    });
  }

  async #take(name: TailName, signal: AbortSignal, subscribe: () => Feed<Record<string, unknown>>): Promise<void> {
    for (let jumped = true; jumped && !signal.aborted; ) {
      jumped = false;
      const feed = subscribe();
      feed.on('gap', (gap) => this.state.update((state) => withGap(state, name, gap)));
      for await (const { items } of feed.batches()) {
        // While the page is paused nothing is taken: credit runs out, and the server waits.
        await this.#running();
        if (signal.aborted) return;
        const behind = name === 'tail' ? behindMs(items, this.state.value.picture.stats?.at) : 0;
        jumped = behind > BEHIND_MS;
        if (jumped) this.state.update((state) => withGap(state, name, { text: wordJump(behind) }));
        else this.state.update((state) => withItems(state, name, items));
        if (jumped) break;
        await new Promise((resolve) => setTimeout(resolve, PICTURE_MS));
      }
    }
  }

  async #running(): Promise<void> {
    if (this.state.value.frozen) await new Promise<void>((resolve) => this.#resumed.push(resolve));
  }

  #facts(facts: Partial<LinkFacts>): void {
    this.state.update((state) => withFacts(state, facts, performance.now()));
  }
}
