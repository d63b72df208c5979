/** Rejected events with their reasons, as they come. */
import { clock, plural } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import type { Row, Tail } from '../state/tail.ts';

export function LettersPanel({ letters }: { letters: Tail }) {
  return (
    <Panel
      id="letters"
      title="Dead letters"
      note={`${plural(letters.seen, 'event')} rejected since the page was opened`}
    >
      <Scroll label="List of dead letters" kind="rows">
        {letters.rows.length === 0 ? (
          <Empty>
            None since this page was opened. <code>npx gapless dlq list</code> shows those from before.
          </Empty>
        ) : (
          <ul class="letter-list">
            {letters.rows.map((row) => (
              <Letter key={row.id} row={row} />
            ))}
          </ul>
        )}
      </Scroll>
    </Panel>
  );
}

function Letter({ row }: { row: Row }) {
  if (row.kind === 'gap') return <li class="gap">▲ {row.text}</li>;
  const { code, path, stage, received_at, producer, seq, event } = row.item;
  const who = (event as { user_id?: unknown } | null)?.user_id;
  return (
    <li>
      <details>
        <summary>
          <time>{typeof received_at === 'number' ? clock(received_at) : ''}</time> <code>{String(code)}</code>{' '}
          {path ? `in ${String(path)}` : ''}
        </summary>
        <p>
          At {String(stage)}
          {who === undefined ? '' : ` of ${String(who)}`}; number {String(seq)} of producer {String(producer)}.
        </p>
        <pre>{event === null ? 'The event does not decode.' : JSON.stringify(event, null, 2)}</pre>
      </details>
    </li>
  );
}
