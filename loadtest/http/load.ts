/** Runs a plan with autocannon in a process of its own and hears from it. */
import { built } from '../../server/installation.ts';
import { Child } from '../harness/child.ts';
import type { FromHttp, HttpPlan, HttpReport, HttpSecond, ToHttp } from './plan.ts';

/** Beyond warm-up, measuring and draining: starting and encoding the events. */
const SLACK_MS = 60_000;

export interface HttpEvents {
  /** The measured time begins and ends; may look at the servers. */
  measuring?(): void;
  measured?(): void;
  second?(second: HttpSecond): void;
}

export class HttpLoad {
  readonly report: Promise<HttpReport>;
  private readonly child: Child;

  constructor(plan: HttpPlan, events: HttpEvents = {}) {
    this.child = Child.forked(built('loadtest/http/main.js'), [JSON.stringify(plan)]);
    this.report = this.hear(plan, events).finally(() => this.child.kill());
    // Whoever waits hears of it; nobody may be waiting yet.
    this.report.catch(() => undefined);
  }

  private hear(plan: HttpPlan, events: HttpEvents): Promise<HttpReport> {
    return new Promise((resolve, reject) => {
      const mostMs = plan.warmUpMs + plan.measureMs + plan.drainMs + SLACK_MS;
      const timer = setTimeout(() => reject(new Error(`autocannon did not end within ${mostMs / 1_000} s`)), mostMs);
      this.child.process.on('message', (message: FromHttp) => {
        if (message.kind === 'report') resolve(message.report);
        else if (message.kind === 'second') events.second?.(message.second);
        else events[message.kind]?.();
      });
      this.child.process.on('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`autocannon's process ended with ${code}:\n${this.child.tail}`));
      });
    });
  }

  /** Ends it early; the report still comes. */
  stop(): void {
    if (this.child.process.connected) this.child.process.send({ kind: 'stop' } satisfies ToHttp);
  }
}
