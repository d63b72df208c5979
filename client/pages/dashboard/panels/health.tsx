/** How the engine, the processors and the index of this server are. */
import type { ComponentChildren } from 'preact';
import { bytes, count, milliseconds, NOTHING, perSecond, whole } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import type { Processor, Stats } from '../state/stats.ts';

const GOOD = new Set(['ok', 'running', 'ready']);
const BAD = new Set(['failing']);

/** A state with a sign of its own. */
function Mark({ state }: { state: string }) {
  const tone = GOOD.has(state) ? 'good' : BAD.has(state) ? 'bad' : 'fair';
  const sign = { good: '●', fair: '◐', bad: '▲' }[tone];
  return (
    <span class={`mark ${tone}`}>
      <span aria-hidden="true">{sign}</span> {state}
    </span>
  );
}

function Facts({ facts }: { facts: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Engine({ stats }: { stats: Stats | null }) {
  const index = stats?.processor?.index;
  return (
    <Panel id="engine" title="Engine" note={stats?.server === 'cluster' ? 'of all servers, the worst' : undefined}>
      <Facts
        facts={[
          ['storage', stats ? <Mark state={stats.engine.state} /> : NOTHING],
          ['engine', stats?.engine.name ?? NOTHING],
          ['an ACK means', stats?.engine.durability ?? NOTHING],
          ['memory', bytes(stats?.memoryBytes ?? Number.NaN)],
          ['index', index ? <Mark state={index.state} /> : NOTHING],
          ['index holds', index ? `${count(index.events)} events, ${count(index.sessions)} sessions` : NOTHING],
          ['index memory', index ? `${bytes(index.bytes)}, ${count(index.lag)} behind` : NOTHING],
        ]}
      />
    </Panel>
  );
}

export function Processors({ stats }: { stats: Stats | null }) {
  const processor = stats?.processor;
  return (
    <Panel id="processors" title="Processors" note={processor ? <Mark state={processor.state} /> : undefined}>
      {processor ? (
        <Owned processor={processor} />
      ) : (
        <Empty>{stats ? 'This server processes nothing.' : NOTHING}</Empty>
      )}
    </Panel>
  );
}

function Owned({ processor }: { processor: Processor }) {
  const { partitions, foldedPerSecond, oldestMs, lag, poisoned, trimmed = 0, damaged = 0 } = processor;
  const left = [
    [poisoned, 'could not be processed'],
    [trimmed, 'retention took before'],
    [damaged, 'in damaged entries'],
  ].filter(([events]) => events !== 0);
  return (
    <div class="owned">
      <Facts
        facts={[
          ['processed', perSecond(foldedPerSecond)],
          ['oldest waiting', lag > 0 ? milliseconds(oldestMs) : 'none'],
          [
            'left out',
            left.length === 0 ? 'none' : left.map(([events, why]) => `${count(events as number)} ${why}`).join(', '),
          ],
        ]}
      />
      <Scroll label="Partitions" kind="partitions">
        <table>
          <thead>
            <tr>
              <th scope="col">partition</th>
              <th scope="col" class="number">
                applied
              </th>
              <th scope="col" class="number">
                last
              </th>
              <th scope="col" class="number">
                lag
              </th>
            </tr>
          </thead>
          <tbody>
            {partitions.map(({ partition, applied, last, lag: behind }) => (
              <tr key={partition}>
                <th scope="row">{partition}</th>
                <td class="number">{whole(applied)}</td>
                <td class="number">{whole(last)}</td>
                <td class="number">{count(behind)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}
