/** The token of this tab, for servers that ask for one. It goes when the tab is closed, and never stands in an address. */

const KEY = 'gapless.token';

export function readToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}
