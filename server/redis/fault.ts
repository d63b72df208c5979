/**
 * What an error of ioredis or of Redis means for whoever asked.
 *
 *   in_doubt        it may have taken effect: the connection was lost, or no answer came in time. Also everything not known here.
 *   unavailable     it has no effect, and may succeed later
 *   no_space        it has no effect; Redis refuses writes until there is memory or disk again
 *   misconfigured   it has no effect, and repeating it does not help
 */
export type RedisFault = 'in_doubt' | 'unavailable' | 'no_space' | 'misconfigured';

/** By the first word of Redis's error reply. */
const REPLIES: Readonly<Record<string, RedisFault>> = {
  LOADING: 'unavailable',
  BUSY: 'unavailable',
  READONLY: 'unavailable',
  MASTERDOWN: 'unavailable',
  CLUSTERDOWN: 'unavailable',
  TRYAGAIN: 'unavailable',
  MOVED: 'unavailable',
  ASK: 'unavailable',
  NOREPLICAS: 'unavailable',
  NOSCRIPT: 'unavailable',
  UNBLOCKED: 'unavailable',
  OOM: 'no_space',
  MISCONF: 'no_space',
};

/** Replies that only say ERR, and errors of ioredis: those have no code to go by. */
const TEXTS: readonly [RegExp, RedisFault][] = [
  // The slot is moving to another node, and a key of it is there already.
  [/non local key in a cluster node/, 'unavailable'],
  [/max number of clients reached/, 'unavailable'],
  [/Script killed by user/, 'unavailable'],
  // ioredis, before it has sent anything.
  [/enableOfflineQueue options is false/, 'unavailable'],
  [/None of startup nodes is available|Failed to refresh slots cache/, 'unavailable'],
  [/All sentinels are unreachable/, 'unavailable'],
];

const LAST_REDIRECTION = /^Too many Cluster redirections\. Last error: (?:ReplyError: )?/;

export function faultOf(error: unknown): RedisFault {
  if (!(error instanceof Error)) return 'in_doubt';
  const message = error.message.replace(LAST_REDIRECTION, '');
  for (const [text, fault] of TEXTS) if (text.test(message)) return fault;
  const isReply = error.name === 'ReplyError' || message !== error.message;
  if (isReply) return REPLIES[message.split(' ', 1)[0]!] ?? 'misconfigured';
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === 'connect' || code === 'ENOTFOUND' ? 'unavailable' : 'in_doubt';
}

/** Credentials or rights are wrong: no use in waiting for it to pass. */
export function isAuthFault(error: unknown): boolean {
  return error instanceof Error && /\b(WRONGPASS|NOAUTH|NOPERM)\b/.test(error.message);
}

export function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
