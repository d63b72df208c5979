/** A track in a list; pressing it plays it. */
import type { ComponentChildren } from 'preact';
import type { Track } from '../catalogue.ts';
import { hueOf } from '../state/words.ts';

export interface TrackButtonProps {
  id: string;
  track: Track | undefined;
  /** Where nobody knows what it is called, this helps. */
  artist?: string | undefined;
  playing: boolean;
  onPlay: () => void;
  /** At the end of the line. */
  children?: ComponentChildren;
}

export function TrackButton({ id, track, artist = track?.artist, playing, onPlay, children }: TrackButtonProps) {
  return (
    <button type="button" class="track" aria-current={playing ? 'true' : undefined} onClick={onPlay}>
      <Cover id={id} />
      <span class="names">
        <span class="title">{track?.title ?? id}</span>
        <span class="artist">{artist ?? 'unknown artist'}</span>
      </span>
      {children}
    </button>
  );
}

/** A picture that is always the same for the same track. */
export function Cover({ id }: { id: string }) {
  return <span class="cover" aria-hidden="true" style={{ '--hue': String(hueOf(id)) }} />;
}
