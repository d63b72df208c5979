/** What the page says of its connection. Pure. */
import type { ClientStats } from '../../../index.ts';
import { plural } from '../../shared/format.ts';

export interface LinkFacts {
  stats: Pick<ClientStats, 'state' | 'pending' | 'lastClose' | 'reconnects'>;
  /** The listener pulled the plug. */
  cut: boolean;
  failure: { code: string; message: string } | null;
}

export type LinkKind = 'connecting' | 'live' | 'offline' | 'disconnected' | 'token' | 'failed';

export interface Link {
  kind: LinkKind;
  text: string;
  detail: string;
}

/** Another token may help. */
const TOKEN_CODES = new Set(['unauthenticated', 'token_expired', 'revoked']);

export function describeLink({ stats, cut, failure }: LinkFacts): Link {
  if (failure && TOKEN_CODES.has(failure.code)) {
    const detail = failure.code === 'token_expired' ? 'The token has expired.' : 'The server asks for a token.';
    return { kind: 'token', text: 'Token needed', detail };
  }
  if (failure) return { kind: 'failed', text: 'Stopped', detail: `${failure.message} (${failure.code})` };
  const kept = stats.pending === 0 ? '' : ` ${plural(stats.pending, 'event')} in the outbox.`;
  if (cut || stats.state === 'offline')
    return { kind: 'offline', text: 'Offline', detail: `What happens is kept in this browser.${kept}` };
  if (stats.state === 'open') return { kind: 'live', text: 'Live', detail: '' };
  if (stats.lastClose === null && stats.reconnects === 0)
    return { kind: 'connecting', text: 'Connecting', detail: kept };
  const said = stats.lastClose?.name ? ` The server said: ${stats.lastClose.name}.` : '';
  return { kind: 'disconnected', text: 'Disconnected', detail: `Trying again by itself.${said}${kept}` };
}
