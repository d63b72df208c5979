/** Small tables: latencies and batch sizes, reasons of rejection, the most played tracks. */
import { count, milliseconds, NOTHING, perSecond } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { totals } from '../state/columns.ts';
import type { Second } from '../state/seconds.ts';
import type { Quantiles, Stats } from '../state/stats.ts';

const QUANTILES = ['p50', 'p95', 'p99', 'max'] as const;

export function Batches({ stats }: { stats: Stats | null }) {
  const row = (name: string, values: Quantiles | undefined, format: (value: number) => string) => (
    <tr>
      <th scope="row">{name}</th>
      {QUANTILES.map((quantile) => (
        <td key={quantile} class="number">
          {values ? format(values[quantile]) : NOTHING}
        </td>
      ))}
    </tr>
  );
  return (
    <table class="batches">
      <caption class="visually-hidden">Latencies and events in a slab, of this second</caption>
      <thead>
        <tr>
          <td>this second</td>
          {QUANTILES.map((quantile) => (
            <th key={quantile} scope="col" class="number">
              {quantile}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {row('acknowledgement', stats?.ackMs, milliseconds)}
        {row('commit to the log', stats?.commitMs, milliseconds)}
        {row('events in a slab', stats?.slabEvents, count)}
      </tbody>
    </table>
  );
}

export function Rejected({ stats, seconds }: { stats: Stats | null; seconds: readonly Second[] }) {
  const codes = totals(seconds, ({ rejectedByCode }) => rejectedByCode);
  return (
    <Panel id="rejected" title="Rejected by code" note="in the time shown">
      {codes.length === 0 ? (
        <Empty>Nothing was rejected.</Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">code</th>
              <th scope="col" class="number">
                now
              </th>
              <th scope="col" class="number">
                events
              </th>
            </tr>
          </thead>
          <tbody>
            {codes.map(({ name, total }) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td class="number">{perSecond(stats?.events.rejectedByCode[name] ?? 0)}</td>
                <td class="number">{count(total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

const MOST_TRACKS = 10;

export function Tracks({ stats }: { stats: Stats | null }) {
  const tracks = (stats?.topTracks ?? []).slice(0, MOST_TRACKS);
  const most = Math.max(1, ...tracks.map(({ plays }) => plays));
  return (
    <Panel id="tracks" title="Top tracks" note="plays, older ones count less">
      {tracks.length === 0 ? (
        <Empty>No plays yet.</Empty>
      ) : (
        <ol class="top-tracks">
          {tracks.map(({ track_id, artist, plays }) => (
            <li key={track_id}>
              <span class="name">
                {track_id}
                {artist !== undefined && <small> {artist}</small>}
              </span>
              <b>{count(Math.round(plays))}</b>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${((plays / most) * 100).toFixed(1)}%` }} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
