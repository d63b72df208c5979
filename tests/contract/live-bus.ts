/** The contract of `server/bus/port.ts`. A message may be lost, so each case publishes until it has arrived. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LiveBus } from '../../server/bus/port.ts';
import { until } from '../helpers/redis-server.ts';

/** Begins a group of processes; each call of what it gives opens the bus of one more of them, or the same again where there is only one. */
export type StartGroup = () => () => Promise<LiveBus>;

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export function runLiveBusContract(name: string, startGroup: StartGroup): void {
  describe(`live bus contract: ${name}`, () => {
    const opened: LiveBus[] = [];
    let open: ReturnType<StartGroup>;
    beforeEach(() => {
      open = startGroup();
    });
    const openBus = async (): Promise<LiveBus> => {
      const bus = await open();
      opened.push(bus);
      return bus;
    };
    afterEach(async () => {
      for (const bus of opened.splice(0)) await bus.close();
    });

    /** Resolves when what `from` publishes to the topic arrives at `to`. */
    async function linked(from: LiveBus, to: LiveBus, topic: string): Promise<void> {
      let arrived = false;
      const end = to.subscribe(topic, (bytes) => {
        arrived ||= textOf(bytes) === 'hello';
      });
      await until(async () => {
        from.publish(topic, bytesOf('hello'));
        return arrived;
      });
      end();
    }
    /** Everything but greetings that arrives. */
    function listen(bus: LiveBus, topic: string): { heard: string[]; end: () => void } {
      const heard: string[] = [];
      const end = bus.subscribe(topic, (bytes) => {
        if (textOf(bytes) !== 'hello') heard.push(textOf(bytes));
      });
      return { heard, end };
    }

    test('a message reaches every subscriber of its topic, the publisher included, and no other topic', async () => {
      const [one, two] = [await openBus(), await openBus()];
      const listeners = [listen(one, 'a'), listen(one, 'a'), listen(two, 'a')];
      const elsewhere = listen(two, 'b');
      for (const to of [one, two]) await linked(one, to, 'a');
      one.publish('a', bytesOf('x'));
      await until(async () => listeners.every(({ heard }) => heard.includes('x')));
      await linked(one, two, 'b');
      expect(elsewhere.heard).toEqual([]);
    });

    test('messages of one publisher arrive in order', async () => {
      const [one, two] = [await openBus(), await openBus()];
      const { heard } = listen(two, 'order');
      await linked(one, two, 'order');
      for (let i = 0; i < 200; i++) one.publish('order', bytesOf(String(i)));
      await until(async () => heard.includes('199'));
      expect(heard).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
    });

    test('bytes arrive as they were when they were published', async () => {
      const bus = await openBus();
      const heard: Uint8Array[] = [];
      bus.subscribe('bytes', (bytes) => void heard.push(bytes));
      const bytes = Uint8Array.from([0, 255, 13, 10, 128]);
      await until(async () => {
        const mine = Uint8Array.from(bytes);
        bus.publish('bytes', mine);
        mine.fill(1);
        return heard.length > 0;
      });
      expect(Uint8Array.from(heard[0]!)).toEqual(bytes);
    });

    test('after unsubscribing nothing comes, while others go on; subscribing again works', async () => {
      const bus = await openBus();
      const [gone, stays] = [listen(bus, 't'), listen(bus, 't')];
      await linked(bus, bus, 't');
      gone.end();
      gone.end();
      bus.publish('t', bytesOf('later'));
      await until(async () => stays.heard.includes('later'));
      expect(gone.heard).toEqual([]);
      stays.end();
      const again = listen(bus, 't');
      await linked(bus, bus, 't');
      bus.publish('t', bytesOf('anew'));
      await until(async () => again.heard.includes('anew'));
      expect(stays.heard).toEqual(['later']);
    });

    test('a handler that throws harms nobody else', async () => {
      const bus = await openBus();
      bus.subscribe('t', () => {
        throw new Error('from a handler');
      });
      const { heard } = listen(bus, 't');
      await linked(bus, bus, 't');
      bus.publish('t', bytesOf('x'));
      await until(async () => heard.includes('x'));
    });

    test('one function may subscribe twice', async () => {
      const bus = await openBus();
      let count = 0;
      const handler = (bytes: Uint8Array): void => {
        if (textOf(bytes) === 'x') count++;
      };
      const [end] = [bus.subscribe('t', handler), bus.subscribe('t', handler)];
      await linked(bus, bus, 't');
      bus.publish('t', bytesOf('x'));
      await until(async () => count === 2);
      end();
      bus.publish('t', bytesOf('x'));
      await until(async () => count === 3);
    });

    test('closing twice, and publishing to what is closed, does nothing', async () => {
      const bus = await openBus();
      const { heard } = listen(bus, 't');
      await bus.close();
      await bus.close();
      bus.publish('t', bytesOf('x'));
      expect(heard).toEqual([]);
    });
  });
}
