/**
 * Which pages may talk to the server. A request without `Origin` comes from no browser page and passes.
 *
 * With a list, an origin passes if it is in it, compared exactly. Without one, pages of the same host pass; where no token is asked
 * for, only if that host is an address or a loopback name: any other name could have been pointed at this machine by a stranger
 * (DNS rebinding), whose page would then be "the same host".
 */
import { isIP } from 'node:net';
import { isLoopback } from '../config-values.ts';

export type OriginCheck = (origin: string | undefined, host: string | undefined) => boolean;

export function createOriginCheck(allowed: readonly string[], tokenNeeded: boolean): OriginCheck {
  const list = new Set(allowed);
  return (origin, host) => {
    if (origin === undefined) return true;
    if (list.size > 0) return list.has(origin);
    const match = /^https?:\/\/([^/?#@\\]+)$/i.exec(origin);
    if (!match || !host || match[1]!.toLowerCase() !== host.toLowerCase()) return false;
    return tokenNeeded || cannotBeRebound(host);
  };
}

function cannotBeRebound(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) !== 0 || isLoopback(name.toLowerCase());
}
