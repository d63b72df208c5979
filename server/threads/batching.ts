/**
 * A port over which the messages of one turn of the event loop go together: handing something to another thread costs much, whatever it is,
 * and many small calls come at once.
 */

/** A `MessagePort`, or a `Worker` from outside. */
export interface Port {
  postMessage(data: unknown): void;
  on(event: 'message', receive: (data: unknown) => void): unknown;
}

/** What goes across, as birpc has it: `i` names a call that waits for its answer; of a question (`t` is `q`), and of the answer. */
interface Message {
  t: 'q' | 's';
  i?: string;
}

export interface BatchedPort {
  post(message: Message): void;
  on(receive: (message: Message) => void): void;
}

export function batched(port: Port): BatchedPort {
  let waiting: Message[] = [];
  let receive: (message: Message) => void = () => {};

  function send(): void {
    const messages = waiting;
    waiting = [];
    try {
      port.postMessage(messages);
    } catch {
      for (const message of messages) sendAlone(message);
    }
  }

  /** What cannot go across fails its call, and none of those beside it. */
  function sendAlone(message: Message): void {
    try {
      port.postMessage([message]);
    } catch (error) {
      const { t, i } = message;
      if (i === undefined) throw error;
      const failed = { t: 's', i, e: error } as const;
      if (t === 'q') receive(failed);
      else port.postMessage([failed]);
    }
  }

  return {
    post(message) {
      waiting.push(message);
      if (waiting.length === 1) setImmediate(send);
    },
    on(handler) {
      receive = handler;
      port.on('message', (messages) => {
        for (const message of messages as Message[]) handler(message);
      });
    },
  };
}
