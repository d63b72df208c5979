/** The live tail: stored events as they come, those that fit the filter. */
import { useEffect, useState } from 'preact/hooks';
import { clock, plural } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import { useStore } from '../../shared/store.ts';
import type { Live } from '../live.ts';
import { ACTIONS, hasAction, parseFilter, toggleAction } from '../state/filter.ts';
import type { Row, Tail } from '../state/tail.ts';

/** What is written is looked at when the hand rests. */
const REST_MS = 300;

export interface TailPanelProps {
  live: Live;
  tail: Tail;
  command: string;
  paused: boolean;
}

export function TailPanel({ live, tail, command, paused }: TailPanelProps) {
  const applied = useStore(live.filter);
  const note = `${plural(tail.seen, 'event')} since the page was opened${paused ? ', paused' : ''}`;
  return (
    <Panel id="tail" title="Live tail" note={applied === '' ? note : `${plural(tail.seen, 'event')} of ${applied}`}>
      <FilterForm live={live} />
      <Scroll label="Events" kind="rows">
        {tail.rows.length === 0 ? (
          <Empty>
            {applied === '' ? (
              <>
                No events since this page was opened. Run <code>{command}</code>.
              </>
            ) : (
              'No event that fits the filter has come yet.'
            )}
          </Empty>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">received</th>
                <th scope="col">what</th>
                <th scope="col">listener</th>
                <th scope="col">track</th>
                <th scope="col" class="wide">
                  session
                </th>
                <th scope="col" class="wide">
                  more
                </th>
              </tr>
            </thead>
            <tbody>
              {tail.rows.map((row) => (
                <TailRow key={row.id} row={row} />
              ))}
            </tbody>
          </table>
        )}
      </Scroll>
    </Panel>
  );
}

function TailRow({ row }: { row: Row }) {
  if (row.kind === 'gap') return <GapRow text={row.text} columns={6} />;
  const { received_at, type, action, user_id, track_id, session_id } = row.item;
  const what = text(action ?? type);
  return (
    <tr>
      <td>{typeof received_at === 'number' ? clock(received_at) : ''}</td>
      <td>
        <span
          class="swatch"
          style={{ background: `var(--kind-${action === undefined ? 'other' : what})` }}
          aria-hidden="true"
        />
        {what}
      </td>
      <td>{text(user_id)}</td>
      <td>{text(track_id)}</td>
      <td class="wide">{text(session_id)}</td>
      <td class="wide">{more(row.item)}</td>
    </tr>
  );
}

export function GapRow({ text: words, columns }: { text: string; columns: number }) {
  return (
    <tr class="gap">
      <td colSpan={columns}>▲ {words}</td>
    </tr>
  );
}

const DEVICE = 'device_type';

/** What a player says beside the names: where in the track, on what. */
function more(item: Readonly<Record<string, unknown>>): string {
  const { position_ms, rating, context } = item;
  const device = (context as Record<string, unknown> | undefined)?.[DEVICE];
  const at = typeof position_ms === 'number' ? `at ${Math.round(position_ms / 1000)} s` : '';
  return [at, rating === undefined ? '' : `rated ${text(rating)}`, text(device)]
    .filter((word) => word !== '')
    .join(', ');
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function FilterForm({ live }: { live: Live }) {
  const [written, setWritten] = useState(live.filter.value);
  const parsed = parseFilter(written);
  useEffect(() => {
    const timer = setTimeout(() => live.show(written.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [written, live]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    live.show(written.trim());
  };
  return (
    <form class="filter" onSubmit={submit} aria-label="Filter the live tail">
      <label>
        <span>Filter</span>
        <input
          type="search"
          value={written}
          onInput={(event) => setWritten(event.currentTarget.value)}
          placeholder="skip user_id:u-17 track_id:t-3"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          aria-invalid={!parsed.ok}
          aria-describedby="filter-problem"
        />
      </label>
      <fieldset class="chips">
        <legend class="visually-hidden">Actions</legend>
        {ACTIONS.map((action) => (
          <button
            key={action}
            type="button"
            aria-pressed={hasAction(written, action)}
            onClick={() => setWritten(toggleAction(written, action))}
          >
            <span class="swatch" style={{ background: `var(--kind-${action})` }} aria-hidden="true" />
            {action}
          </button>
        ))}
      </fieldset>
      <p id="filter-problem" class="problem" role="status">
        {parsed.ok ? '' : parsed.message}
      </p>
    </form>
  );
}
