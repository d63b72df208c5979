/** What is playing, and what a listener does with it. */
import { useState } from 'preact/hooks';
import { Panel } from '../../shared/panel.tsx';
import { useStore } from '../../shared/store.ts';
import type { Live } from '../live.ts';
import { positionAt, type Rating } from '../state/deck.ts';
import { minutes } from '../state/words.ts';
import { Cover } from './track-button.tsx';

/** How far an arrow key goes. */
const STEP_MS = 5_000;

export function DeckPanel({ live }: { live: Live }) {
  const deck = useStore(live.deck);
  const known = useStore(live.catalogue.known);
  const madeUp = useStore(live.catalogue.madeUp);
  const { choice, playing } = deck;
  const track = choice ? known.get(choice.id) : undefined;
  const note = madeUp ? 'nothing sounds; artists and titles are made up' : 'nothing sounds';
  return (
    <Panel id="deck" title="Now playing" note={note}>
      <div class="now">
        <Cover id={choice?.id ?? ''} />
        <p class="what">
          <b class="title">{choice ? (track?.title ?? choice.id) : 'Nothing yet'}</b>
          <span>{choice ? (track?.artist ?? '') : 'Pick a track, or press Play.'}</span>
          <small>{choice ? [track?.genre, WHENCE[choice.source]].filter(Boolean).join(', ') : ''}</small>
        </p>
      </div>
      <Position live={live} />
      <div class="buttons">
        <button type="button" class="main" onClick={() => live.toggle()}>
          <span aria-hidden="true">{playing ? '❚❚' : '▶'}</span> {playing ? 'Pause' : 'Play'}
        </button>
        <button type="button" disabled={!choice} onClick={() => live.next()}>
          <span aria-hidden="true">▶▎</span> Skip
        </button>
        <Rate live={live} rating="like" sign="♥" label="Like" />
        <Rate live={live} rating="dislike" sign="✕" label="Dislike" />
      </div>
    </Panel>
  );
}

const WHENCE = { library: 'from the shelf', discover: 'recommended' };

function Rate({ live, rating, sign, label }: { live: Live; rating: Rating; sign: string; label: string }) {
  const deck = useStore(live.deck);
  return (
    <button
      type="button"
      disabled={!deck.choice}
      aria-pressed={deck.rating === rating}
      onClick={() => live.rate(rating)}
    >
      <span aria-hidden="true">{sign}</span> {label}
    </button>
  );
}

function Position({ live }: { live: Live }) {
  const deck = useStore(live.deck);
  const now = useStore(live.now);
  /** While the listener drags it, the clock does not. */
  const [dragged, setDragged] = useState<number | null>(null);
  const lengthMs = deck.choice?.lengthMs ?? 0;
  const positionMs = dragged ?? positionAt(deck, now);
  return (
    <p class="position">
      <span>{minutes(positionMs)}</span>
      <input
        type="range"
        aria-label="Position"
        aria-valuetext={`${minutes(positionMs)} of ${minutes(lengthMs)}`}
        disabled={!deck.choice}
        min={0}
        max={lengthMs || 1}
        step={STEP_MS}
        value={positionMs}
        onInput={(event) => setDragged(Number(event.currentTarget.value))}
        onChange={(event) => {
          setDragged(null);
          live.seek(Number(event.currentTarget.value));
        }}
      />
      <span>{minutes(lengthMs)}</span>
    </p>
  );
}
