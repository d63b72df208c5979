/** What the page says of its connection: one thing at a time, the most important one. Pure. */
import type { ClientState } from '../../../index.ts';
import { age, count } from '../../shared/format.ts';

export interface LinkFacts {
  /** As the SDK has it. */
  client: ClientState;
  /** Why it failed, or why a feed was refused. */
  failure: { code: string; message: string } | null;
  /** How the last connection ended. */
  lastClose: { code: number; name: string | null } | null;
  /** When it was lost, when figures came last, when it was opened, and when the server left figures out; ms of one clock of the page. */
  lostAt: number | null;
  figuresAt: number | null;
  openedAt: number | null;
  gap: { at: number; skipped: number | null } | null;
}

export type LinkKind = 'connecting' | 'live' | 'behind' | 'silent' | 'disconnected' | 'token' | 'failed';

export interface Link {
  kind: LinkKind;
  /** A word or two. */
  text: string;
  /** A sentence, where there is more to say. */
  detail: string;
}

export const NO_FACTS: LinkFacts = {
  client: 'connecting',
  failure: null,
  lastClose: null,
  lostAt: null,
  figuresAt: null,
  openedAt: null,
  gap: null,
};

/** Figures come each second. */
const SILENT_MS = 4_000;
const GAP_SHOWN_MS = 10_000;
/** Another token may help. */
const TOKEN_CODES = new Set(['unauthenticated', 'token_expired', 'forbidden', 'revoked']);

export function describeLink(facts: LinkFacts, now: number): Link {
  const { client, failure, lostAt, gap } = facts;
  if (failure && TOKEN_CODES.has(failure.code)) {
    return { kind: 'token', text: 'Token needed', detail: wordRefusal(failure.code) };
  }
  if (failure) return { kind: 'failed', text: 'Stopped', detail: `${failure.message} (${failure.code})` };
  if (client !== 'open' && lostAt !== null) {
    const word = facts.openedAt === null ? 'No connection' : 'Disconnected';
    return { kind: 'disconnected', text: `${word} for ${age(now - lostAt)}`, detail: wordLoss(facts) };
  }
  if (client !== 'open') return { kind: 'connecting', text: 'Connecting', detail: '' };
  const silentMs = now - Math.max(facts.figuresAt ?? 0, facts.openedAt ?? 0);
  if (silentMs > SILENT_MS) {
    const detail = 'The connection stands, but the server has sent no figures. What you see is old.';
    return { kind: 'silent', text: `No figures for ${age(silentMs)}`, detail };
  }
  if (facts.figuresAt === null)
    return { kind: 'connecting', text: 'Connecting', detail: 'Waiting for the first figures.' };
  if (gap && now - gap.at < GAP_SHOWN_MS) {
    const many = gap.skipped === null ? 'Some' : count(gap.skipped);
    return { kind: 'behind', text: 'Behind', detail: `${many} figures were left out: this page does not keep up.` };
  }
  return { kind: 'live', text: 'Live', detail: '' };
}

function wordRefusal(code: string): string {
  if (code === 'token_expired') return 'The token has expired.';
  if (code === 'forbidden') return 'This token may not read the server’s figures and events: it is a listener’s own.';
  return '';
}

function wordLoss({ lastClose, openedAt }: LinkFacts): string {
  if (openedAt === null) {
    return 'Trying again by itself. If this stays: does GAPLESS_ALLOWED_ORIGINS name the address of this page?';
  }
  const why = lastClose?.name ? ` The server said: ${lastClose.name}.` : '';
  return `What you see is from before. Trying again by itself.${why}`;
}
