/** Asks for a token. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { forgetToken, keepToken, readToken } from './token.ts';

/** `onToken`: another one is kept now, or none. */
export function TokenForm({ reason, onToken }: { reason: string; onToken: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => input.current?.focus(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = input.current!.value.trim();
    if (token === '') forgetToken();
    else keepToken(token);
    onToken();
  };
  const refused = readToken() !== undefined;
  return (
    <form class="panel token" onSubmit={submit} aria-labelledby="token-title">
      <h2 id="token-title">{refused ? 'The token was not taken' : 'This server asks for a token'}</h2>
      <p>
        {reason && `${reason} `}Give the value of <code>GAPLESS_TOKEN</code>, or a token made for this. It is kept in
        this tab only.
      </p>
      <p class="row">
        <label>
          <span class="visually-hidden">Token</span>
          <input ref={input} type="password" name="token" autocomplete="off" required spellcheck={false} />
        </label>
        <button type="submit">Connect</button>
      </p>
    </form>
  );
}
