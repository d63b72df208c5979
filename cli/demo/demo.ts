/** Simulated listeners beside the server, in a thread of its process: they go when it goes. */
import { Thread } from '../../server/threads/thread.ts';
import { DEMO_USERS } from './limits.ts';
import type { DemoSettings } from './main.ts';

const CONNECTIONS = 6;

export interface Demo {
  /** Before the server stops: it would wait for what they have under way. */
  stop(): Promise<void>;
}

/** `onTrouble` is told when the thread died; it is started anew. */
export async function startDemo(
  server: { url: string; token: string | undefined; rate: number },
  onTrouble: (error: Error) => void,
): Promise<Demo> {
  const settings: DemoSettings = { ...server, users: DEMO_USERS, connections: CONNECTIONS };
  const thread = new Thread({ name: 'demo', entry: 'cli/demo/main', settings, functions: {}, onDeath: onTrouble });
  await thread.start();
  return { stop: () => thread.stop() };
}
