/** Runs a generator in a process of its own and hears from it. */
import path from 'node:path';
import type { FromGenerator, LoadPlan, LoadReport, ToGenerator } from '../generator/plan.ts';
import { BUILT, Child } from './child.ts';

/** Beyond warm-up, measuring and draining: starting, encoding the events, connecting. */
const SLACK_MS = 60_000;

export interface LoadEvents {
  loaded?(): void;
  /** The measured time begins and ends; may look at the servers. */
  measuring?(): void;
  measured?(): void;
}

export class Load {
  readonly child: Child;
  readonly report: Promise<LoadReport>;

  constructor(plan: LoadPlan, events: LoadEvents = {}) {
    this.child = Child.forked(path.join(BUILT, 'loadtest/generator/main.js'), [JSON.stringify(plan)]);
    this.report = this.hear(plan, events);
    // Whoever waits hears of it; nobody may be waiting yet.
    this.report.catch(() => undefined);
  }

  private hear(plan: LoadPlan, events: LoadEvents): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      const mostMs = plan.warmUpMs + plan.measureMs + plan.drainMs + SLACK_MS;
      const timer = setTimeout(() => {
        void this.child.kill();
        reject(new Error(`the generator did not end within ${mostMs / 1000} s`));
      }, mostMs);
      this.child.process.on('message', (message: FromGenerator) => {
        if (message.kind === 'report') resolve(message.report);
        else events[message.kind]?.();
      });
      this.child.process.on('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the generator ended with ${code}:\n${this.child.tail}`));
      });
    });
  }

  /** Ends the load early; the report still comes. */
  stop(): void {
    this.child.process.send({ kind: 'stop' } satisfies ToGenerator);
  }

  /** Lets a burst begin. */
  go(): void {
    this.child.process.send({ kind: 'go' } satisfies ToGenerator);
  }
}
