/** The player at work: the SDK on one side, what the page shows on the other. */
import { ClientError, type ClientStats, connect, type FeedItems, type GaplessClient } from '../../browser.ts';
import { serverUrl } from '../shared/server-url.ts';
import { Store } from '../shared/store.ts';
import { readToken } from '../shared/token.ts';
import { Catalogue, USUAL_LENGTH_MS } from './catalogue.ts';
import { FLOOD } from './flood.ts';
import { Line } from './line.ts';
import { forgetListener, type Listener, listener } from './listener.ts';
import {
  type Act,
  type Choice,
  choose,
  type Deck,
  EMPTY_DECK,
  isOver,
  type Rating,
  rate,
  type Step,
  seek,
  toggle,
} from './state/deck.ts';
import { type Sent, withSent, withVerdict } from './state/outcome.ts';
import { SAMPLE_MS, type Sample, sampleOf, withSample } from './state/samples.ts';

export type RecommendedList = FeedItems['recommendations']['value'];
export type Features = FeedItems['features']['value'];

export interface Shown<T> {
  value: T;
  before: T | null;
}

const TICK_MS = 250;
/** People look at this page: it comes back sooner than a player would. */
const BACKOFF = { minMs: 250, maxMs: 4_000 };
const CREDIT = 10;
/** Tracks that do not come again by themselves for so long. */
const HEARD_MAX = 40;

export class Live {
  readonly who: Listener = listener();
  readonly line = new Line();
  readonly catalogue = new Catalogue();
  readonly deck = new Store<Deck>(EMPTY_DECK);
  readonly list = new Store<Shown<RecommendedList> | null>(null);
  readonly features = new Store<Shown<Features> | null>(null);
  readonly sent = new Store<readonly Sent[]>([]);
  readonly stats = new Store<ClientStats | null>(null);
  readonly samples = new Store<readonly Sample[]>([]);
  readonly failure = new Store<{ code: string; message: string } | null>(null);
  /** Events of a flood that are not in the outbox yet. */
  readonly flooding = new Store(0);
  /** ms of the page's clock. */
  readonly now = new Store(performance.now());
  #client: GaplessClient | null = null;
  #all = new AbortController();
  #count = 0;
  #lastAt = 0;
  /** Newest first. */
  #heard: string[] = [];

  constructor() {
    setInterval(() => this.#tick(), TICK_MS);
    setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Connects, anew if it was; with the token that is kept. */
  start(): void {
    this.#all.abort();
    void this.#client?.close();
    this.#all = new AbortController();
    this.failure.update(() => null);
    const { signal } = this.#all;
    const client = connect({
      url: serverUrl(),
      token: readToken(),
      context: { ...this.who },
      agent: 'gapless-player',
      backoff: BACKOFF,
      WebSocket: this.line.WebSocket,
    });
    this.#client = client;
    client.on('state', (state) => {
      if (signal.aborted) return;
      this.#look();
      // Without the server there is nothing to offer, and with it mostly there is from the first moment on.
      if (state === 'open' && this.catalogue.shelf.value.length === 0) this.catalogue.load().catch(() => undefined);
    });
    client.on('error', ({ code, message }) => {
      if (!signal.aborted && client.stats.state === 'failed') this.failure.update(() => ({ code, message }));
    });
    this.#follow(signal, async () => {
      for await (const { value } of client.subscribe('features', { key: this.who.user_id, credit: CREDIT, signal })) {
        this.features.update((shown) => ({ value, before: shown?.value ?? null }));
      }
    });
    this.#follow(signal, async () => {
      for await (const { value } of client.subscribe('recommendations', {
        key: this.who.user_id,
        credit: CREDIT,
        signal,
      })) {
        void this.catalogue.name(value.tracks.map(({ track_id }) => track_id));
        this.list.update((shown) => ({ value, before: shown?.value ?? null }));
      }
    });
    this.#look();
  }

  // What the listener does

  choose(choice: Choice): void {
    this.#heard = [choice.id, ...this.#heard].slice(0, HEARD_MAX);
    this.#do(choose(this.deck.value, choice, this.#clock()));
  }

  /** What is recommended first, or what stands next on the shelf. */
  next(): void {
    const choice = this.#upNext();
    if (choice) this.choose(choice);
  }

  toggle(): void {
    if (this.deck.value.choice) this.#do(toggle(this.deck.value, this.#clock()));
    else this.next();
  }

  seek(toMs: number): void {
    this.#do(seek(this.deck.value, toMs, this.#clock()));
  }

  rate(rating: Rating): void {
    this.#do(rate(this.deck.value, rating, this.#clock()));
  }

  /** A recommended track was picked by hand. */
  pick(rank: number): void {
    const choice = this.#recommended(rank);
    if (!choice) return;
    const { id: track_id, recommendationId: recommendation_id } = choice;
    this.#send({ type: 'recommendation_clicked', recommendation_id, track_id, position: rank }, 'clicked');
    this.choose(choice);
  }

  /** A player with a fault: the server says what is wrong and takes everything else. */
  mistake(): void {
    this.#send(
      { type: 'user_interaction', track_id: this.deck.value.choice?.id ?? 'track-0', action: 'dance' },
      'dance',
    );
  }

  /** Thousands of events at once. All go into the outbox; how fast they leave it is the server's choice. */
  async flood(): Promise<void> {
    const client = this.#client;
    if (!client || this.flooding.value > 0) return;
    const track_id = this.deck.value.choice?.id ?? this.catalogue.shelf.value[0]?.id ?? 'track-0';
    try {
      for (let i = 0; i < FLOOD; i++) {
        const event = { type: 'user_interaction', timestamp: this.#stamp(), track_id, action: 'seek', position_ms: i };
        while (!client.push(event)) {
          this.flooding.update(() => FLOOD - i);
          await client.ready();
        }
      }
    } catch (error) {
      // The client failed or was closed, which it tells by itself.
      if (!(error instanceof ClientError)) throw error;
    } finally {
      this.flooding.update(() => 0);
    }
  }

  /** Somebody of whom nothing is known. What is in the outbox still belongs to whoever did it. */
  beSomebodyElse(): void {
    forgetListener();
    location.reload();
  }

  // Inside

  #do({ deck, acts }: Step): void {
    this.deck.update(() => deck);
    for (const act of acts) this.#sendAct(act);
  }

  #sendAct({ action, choice, positionMs }: Act): void {
    const { id: track_id, lengthMs, source, recommendationId } = choice;
    const where = { position_ms: positionMs, duration_ms: lengthMs };
    const list = recommendationId === undefined ? {} : { recommendation_id: recommendationId };
    const context = { source, device_type: 'web' };
    this.#send({ type: 'user_interaction', track_id, action, ...where, ...list, context }, action);
  }

  #send(event: Record<string, unknown> & { track_id: string }, action: string): void {
    const at = this.#stamp();
    const key = ++this.#count;
    this.sent.update((list) => withSent(list, { key, at, action, trackId: event.track_id, verdict: null }));
    this.#client?.track({ ...event, timestamp: at }).then(
      (verdict) => this.sent.update((list) => withVerdict(list, key, verdict)),
      // A client that failed says so by itself; what was tracked is in the outbox.
      () => undefined,
    );
  }

  /** No two events of a page have the same time. */
  #stamp(): number {
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    return this.#lastAt;
  }

  /** Without a connection the list stays as it is, and a skip must lead on all the same. */
  #upNext(): Choice | null {
    const isNew = (id: string) => !this.#heard.includes(id);
    const rank = this.list.value?.value.tracks.findIndex(({ track_id }) => isNew(track_id)) ?? -1;
    if (rank >= 0) return this.#recommended(rank);
    const shelf = this.catalogue.shelf.value;
    const track = shelf.find(({ id }) => isNew(id)) ?? shelf[0];
    return track ? { id: track.id, lengthMs: track.duration_ms ?? USUAL_LENGTH_MS, source: 'library' } : null;
  }

  #recommended(rank: number): Choice | null {
    const list = this.list.value?.value;
    const id = list?.tracks[rank]?.track_id;
    if (id === undefined) return null;
    const lengthMs = this.catalogue.known.value.get(id)?.duration_ms ?? USUAL_LENGTH_MS;
    return { id, lengthMs, source: 'discover', recommendationId: list!.recommendation_id };
  }

  #clock(): number {
    this.now.update(() => performance.now());
    return this.now.value;
  }

  #tick(): void {
    if (isOver(this.deck.value, this.#clock()) && this.deck.value.playing) this.next();
  }

  #sample(): void {
    this.#look();
    const stats = this.stats.value;
    if (stats) this.samples.update((samples) => withSample(samples, sampleOf(stats)));
  }

  #look(): void {
    this.stats.update(() => this.#client?.stats ?? null);
  }

  /** Runs until the signal. */
  #follow(signal: AbortSignal, run: () => Promise<void>): void {
    run().catch((error) => {
      if (signal.aborted) return;
      if (!(error instanceof ClientError)) throw error;
      const { code, message } = error;
      this.failure.update((failure) => failure ?? { code, message });
    });
  }
}
