/** What the server knows of this listener, as it learns it. */
import { clock } from '../../shared/format.ts';
import { Empty, Panel } from '../../shared/panel.tsx';
import { Scroll } from '../../shared/scroll.tsx';
import { useStore } from '../../shared/store.ts';
import type { Live } from '../live.ts';
import { likedMost, MAIN_FEATURES, writeFeature, writeMain } from '../state/words.ts';

const TASTES = 3;

export function FeaturesPanel({ live }: { live: Live }) {
  const shown = useStore(live.features);
  if (!shown)
    return (
      <Panel id="features" title="What is known of you">
        <Empty>Nothing yet: play something.</Empty>
      </Panel>
    );
  const { values, at } = shown.value;
  const liked = [
    ['Artists you like', values['taste:artists']],
    ['Genres you like', values['taste:genres']],
  ] as const;
  return (
    <Panel id="features" title="What is known of you" note={`${clock(at)}, ${Object.keys(values).length} features`}>
      <dl class="facts">
        {MAIN_FEATURES.map((row) => {
          const text = writeMain(row, values);
          return (
            <div key={row.reference}>
              <dt>{row.label}</dt>
              {/* Another element where the text is another: it shows that it has changed. */}
              <dd key={text} class="fresh">
                {text}
              </dd>
            </div>
          );
        })}
        {liked.map(([label, value]) => (
          <div key={label} class="whole">
            <dt>{label}</dt>
            <dd>{likedMost(value, TASTES).join(', ') || '–'}</dd>
          </div>
        ))}
      </dl>
      <details class="numbers">
        <summary>All features</summary>
        <Scroll label="All features">
          <table>
            <tbody>
              {Object.entries(values).map(([reference, value]) => (
                <tr key={reference}>
                  <th scope="row">{reference}</th>
                  <td>{writeFeature(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </Panel>
  );
}
