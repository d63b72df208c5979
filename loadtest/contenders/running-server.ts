/** A Gapless server that somebody else started: nothing is started here, and nothing taken away. */
import { CommandError } from '../../cli/errors.ts';
import { Samples } from '../harness/exposition.ts';
import { LogVerifier, type VerifiableLog } from '../harness/verify.ts';
import type { Contender } from './contender.ts';

const ASK_MS = 5_000;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export interface RunningServer {
  url: string;
  token?: string;
  /** Opens its log; without it nothing is verified. */
  openLog?: () => Promise<VerifiableLog & { close(): Promise<void> }>;
}

export function runningServer({ url, token, openLog }: RunningServer): Contender {
  const http = httpUrl(url);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const ask = (path: string) => fetch(new URL(path, http), { headers, signal: AbortSignal.timeout(ASK_MS) });
  return {
    name: 'url',
    title: `the server at ${url}`,
    async start({ env = {}, nodeArgs } = {}) {
      if (Object.keys(env).length > 0 || nodeArgs) {
        throw new CommandError(
          'a server that runs already cannot be given other settings, and this run needs some',
          `Leave out --env, or let the tool start the server: --target embedded. It needs: ${Object.keys(env).join(', ')}`,
        );
      }
      const ready = await ask('/health/ready').catch(() => null);
      if (!ready?.ok) throw new CommandError(`no server is ready at ${url}`, 'Start it, or check --url.');
      return {
        url: url.replace(/\/$/, ''),
        wire: 'gapless' as const,
        http: 'gapless' as const,
        token,
        server: null,
        redis: null,
        cpu: () => ({}),
        metrics: async () => {
          const answer = await ask('/metrics');
          return answer.ok ? new Samples(await answer.text()) : null;
        },
        async verify(sent) {
          const log = await openLog?.();
          if (!log) return null;
          // Others may have sent to it as well.
          return new LogVerifier(sent, { others: 'ignored' }).run(log).finally(() => log.close());
        },
        stop: async () => undefined,
      };
    },
  };
}

function httpUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'ws:' && parsed?.protocol !== 'wss:') {
    throw new CommandError(`${url} is not the address of a server`, 'Write it as ws://127.0.0.1:8080.');
  }
  if (!LOOPBACK.test(parsed.hostname)) {
    throw new CommandError(
      `${parsed.hostname} is not this machine`,
      'Load goes to this machine only: 127.0.0.1, [::1] or localhost.',
    );
  }
  return new URL(url.replace(/^ws/, 'http'));
}
