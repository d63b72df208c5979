/** A small picture of the last half minute: an area, and perhaps a line over it. */
import { points, SAMPLES } from '../state/samples.ts';

export interface PictureProps {
  /** What it shows, in words. */
  label: string;
  area: readonly number[];
  line?: readonly number[];
}

export function Picture({ label, area, line }: PictureProps) {
  const highest = Math.max(1, ...area, ...(line ?? []));
  const outline = points(area, highest);
  const first = SAMPLES - area.length;
  return (
    <svg class="picture" viewBox={`0 -2 ${SAMPLES} 104`} preserveAspectRatio="none" role="img" aria-label={label}>
      {area.length > 1 && <polygon points={`${first},100 ${outline} ${SAMPLES - 1},100`} />}
      {line && <polyline points={points(line, highest)} />}
    </svg>
  );
}
