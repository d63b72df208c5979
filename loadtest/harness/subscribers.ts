/** Runs subscribers in a process of their own and hears from it. */

import { built } from '../../server/installation.ts';
import type { FromSubscribers, SubscribersCount, SubscribersPlan, ToSubscribers } from '../subscribers/plan.ts';
import { Child } from './child.ts';

const PATIENCE_MS = 30_000;

export class Subscribers {
  private readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  /** Resolves when all of them are subscribed. */
  static async start(plan: SubscribersPlan): Promise<Subscribers> {
    const child = Child.forked(built('loadtest/subscribers/main.js'), [JSON.stringify(plan)]);
    const subscribers = new Subscribers(child);
    try {
      await subscribers.hear('live');
    } catch (error) {
      await child.kill();
      throw error;
    }
    return subscribers;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** What came since the last call, or since the start. */
  async count(): Promise<SubscribersCount> {
    const answer = this.hear('count');
    this.child.process.send({ kind: 'count' } satisfies ToSubscribers);
    const { count } = (await answer) as Extract<FromSubscribers, { kind: 'count' }>;
    return count;
  }

  private hear(kind: FromSubscribers['kind']): Promise<FromSubscribers> {
    const { process } = this.child;
    return new Promise((resolve, reject) => {
      const take = (message: FromSubscribers): void => {
        if (message.kind === kind) over(() => resolve(message));
      };
      const ended = (): void => over(() => reject(new Error(`the subscribers' process ended:\n${this.child.tail}`)));
      const late = (): void =>
        over(() => reject(new Error(`the subscribers did not answer within ${PATIENCE_MS / 1000} s`)));
      const timer = setTimeout(late, PATIENCE_MS);
      const over = (then: () => void): void => {
        clearTimeout(timer);
        process.off('message', take);
        process.off('exit', ended);
        then();
      };
      process.on('message', take);
      process.on('exit', ended);
    });
  }

  /** Ends them; resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.child.kill();
  }
}
