/**
 * Reads and judges in one pass what nearly all events are: known fields in an order that came before, ASCII texts, integers. It makes
 * no object and only the strings that are needed. What it takes `EventReader` and the schema take as well, with the same outcome
 * (`tests/workers/quick-read.test.ts`); about everything else it says nothing, and the long way decides.
 */
import { ACTIONS, DEVICE_TYPES, fieldsOf, requiredOf, SOURCES } from '../protocol/events.ts';
import { size16, size32 } from '../protocol/msgpack/skip.ts';
import { maskOf } from './field-bits.ts';
import type { Facts } from './job.ts';
import { kindOf } from './kinds.ts';
import { ROOT } from './shape.ts';
import { shortText } from './text-cache.ts';

const TEXT_MAX = 128;
const ID_MAX = 64;

/** The types whose fields all have a bit. */
const TYPES = [
  ...['user_interaction', 'track_completed', 'track_skipped'],
  ...['recommendation_shown', 'recommendation_clicked'],
];

export interface QuickType {
  name: string;
  allowed: number;
  required: number;
  /** Index into EVENT_KINDS; of interactions the action counts instead. */
  kind: number;
}

const types: ReadonlyMap<string, QuickType> = new Map(
  TYPES.map((name) => {
    const masks = { allowed: maskOf(fieldsOf(name)!), required: maskOf(requiredOf(name)!) };
    return [name, { name, ...masks, kind: kindOf(name) ?? -1 }];
  }),
);
const actions: ReadonlyMap<string, number> = new Map(ACTIONS.map((action) => [action, kindOf(action)!]));
const sources: ReadonlySet<string> = new Set(SOURCES);
const deviceTypes: ReadonlySet<string> = new Set(DEVICE_TYPES);

export class QuickReader {
  /** Whether the ids of tracks are asked for. */
  tracks = false;
  // After `read`, where it answered true:
  end = 0;
  /** Which fields stand there. */
  mask = 0;
  type!: QuickType;
  userId: string | null = null;
  facts!: Facts;
  private deviceType: string | undefined;
  private integer = 0;
  private text = '';

  /** The event at `start`. Whether required fields are there is left to the caller: the connection may know them. */
  read(source: Buffer, start: number, limit: number): boolean {
    const count = mapCount(source, start);
    if (count < 0) return false;
    let type: QuickType | undefined;
    let mask = 0;
    let kind = -1;
    let timestamp = 0;
    let id: string | undefined;
    let track: string | undefined;
    let position: number | undefined;
    let duration: number | undefined;
    this.userId = null;
    this.deviceType = undefined;
    let at = start + (source[start] === MAP_16 ? 3 : 1);
    let shape = ROOT;
    for (let left = count; left > 0; left--) {
      const next = shape.next(source, at);
      if (next === null) return false;
      shape = next;
      at += next.bytes.length;
      switch (next.key) {
        case 'type':
          at = this.known(source, at);
          type = types.get(this.text);
          if (!type) return false;
          break;
        case 'timestamp':
          at = this.whole(source, at);
          timestamp = this.integer;
          break;
        case 'user_id':
          at = this.short(source, at, TEXT_MAX);
          this.userId = this.text;
          break;
        case 'id':
          at = this.short(source, at, ID_MAX);
          id = this.text;
          break;
        case 'track_id':
          if (this.tracks) {
            at = this.short(source, at, TEXT_MAX);
            track = this.text;
          } else at = textEnd(source, at, TEXT_MAX);
          break;
        case 'session_id':
        case 'recommendation_id':
          at = textEnd(source, at, TEXT_MAX);
          break;
        case 'action':
          at = this.known(source, at);
          kind = actions.get(this.text) ?? -1;
          if (kind < 0) return false;
          break;
        case 'position_ms':
          at = this.whole(source, at);
          position = this.integer;
          break;
        case 'duration_ms':
          at = this.whole(source, at);
          duration = this.integer;
          break;
        case 'position':
          at = this.whole(source, at);
          break;
        case 'context':
          at = this.context(source, at);
          break;
        default:
          return false;
      }
      if (at < 0) return false;
      mask |= next.bit;
    }
    if (!type || at > limit || (mask & ~type.allowed) !== 0) return false;
    this.end = at;
    this.mask = mask;
    this.type = type;
    this.facts = {
      timestamp,
      kind: kind < 0 ? type.kind : kind,
      id,
      deviceType: this.deviceType,
      track,
      position,
      duration,
    };
    return true;
  }

  // Each of these answers the position behind the value, or -1 where it is something else than expected.

  private context(source: Buffer, start: number): number {
    const count = mapCount(source, start);
    if (count < 0) return -1;
    let at = start + (source[start] === MAP_16 ? 3 : 1);
    let shape = ROOT;
    for (let left = count; left > 0; left--) {
      const next = shape.next(source, at);
      if (next === null) return -1;
      shape = next;
      at += next.bytes.length;
      if (next.key === 'playlist_id') at = textEnd(source, at, TEXT_MAX);
      else if (next.key === 'source') {
        at = this.known(source, at);
        if (!sources.has(this.text)) return -1;
      } else if (next.key === 'device_type') {
        at = this.known(source, at);
        if (!deviceTypes.has(this.text)) return -1;
        this.deviceType = this.text;
      } else return -1;
      if (at < 0) return -1;
    }
    return at;
  }

  /** A text that the caller compares with what it knows. */
  private known(source: Buffer, at: number): number {
    const token = source[at]!;
    if (token < 0xa0 || token >= 0xc0) return -1;
    const text = shortText(source, at + 1, token - 0xa0);
    if (text === null) return -1;
    this.text = text;
    return at + 1 + token - 0xa0;
  }

  private short(source: Buffer, at: number, most: number): number {
    const end = textEnd(source, at, most);
    if (end < 0) return -1;
    const from = at + (source[at] === TEXT_8 ? 2 : 1);
    this.text = shortText(source, from, end - from) ?? source.toString('latin1', from, end);
    return end;
  }

  private whole(source: Buffer, at: number): number {
    const token = source[at]!;
    if (token < 0x80) {
      this.integer = token;
      return at + 1;
    }
    switch (token) {
      case 0xcc:
        this.integer = source[at + 1]!;
        return at + 2;
      case 0xcd:
        this.integer = size16(source, at + 1);
        return at + 3;
      case 0xce:
        this.integer = size32(source, at + 1);
        return at + 5;
      case 0xcf:
        this.integer = size32(source, at + 1) * 0x1_0000_0000 + size32(source, at + 5);
        return this.integer <= Number.MAX_SAFE_INTEGER ? at + 9 : -1;
      case 0xcb: {
        if (at + 9 > source.length) return -1;
        const value = source.readDoubleBE(at + 1);
        this.integer = value;
        return Number.isSafeInteger(value) && value >= 0 ? at + 9 : -1;
      }
      default:
        return -1;
    }
  }
}

const MAP_16 = 0xde;
const TEXT_8 = 0xd9;

/** How many fields the map at `at` has, or -1 where none starts that may be one. Some encoders know only the longer header. */
function mapCount(source: Buffer, at: number): number {
  const token = source[at]!;
  if ((token & 0xf0) === 0x80) return token & 0x0f;
  return token === MAP_16 ? size16(source, at + 1) : -1;
}

/** Behind a text of 1 to `most` printable ASCII characters. */
function textEnd(source: Buffer, at: number, most: number): number {
  const token = source[at]!;
  let from = at + 1;
  let length: number;
  if (token >= 0xa0 && token < 0xc0) length = token - 0xa0;
  else if (token === TEXT_8) length = source[from++]!;
  else return -1;
  if (!(length >= 1 && length <= most)) return -1;
  const end = from + length;
  for (let i = from; i < end; i++) {
    const byte = source[i]!;
    if (byte < 0x20 || byte > 0x7e) return -1;
  }
  return end;
}
