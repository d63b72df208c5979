/** What this page sent of late, and what became of each. */
import { clock } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import { useStore } from '../../shared/store.ts';
import type { Live } from '../live.ts';
import { describeOutcome } from '../state/outcome.ts';

export function SentPanel({ live }: { live: Live }) {
  const sent = useStore(live.sent);
  const known = useStore(live.catalogue.known);
  return (
    <Panel id="sent" title="Your events" note="the last of this page, newest first">
      {sent.length === 0 && <Empty>Nothing yet.</Empty>}
      <Scroll label="List of your events" kind="rows">
        <ol class="sent-list">
          {sent.map(({ key, at, action, trackId, verdict }) => {
            const { kind, sign, text } = describeOutcome(verdict);
            return (
              <li key={key} class={kind} data-at={at} data-action={action} data-track={trackId}>
                <time>{clock(at)}</time>
                <b>{action}</b>
                <span class="title">{known.get(trackId)?.title ?? trackId}</span>
                <span class="outcome">
                  <span aria-hidden="true">{sign}</span> {text}
                </span>
              </li>
            );
          })}
        </ol>
      </Scroll>
    </Panel>
  );
}
