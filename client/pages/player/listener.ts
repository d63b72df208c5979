/** Who listens: somebody made up, kept in this browser; and the session, kept in this tab. */

const USER = 'gapless.player.user';
const SESSION = 'gapless.player.session';

export interface Listener {
  user_id: string;
  session_id: string;
}

export function listener(): Listener {
  return { user_id: kept(localStorage, USER, 'player'), session_id: kept(sessionStorage, SESSION, 'session') };
}

/** Somebody else, of whom nothing is known yet, from the next page on. */
export function forgetListener(): void {
  localStorage.removeItem(USER);
  sessionStorage.removeItem(SESSION);
}

function kept(storage: Storage, key: string, name: string): string {
  const known = storage.getItem(key);
  if (known) return known;
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const made = `${name}-${random!.toString(36).padStart(7, '0')}`;
  storage.setItem(key, made);
  return made;
}
