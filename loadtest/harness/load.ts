/** Runs a plan in generator processes and hears from them. */
import { EventEmitter, once } from 'node:events';
import { built } from '../../server/installation.ts';
import { mergeReports } from '../generator/merge.ts';
import type { FromGenerator, LoadPlan, LoadReport, ShardReport, ShardSecond, ToGenerator } from '../generator/plan.ts';
import { processesFor, shard } from '../generator/shards.ts';
import { Child } from './child.ts';

/** Beyond warm-up, measuring and draining: starting, encoding the events, connecting. */
const SLACK_MS = 60_000;

export interface LoadEvents {
  /** The measured time begins and ends; may look at the servers. */
  measuring?(): void;
  measured?(): void;
  /** One process tells of one second. */
  second?(second: ShardSecond): void;
}

export interface LoadOptions {
  /** Generator processes; more where the connections need them. */
  processes?: number;
  /** When the run's load began, ms since 1970; asked when all connections are open. */
  originMs?(): number;
}

/** What the processes say once each, and the load says when all have. */
type Step = Exclude<FromGenerator['kind'], 'second' | 'report'>;
/** When load has begun, when the measured time begins, and when it ends. */
export type Moment = Exclude<Step, 'opened'>;

export class Load {
  readonly report: Promise<LoadReport>;
  private readonly children: Child[];
  private readonly events: LoadEvents;
  private readonly originMs: () => number;
  private readonly said = new Map<Step, number>();
  private readonly moments = new EventEmitter();

  constructor(plan: LoadPlan, events: LoadEvents = {}, { processes, originMs = Date.now }: LoadOptions = {}) {
    this.events = events;
    this.originMs = originMs;
    const plans = shard(plan, processesFor(plan.connections, processes));
    this.children = plans.map((part) => Child.forked(built('loadtest/generator/main.js'), [JSON.stringify(part)]));
    this.report = this.collect(plan).finally(() => Promise.all(this.children.map((child) => child.kill())));
    // Whoever waits hears of it; nobody may be waiting yet.
    this.report.catch(() => undefined);
  }

  private async collect(plan: LoadPlan): Promise<LoadReport> {
    const mostMs = plan.warmUpMs + plan.measureMs + plan.drainMs + SLACK_MS;
    return mergeReports(await Promise.all(this.children.map((child) => this.hear(child, mostMs))));
  }

  private hear(child: Child, mostMs: number): Promise<ShardReport> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the generator did not end within ${mostMs / 1000} s`)), mostMs);
      child.process.on('message', (message: FromGenerator) => {
        if (message.kind === 'report') resolve(message.report);
        else if (message.kind === 'second') this.events.second?.(message.second);
        else this.step(message.kind);
      });
      child.process.on('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the generator ended with ${code}:\n${child.tail}`));
      });
    });
  }

  private step(step: Step): void {
    const said = (this.said.get(step) ?? 0) + 1;
    this.said.set(step, said);
    if (said < this.children.length) return;
    if (step === 'opened') this.send({ kind: 'begin', originMs: this.originMs() });
    else {
      if (step !== 'loaded') this.events[step]?.();
      this.moments.emit(step);
    }
  }

  /** Resolves at that moment, or when the load has ended without it. Rejects where the load does. */
  async reached(moment: Moment): Promise<void> {
    if (this.said.get(moment) === this.children.length) return;
    await Promise.race([once(this.moments, moment), this.report]);
  }

  /** Ends the load early; the report still comes. */
  stop(): void {
    this.send({ kind: 'stop' });
  }

  /** Lets a burst begin. */
  go(): void {
    this.send({ kind: 'go' });
  }

  private send(message: ToGenerator): void {
    for (const { process } of this.children) if (process.connected) process.send(message);
  }
}
