/** The bar at the top: how the connection is, and what the reader chooses. */
import type { ComponentChildren } from 'preact';
import { useStore } from '../../shared/store.ts';
import { ThemeChoice } from '../../shared/theme.tsx';
import type { Live, Scope } from '../live.ts';
import type { Link, LinkKind } from '../state/link.ts';

/** A sign beside the words: colour alone says nothing to some. */
const SIGNS: Record<LinkKind, string> = {
  connecting: '◌',
  live: '●',
  behind: '◐',
  silent: '◐',
  disconnected: '▲',
  token: '▲',
  failed: '▲',
};
export const WINDOWS = [60_000, 300_000, 600_000] as const;

export interface HeaderProps {
  live: Live;
  link: Link;
  paused: boolean;
  windowMs: number;
  onWindow: (ms: number) => void;
}

export function Header({ live, link, paused, windowMs, onWindow }: HeaderProps) {
  const scope = useStore(live.scope);
  return (
    <header class="top">
      <h1>
        <img src="/favicon.svg" alt="" width="22" height="22" />
        Gapless
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
      {/* Said once for each kind of state, not each second. */}
      <p class="visually-hidden" role="status">
        {link.kind === 'disconnected' ? 'Disconnected' : link.kind === 'silent' ? 'No figures' : link.text}
      </p>
      <div class="choices">
        <button
          type="button"
          class={paused ? 'pause on' : 'pause'}
          aria-label={paused ? 'Resume the page' : 'Pause the page'}
          onClick={() => live.pause(!paused)}
        >
          <span aria-hidden="true">{paused ? '▶' : '❚❚'}</span> {paused ? 'Resume' : 'Pause'}
        </button>
        <Choice label="Show" value={String(windowMs)} onChoose={(value) => onWindow(Number(value))}>
          {WINDOWS.map((ms) => (
            <option key={ms} value={String(ms)}>
              {ms / 60_000} min
            </option>
          ))}
        </Choice>
        <Choice label="Of" value={scope} onChoose={(value) => live.choose(value as Scope)}>
          <option value="server">this server</option>
          <option value="cluster">all servers</option>
        </Choice>
        <ThemeChoice />
      </div>
    </header>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  onChoose: (value: string) => void;
  children: ComponentChildren;
}

function Choice({ label, value, onChoose, children }: ChoiceProps) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {children}
      </select>
    </label>
  );
}
