/** The recommendations, as they change. */
import { clock, percent } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { useStore } from '../../shared/store.ts';
import type { Live } from '../live.ts';
import { describeMovement, movements } from '../state/movement.ts';
import { TrackButton } from './track-button.tsx';

const SHOWN = 10;

export function ListPanel({ live }: { live: Live }) {
  const shown = useStore(live.list);
  const known = useStore(live.catalogue.known);
  const playing = useStore(live.deck).choice?.id;
  if (!shown)
    return (
      <Panel id="list" title="Recommended for you">
        <Empty>Waiting for the first list.</Empty>
      </Panel>
    );
  const { value, before } = shown;
  const { model, at, degraded, tracks, confidence } = value;
  const moved = movements(
    before?.tracks.map(({ track_id }) => track_id),
    tracks.map(({ track_id }) => track_id),
  );
  const changed = moved.filter((one) => one !== 0).length;
  const sure = typeof confidence === 'number' ? `, ${percent(confidence)} sure` : '';
  return (
    <Panel id="list" title="Recommended for you" note={`${degraded ? 'what is popular' : model}${sure}, ${clock(at)}`}>
      <p class="visually-hidden" role="status">
        {before ? `A new list: ${changed} of ${tracks.length} places changed` : 'The first list is here'}
      </p>
      {tracks.length === 0 && (
        <Empty>
          Nothing to recommend: nobody has played anything here. Start the server with <code>--demo</code>.
        </Empty>
      )}
      <ol class="tracks" data-list={value.recommendation_id}>
        {tracks.slice(0, SHOWN).map(({ track_id, artist, score }, rank) => (
          <li key={track_id}>
            <TrackButton
              id={track_id}
              track={known.get(track_id)}
              artist={artist as string | undefined}
              playing={track_id === playing}
              onPlay={() => live.pick(rank)}
            >
              <Score part={score / tracks[0]!.score} />
              <Moved movement={moved[rank]!} />
            </TrackButton>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** Of the first one's score: only that can be compared. */
function Score({ part }: { part: number }) {
  return (
    <span class="bar" aria-hidden="true">
      <span style={{ width: `${Math.max(2, Math.min(100, part * 100)).toFixed(0)}%` }} />
    </span>
  );
}

function Moved({ movement }: { movement: ReturnType<typeof movements>[number] }) {
  const { sign, text } = describeMovement(movement);
  const kind = movement === 'new' ? 'new' : movement > 0 ? 'up' : 'down';
  return (
    <span class={`moved ${kind}`}>
      <span aria-hidden="true">{sign}</span>
      <span class="visually-hidden">{text}</span>
    </span>
  );
}
