/** Tracks as people know them, from the server's `GET /v1/catalogue`. */
import { Store } from '../shared/store.ts';
import { readToken } from '../shared/token.ts';

export interface Track {
  id: string;
  title?: string;
  artist?: string;
  genre?: string;
  duration_ms?: number;
}

interface Answer {
  size: number;
  made_up: boolean;
  tracks: Track[];
}

const SHELF = 48;
/** In one request. */
const IDS_MAX = 100;
/** Of a track whose length nobody knows. */
export const USUAL_LENGTH_MS = 210_000;

export class Catalogue {
  /** What the page offers; empty until the server has answered. */
  readonly shelf = new Store<readonly Track[]>([]);
  readonly madeUp = new Store(false);
  /** Every track that the page has heard of. */
  readonly known = new Store<ReadonlyMap<string, Track>>(new Map());
  readonly #asked = new Set<string>();

  /** Rejects where the server cannot be reached or refuses. */
  async load(): Promise<void> {
    const { tracks, made_up: madeUp } = await ask(`count=${SHELF}`);
    this.#learn(tracks);
    this.madeUp.update(() => madeUp);
    this.shelf.update(() => tracks);
  }

  /** Finds out what tracks are called; asks for each once. Failing is no harm: they go by their ids. */
  async name(ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => !this.known.value.has(id) && !this.#asked.has(id)).slice(0, IDS_MAX);
    if (unknown.length === 0) return;
    for (const id of unknown) this.#asked.add(id);
    try {
      this.#learn((await ask(unknown.map((id) => `id=${encodeURIComponent(id)}`).join('&'))).tracks);
    } catch {
      for (const id of unknown) this.#asked.delete(id);
    }
  }

  #learn(tracks: readonly Track[]): void {
    this.known.update((known) => new Map([...known, ...tracks.map((track): [string, Track] => [track.id, track])]));
  }
}

async function ask(query: string): Promise<Answer> {
  const token = readToken();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`/v1/catalogue?${query}`, { headers });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}
