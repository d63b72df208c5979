/** The dashboard: one state, laid out. */
import { useState } from 'preact/hooks';
import { Empty } from '../shared/panel.tsx';
import { serverUrl, urlFlag } from '../shared/server-url.ts';
import { useStore } from '../shared/store.ts';
import { TokenForm } from '../shared/token-form.tsx';
import { CONNECTIONS, CREDIT, EVENTS, LAG, LATENCY, PRESSURE } from './charts.ts';
import type { Live } from './live.ts';
import { ChartPanel } from './panels/chart-panel.tsx';
import { Header, WINDOWS } from './panels/header.tsx';
import { Engine, Processors } from './panels/health.tsx';
import { LettersPanel } from './panels/letters-panel.tsx';
import { CreditUse, PressureParts } from './panels/pressure.tsx';
import { Batches, Rejected, Tracks } from './panels/tables.tsx';
import { TailPanel } from './panels/tail-panel.tsx';
import { Tiles } from './panels/tiles.tsx';
import { since } from './state/columns.ts';
import { describeLink } from './state/link.ts';
import { shown } from './state/state.ts';

const COMMAND = `npx gapless simulate --rate 200 --duration 5m${urlFlag(serverUrl())}`;
const EVENTS_HEIGHT = 220;
/** What the page shows is from before: it says so, and looks so. */
const OLD = new Set(['disconnected', 'silent', 'failed', 'token']);

export function App({ live }: { live: Live }) {
  const state = useStore(live.state);
  const [windowMs, setWindowMs] = useState<number>(WINDOWS[1]);
  const { stats, seconds, tail, letters } = shown(state);
  const link = describeLink(state.facts, state.now);
  const paused = state.frozen !== null;
  const chart = { seconds, windowMs };
  const visible = since(seconds, windowMs);
  const isQuiet = stats !== null && visible.every(({ stored }) => stored === 0);
  const hasEvents = stats?.processor?.partitions.some(({ last }) => last > 0);
  return (
    <>
      <a class="skip" href="#figures">
        Skip to the figures
      </a>
      <Header live={live} link={link} paused={paused} windowMs={windowMs} onWindow={setWindowMs} />
      <main id="figures" class={OLD.has(link.kind) ? 'old' : ''}>
        {link.kind === 'token' && <TokenForm reason={link.detail} onToken={() => live.start()} />}
        <Tiles stats={stats} />
        <div class="grid">
          <ChartPanel
            id="events"
            model={EVENTS}
            {...chart}
            height={EVENTS_HEIGHT}
            empty={
              isQuiet && (
                <Empty>
                  {hasEvents ? 'No events in this time.' : 'No events yet.'} Run <code>{COMMAND}</code>
                </Empty>
              )
            }
          />
          <Tracks stats={stats} />
          <ChartPanel id="latency" model={LATENCY} {...chart}>
            <Batches stats={stats} />
          </ChartPanel>
          <ChartPanel id="pressure" model={PRESSURE} {...chart}>
            <PressureParts stats={stats} />
          </ChartPanel>
          <ChartPanel id="credit" model={CREDIT} {...chart}>
            <CreditUse stats={stats} />
          </ChartPanel>
          <TailPanel live={live} tail={tail} command={COMMAND} paused={paused} />
          <LettersPanel letters={letters} />
          <ChartPanel id="connections" model={CONNECTIONS} {...chart} />
          <ChartPanel id="lag" model={LAG} {...chart} />
          <Rejected stats={stats} seconds={visible} />
          <Engine stats={stats} />
          <Processors stats={stats} />
        </div>
      </main>
      <footer>
        <a href="/player">Player</a>
        <a href="/metrics">Metrics</a>
        <a href="/health">Health</a>
        <a href="/openapi.json">HTTP API</a>
      </footer>
    </>
  );
}
