import { afterEach, expect, test } from 'vitest';
import { Thread } from '../../../server/threads/thread.ts';

interface Echo {
  echo(bytes: Uint8Array): Uint8Array;
  greet(name: string): string;
  fail(): void;
  die(): void;
  hang(): void;
}
interface Owner {
  decorate(name: string): string;
  stopping(): void;
}

const happened: string[] = [];
let thread: Thread<Echo, Owner>;

function makeThread(settings: object, onReady?: () => void): Thread<Echo, Owner> {
  happened.length = 0;
  thread = new Thread<Echo, Owner>({
    name: 'echo',
    entry: new URL('echo-thread.mjs', import.meta.url),
    settings,
    functions: { decorate: (name) => `<${name}>`, stopping: () => void happened.push('stopping') },
    onDeath: () => void happened.push('death'),
    onReady: () => {
      happened.push('ready');
      onReady?.();
    },
  });
  return thread;
}

afterEach(() => thread.stop());

test('both sides call each other, bytes and errors go across', async () => {
  await makeThread({ greeting: 'hello' }).start();
  expect(await thread.remote.greet('you')).toBe('hello <you>');
  expect(await thread.remote.echo(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(1, 2));
  await expect(thread.remote.fail()).rejects.toThrow('as asked');
  await thread.stop();
  expect(happened).toEqual(['ready', 'stopping']);
  expect(() => thread.remote).toThrow('the echo thread is stopped');
});

test('what cannot go across fails its own call, and none that goes along with it', async () => {
  await makeThread({ greeting: 'hello' }).start();
  const { remote } = thread;
  const calls = [remote.greet('a'), remote.greet((() => {}) as never), remote.greet('b')];
  const [first, second, third] = await Promise.allSettled(calls);
  expect([first, third]).toMatchObject([{ value: 'hello <a>' }, { value: 'hello <b>' }]);
  expect(second!.status).toBe('rejected');
});

test('a thread that dies fails its calls and is started anew', async () => {
  let again = (): void => {};
  const back = new Promise<void>((resolve) => {
    again = resolve;
  });
  await makeThread({ greeting: 'hello' }, () => happened.length > 1 && again()).start();
  const hanging = thread.remote.hang();
  const dying = thread.remote.die();
  await expect(hanging).rejects.toThrow();
  await expect(dying).rejects.toThrow();
  expect(() => thread.remote).toThrow('the echo thread is restarting');
  await back;
  expect(await thread.remote.greet('me')).toBe('hello <me>');
  expect(happened).toEqual(['ready', 'death', 'ready']);
});

test('what keeps it from starting at first is told', async () => {
  await expect(makeThread({ broken: true }).start()).rejects.toThrow('it cannot start');
});
