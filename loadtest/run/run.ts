/** One run of a scenario: what it starts is looked at, verified and taken away here. */
import { randomBytes } from 'node:crypto';
import { CommandError } from '../../cli/errors.ts';
import type { Contender, Running, StartOptions } from '../contenders/contender.ts';
import type { Latencies } from '../generator/percentiles.ts';
import type { LoadPlan, LoadReport } from '../generator/plan.ts';
import { whyUnsettled } from '../harness/unsettled.ts';
import { bothVerdicts, type Sent, type Verdict } from '../harness/verify.ts';
import type { Figures, LoadHooks, PlanForRun, RunningLoad, ScenarioContext } from '../scenarios/scenario.ts';
import { whyLimited } from './limited.ts';
import { MeasuredLoad } from './measured-load.ts';
import { Sampler } from './sampler.ts';
import { Timeline } from './timeline.ts';

export interface RunOptions {
  contender: Contender;
  /** Settings for the server that win over the scenario's. */
  env: Readonly<Record<string, string>>;
  /** Generator processes of each load, where a plan does not say. */
  processes: number;
  signal: AbortSignal;
  tell(text: string): void;
}

export class Run implements ScenarioContext {
  readonly signal: AbortSignal;
  readonly timeline: Timeline;
  /** What it was started with. */
  env: Readonly<Record<string, string>> = {};
  readonly faults: string[] = [];
  readonly invalid: string[] = [];
  private readonly options: RunOptions;
  /** No two runs share names, so that they may share a log. */
  private readonly name = `lt-${randomBytes(4).toString('hex')}`;
  private running: Running | null = null;
  private sampler: Sampler | null = null;
  /** Of contenders that were started and taken away before the one that runs. */
  private verdict: Verdict | null = null;
  private readonly loads: MeasuredLoad[] = [];
  private readonly settled: Promise<unknown>[] = [];
  private readonly sentByLoads: Sent[] = [];

  constructor(options: RunOptions) {
    this.options = options;
    this.signal = options.signal;
    this.timeline = new Timeline(() => this.sampler?.start());
    this.signal.addEventListener('abort', () => {
      for (const load of this.loads) load.stop();
    });
  }

  tell(text: string): void {
    this.options.tell(text);
  }

  async start(options: StartOptions = {}): Promise<Running> {
    this.signal.throwIfAborted();
    if (this.running) await this.finish();
    this.env = { ...options.env, ...this.options.env };
    this.running = await this.options.contender.start({ ...options, env: this.env });
    this.sampler = new Sampler(this.running, this.timeline);
    if (this.timeline.hasBegun) this.sampler.start();
    return this.running;
  }

  load(plan: PlanForRun, hooks: LoadHooks = {}): RunningLoad {
    if (!this.running) throw new Error('start the contender before a load');
    this.signal.throwIfAborted();
    const { wire, url, token } = this.running;
    if (!wire) throw new CommandError(`${this.options.contender.title} takes events over HTTP only`);
    if ('eventsPerSecond' in plan.loop && !Number.isFinite(plan.loop.eventsPerSecond)) {
      throw new CommandError(
        'a load needs a rate',
        'Write a number. As much as is acknowledged: the scenario saturation.',
      );
    }
    const { producers = 'load', processes = this.options.processes, mayBeLimited = false, ...rest } = plan;
    const whole: LoadPlan = { ...rest, wire, url, token, producers: `${this.name}-${producers}` };
    const load = new MeasuredLoad(
      this.running,
      whole,
      {
        ...hooks,
        second: (second) => {
          this.timeline.add(second);
          hooks.second?.(second);
        },
      },
      { processes, originMs: () => this.timeline.begin() },
    );
    this.loads.push(load);
    this.settled.push(load.report.then((report) => this.take(whole, report, mayBeLimited)).catch(() => undefined));
    return load;
  }

  private take(plan: LoadPlan, report: LoadReport, mayBeLimited: boolean): void {
    this.sent({ events: plan.events, tallies: report.tallies });
    this.faults.push(...report.faults, ...whyUnsettled(report.tallies));
    if (!mayBeLimited) this.invalid.push(...whyLimited(plan, report));
  }

  now(): number {
    this.timeline.begin();
    return this.timeline.now;
  }

  add({ acknowledged = 0, offered, latencies }: Figures): void {
    const at = Math.floor(this.now()) + 1;
    this.timeline.add({ at, acknowledged, offered, latency: (latencies as Latencies | undefined)?.encoded() });
  }

  sent(sent: Sent): void {
    this.sentByLoads.push(sent);
  }

  /** Verifies what the running contender stored, and takes it away. */
  private async finish(): Promise<void> {
    this.verdict = await this.verify();
    this.sentByLoads.length = 0;
    await this.stop();
    this.running = null;
  }

  /** Ends what still sends and compares the log with everything that was sent; null where nothing was, or nothing can be read. */
  async verify(): Promise<Verdict | null> {
    for (const load of this.loads) load.stop();
    await Promise.all(this.settled);
    this.sampler?.stop();
    if (!this.running || this.sentByLoads.length === 0) return this.verdict;
    const verdict = await this.running.verify(this.sentByLoads);
    return verdict && this.verdict ? bothVerdicts(this.verdict, verdict) : (verdict ?? this.verdict);
  }

  /** Takes away what was started. */
  async stop(): Promise<void> {
    this.sampler?.stop();
    for (const load of this.loads) load.stop();
    await Promise.all(this.settled);
    await this.running?.stop();
  }
}
