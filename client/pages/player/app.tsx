/** The player: what a listener sees above, what the SDK and the server make of it below. */
import { useStore } from '../shared/store.ts';
import { ThemeChoice } from '../shared/theme.tsx';
import { TokenForm } from '../shared/token-form.tsx';
import type { Live } from './live.ts';
import { ConnectionPanel } from './panels/connection-panel.tsx';
import { DeckPanel } from './panels/deck-panel.tsx';
import { FeaturesPanel } from './panels/features-panel.tsx';
import { ListPanel } from './panels/list-panel.tsx';
import { SentPanel } from './panels/sent-panel.tsx';
import { ShelfPanel } from './panels/shelf-panel.tsx';
import { describeLink, type Link, type LinkKind } from './state/link.ts';

/** A sign beside the words: colour alone says nothing to some. */
const SIGNS: Record<LinkKind, string> = {
  connecting: '◌',
  live: '●',
  offline: '○',
  disconnected: '▲',
  token: '▲',
  failed: '▲',
};
const NEW: Link = { kind: 'connecting', text: 'Connecting', detail: '' };

export function App({ live }: { live: Live }) {
  const stats = useStore(live.stats);
  const cut = useStore(live.line.cut);
  const failure = useStore(live.failure);
  const link = stats ? describeLink({ stats, cut, failure }) : NEW;
  return (
    <>
      <a class="skip" href="#player">
        Skip to the player
      </a>
      <header class="top">
        <h1>
          <img src="/favicon.svg" alt="" width="22" height="22" />
          Gapless player
        </h1>
        <p class={`link ${link.kind}`}>
          <span aria-hidden="true">{SIGNS[link.kind]}</span> {link.text}
        </p>
        <p class="detail">{link.kind === 'token' ? '' : link.detail}</p>
        {link.kind === 'failed' && (
          <button type="button" onClick={() => live.start()}>
            Try again
          </button>
        )}
        <p class="visually-hidden" role="status">
          {link.text}
        </p>
        <div class="choices">
          <ThemeChoice />
        </div>
      </header>
      <main id="player">
        {link.kind === 'token' && <TokenForm reason={link.detail} onToken={() => live.start()} />}
        <div class="columns">
          <DeckPanel live={live} />
          <ListPanel live={live} />
          <ConnectionPanel live={live} />
          <ShelfPanel live={live} />
          <FeaturesPanel live={live} />
          <SentPanel live={live} />
        </div>
      </main>
      <footer>
        <a href="/">Dashboard</a>
        <a href="/metrics">Metrics</a>
        <a href="/health">Health</a>
        <a href="/openapi.json">HTTP API</a>
      </footer>
    </>
  );
}
