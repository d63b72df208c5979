/** Folds events with a users projection as the processor does, through the bytes of its records. */
import type { StoredEvent } from '../../format/model.ts';
import type { RecordKey } from '../../server/features/port.ts';
import type { UserProjection } from '../../server/processor/projection.ts';

export class FoldedUsers {
  readonly records = new Map<string, Uint8Array>();
  private readonly projection: UserProjection;
  private position = 0;

  constructor(projection: UserProjection) {
    this.projection = projection;
  }

  fold(event: StoredEvent): void {
    const consumed = { partition: 0, position: ++this.position, event };
    const keys = this.projection.keys(consumed);
    if (keys.length === 0) return;
    const states = keys.map((key) => this.state(key));
    this.projection.fold(consumed, states);
    keys.forEach((key, index) => {
      this.records.set(nameOf(key), this.projection.codec(key).encode(states[index]));
    });
  }

  state<S>(key: RecordKey): S {
    const codec = this.projection.codec(key);
    const bytes = this.records.get(nameOf(key));
    return (bytes ? codec.decode(bytes) : codec.create()) as S;
  }
}

function nameOf({ group, field }: RecordKey): string {
  return `${group}\0\0${field}`;
}
