/** The connection at work: the outbox, credit, and what can be done to them. */
import { bytes, count, milliseconds, NOTHING, percent, plural } from '../../shared/format.ts';
import { Panel } from '../../shared/panel.tsx';
import { useStore } from '../../shared/store.ts';
import { FLOOD } from '../flood.ts';
import type { Live } from '../live.ts';
import { sampleOf } from '../state/samples.ts';
import { Picture } from './picture.tsx';

const PROMISES: Record<string, string> = {
  fsync: 'on disk',
  os: 'with the operating system',
  memory: 'in memory',
};

export function ConnectionPanel({ live }: { live: Live }) {
  const stats = useStore(live.stats);
  const samples = useStore(live.samples);
  const cut = useStore(live.line.cut);
  const flooding = useStore(live.flooding);
  if (!stats) return null;
  const { inFlight, window } = sampleOf(stats);
  const { pending, pendingBytes, done, stored, rejected, dropped, level, blockedMs, reconnects, durability } = stats;
  const facts: [label: string, value: string, name?: string][] = [
    ['Acknowledged to', count(done), 'done'],
    ['Stored', count(stored), 'stored'],
    ['Rejected', count(rejected), 'rejected'],
    ['Given up', count(dropped)],
    ['Kept here', bytes(pendingBytes)],
    ['Waited for credit', milliseconds(blockedMs)],
    ['Server pressure', percent(level / 10)],
    ['Reconnects', count(reconnects), 'reconnects'],
    ['Stored means', durability ? (PROMISES[durability] ?? durability) : NOTHING],
    ['Outbox', `${stats.producer.slice(0, 6)}…, epoch ${stats.epoch}`],
  ];
  return (
    <Panel id="connection" title="Connection" note={`you are ${live.who.user_id}`}>
      <div class="pictures">
        <figure>
          <figcaption>
            <b data-figure="pending">{count(pending)}</b> unacknowledged
          </figcaption>
          <Picture
            label={`Unacknowledged events over the last half minute; ${pending} now`}
            area={samples.map((sample) => sample.pending)}
          />
        </figure>
        <figure>
          <figcaption>
            <b data-figure="inflight">{count(inFlight)}</b> under way of <b data-figure="window">{count(window)}</b>
          </figcaption>
          <Picture
            label={`Credit over the last half minute: ${inFlight} events under way of ${window} allowed now`}
            area={samples.map((sample) => sample.inFlight)}
            line={samples.map((sample) => sample.window)}
          />
        </figure>
      </div>
      <dl class="facts">
        {facts.map(([label, value, name]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd data-figure={name}>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" aria-pressed={cut} onClick={() => (cut ? live.line.mend() : live.line.pull())}>
          Offline
        </button>
        <button type="button" disabled={flooding > 0} onClick={() => void live.flood()}>
          Flood: {plural(FLOOD, 'event')}
        </button>
        <button type="button" onClick={() => live.mistake()}>
          Send a mistake
        </button>
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
        <button type="button" onClick={() => live.beSomebodyElse()}>
          Be somebody else
        </button>
      </div>
    </Panel>
  );
}
