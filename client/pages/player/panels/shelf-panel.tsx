/** Tracks to pick from. */
import { plural } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import { useStore } from '../../shared/store.ts';
import { USUAL_LENGTH_MS } from '../catalogue.ts';
import type { Live } from '../live.ts';
import { minutes } from '../state/words.ts';
import { TrackButton } from './track-button.tsx';

export function ShelfPanel({ live }: { live: Live }) {
  const shelf = useStore(live.catalogue.shelf);
  const playing = useStore(live.deck).choice?.id;
  return (
    <Panel id="shelf" title="Shelf" note={plural(shelf.length, 'track')}>
      {shelf.length === 0 && <Empty>The server has not told of any tracks yet.</Empty>}
      <Scroll label="Tracks on the shelf" kind="rows">
        <ul class="tracks">
          {shelf.map((track) => {
            const lengthMs = track.duration_ms ?? USUAL_LENGTH_MS;
            return (
              <li key={track.id}>
                <TrackButton
                  id={track.id}
                  track={track}
                  playing={track.id === playing}
                  onPlay={() => live.choose({ id: track.id, lengthMs, source: 'library' })}
                >
                  <span class="genre">{track.genre}</span>
                  <span class="length">{minutes(lengthMs)}</span>
                </TrackButton>
              </li>
            );
          })}
        </ul>
      </Scroll>
    </Panel>
  );
}
