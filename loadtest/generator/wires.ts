/**
 * The protocols that the generator speaks. Each connection writes its frames itself instead of using its project's client: what it sends
 * is encoded beforehand, and a frame costs about the same on every wire, so that the generator takes no more of the machine from one than from another.
 */
import type { LoadConnection, LoadConnectionEvents } from './connection.ts';
import { EchoConnection } from './echo-connection.ts';
import { asJson, asMsgpack, type PlannedEvent } from './events.ts';
import { GaplessConnection } from './gapless-connection.ts';
import { NatsConnection } from './nats-connection.ts';
import type { Wire } from './plan.ts';
import { SocketIoConnection } from './socket-io-connection.ts';
import { StraightforwardConnection } from './straightforward-connection.ts';

export interface WireTarget {
  url: string;
  token?: string;
  producer: string;
  /** Unacknowledged events, where the protocol sets no limit of its own. */
  inFlight: number;
}

type Make = (target: WireTarget, events: readonly PlannedEvent[], report: LoadConnectionEvents) => LoadConnection;

export const WIRES: Readonly<Record<Wire, Make>> = {
  gapless: (target, events, report) => new GaplessConnection(target, asMsgpack(events), report),
  straightforward: (target, events, report) => new StraightforwardConnection(target, asJson(events), report),
  'socket-io': (target, events, report) => new SocketIoConnection(target, asJson(events), report),
  nats: (target, events, report) => new NatsConnection(target, asMsgpack(events), report),
  echo: (target, events, report) => new EchoConnection(target, asMsgpack(events), report),
};
