/**
 * The server's credit budget: what was granted must fit in memory.
 *
 * Held are, in bytes: a reserve for each open socket (a message that arrives in pieces), and for each window what was granted or
 * received and is not settled, with the merged context of each such event. Two bounds stand over it:
 *   1. used <= capacity, always. No grant breaks it, whatever the pressure.
 *   2. ordinary grants also keep what windows hold below `ceiling`, which shrinks multiplicatively under pressure and recovers additively
 *      (AIMD, Chiu and Jain 1989). It bounds what is granted from now on; what was granted before cannot be taken back.
 * Room for one largest event with its context is kept for connections that say they are blocked, and for one more socket, so that nobody starves.
 *
 * Pressure slows down who would hold too much. Where those who read the log cannot keep up, what is held says nothing: each event settles at
 * once. The further they are behind the less may be held, from half of what they may be on; and from all of it on nothing is granted but a
 * ration, to the blocked and to request bodies.
 */
import { CONTEXT_MAX_BYTES, WINDOW_CAP, WINDOW_START } from '../limits.ts';
import type { CreditWindow } from './window.ts';

export interface BudgetSettings {
  /** All that may be held, bytes. */
  capacity: number;
  /** Held for each open socket: the largest message it can bring in pieces, bytes. */
  socketBytes: number;
  /** The largest event with its frame, bytes: `maxEventBytes + 64`. */
  largestEvent: number;
}

/** From this pressure on the budget shrinks, and below the lower mark it recovers. */
export const PRESSURE_HIGH = 0.8;
export const PRESSURE_LOW = 0.6;
const SHRINK = 0.7;
/** A fortieth each 100 ms: from nothing to everything in four seconds. */
const RECOVER = 1 / 40;
/** Share of the capacity that windows do not grow into: room for sockets that come meanwhile. */
const NEWCOMERS = 1 / 8;
/** Rounds of 100 ms that a connection may sit on what it was blocked for before others who wait may have it. */
const IDLE_ROUNDS = 50;
/** A ration is so many of the largest events; and no event counts for less, although its bytes may be granted already. */
const RATION_EVENTS = 8;
const RATION_LEAST_BYTES = 256;
/** Nobody is behind. */
const UNRATIONED = Number.POSITIVE_INFINITY;

export class CreditBudget {
  readonly settings: BudgetSettings;
  /** Bytes held now. */
  used = 0;
  /** Up to where ordinary grants may go now, without the sockets' reserve. */
  ceiling: number;
  /** 0 (idle) to 1 (overloaded). */
  pressure = 0;
  sockets = 0;
  readonly windows = new Set<CreditWindow>();
  /** Open windows that got less than they should because there was no room, or a ration; those first that have waited for the longest. */
  readonly starved = new Set<CreditWindow>();
  /** Windows that wait for credit, oldest first. */
  readonly waiting = new Set<CreditWindow>();
  /** How many windows have grown beyond the start. */
  grown = 0;
  /** A socket was turned away since `victims` was last asked. */
  private turnedAway = false;
  /** What the blocked and request bodies may still have until `adapt` is called again, bytes. */
  private ration = UNRATIONED;
  /** What ordinary grants leave to be held so that those who read the log can follow, bytes. */
  private followable: number;

  constructor(settings: BudgetSettings) {
    this.settings = settings;
    this.ceiling = settings.capacity;
    this.followable = settings.capacity;
  }

  /** Admits a socket if its reserve fits; pressure does not matter for that. */
  openSocket(): boolean {
    const { socketBytes } = this.settings;
    if (this.used + socketBytes > this.shared) {
      this.turnedAway = true;
      return false;
    }
    this.used += socketBytes;
    this.sockets++;
    return true;
  }

  closeSocket(): void {
    this.sockets--;
    this.used -= this.settings.socketBytes;
  }

  /** All but what is kept for the oldest blocked connection. */
  private get shared(): number {
    return this.settings.capacity - this.settings.largestEvent - CONTEXT_MAX_BYTES;
  }

  /** Bytes granted or received and not settled, without the sockets' reserve. */
  get outstanding(): number {
    return this.used - this.sockets * this.settings.socketBytes;
  }

  /** What `hold` could take if nothing else was held and nobody was in a hurry, bytes. */
  get mostHeld(): number {
    return this.shared - this.settings.socketBytes;
  }

  /** Holds bytes that came without a window (a request body) if there is ordinary room for them, or a ration. */
  hold(bytes: number): boolean {
    if (bytes > Math.min(this.room(), this.ration)) return false;
    this.ration -= bytes;
    this.used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }

  /** Nothing is granted but what `serveWaiting` has a ration for. */
  get rationed(): boolean {
    return this.ration < UNRATIONED;
  }

  /** What ordinary grants may still take: they leave room for one largest event and for one more socket. */
  room(): number {
    const ceiling = Math.min(this.ceiling, this.followable);
    return Math.min(this.mostHeld - this.used, ceiling - this.outstanding);
  }

  /** What the oldest blocked connection may still take: up to the capacity itself. */
  lastRoom(): number {
    return this.settings.capacity - this.used;
  }

  /** How far one window may grow, so that the heavy ones share what is left, the light ones keep theirs, and others may still come. */
  fairBytes(): number {
    const left = this.shared - this.sockets * this.settings.socketBytes - this.settings.capacity * NEWCOMERS;
    const forWindows = Math.min(this.ceiling, left);
    const share = forWindows / Math.max(1, this.grown);
    return Math.min(WINDOW_CAP.bytes, Math.max(WINDOW_START.bytes, Math.floor(share)));
  }

  /** Told the pressure, each 100 ms, and how far those who read the log are behind, as a share of how far they may be. */
  adapt(pressure: number, behind = 0): void {
    const { capacity, largestEvent } = this.settings;
    const ration = RATION_EVENTS * (largestEvent + CONTEXT_MAX_BYTES);
    this.pressure = Math.max(pressure, Math.min(1, behind));
    this.ration = behind >= 1 ? ration : UNRATIONED;
    // A ration is bound enough.
    this.followable = behind >= 1 ? capacity : Math.min(capacity, Math.max(ration, 2 * (1 - behind) * capacity));
    for (const window of this.waiting) window.idleRounds = isServed(window) ? window.idleRounds + 1 : 0;
    // What is held says nothing now.
    if (this.rationed) return;
    if (pressure >= PRESSURE_HIGH) {
      const from = Math.min(this.ceiling, this.outstanding);
      this.ceiling = Math.max(largestEvent, from * SHRINK);
    } else if (pressure < PRESSURE_LOW) {
      this.ceiling = Math.min(capacity, this.ceiling + capacity * RECOVER);
    }
  }

  /** `level` of an ACK, 0 to 10. */
  get level(): number {
    return Math.max(0, Math.min(10, Math.floor(this.pressure * 10)));
  }

  /**
   * Gives room to the blocked, oldest first; a connection with events under way waits for those. Returns the windows whose limits
   * rose. Stops at the first that does not fit: it is served before anyone behind it.
   */
  serveWaiting(): CreditWindow[] {
    const served: CreditWindow[] = [];
    for (const window of this.waiting) {
      if (window.frozen || window.unsettled > 0) continue;
      const cost = Math.max(window.leastCost(), RATION_LEAST_BYTES);
      if (cost > this.ration) break;
      const result = window.grantLeast();
      if (result === 'short') break;
      if (result !== 'raised') continue;
      served.push(window);
      this.ration -= cost;
    }
    return served;
  }

  /**
   * Whom to send away so that the oldest blocked connection, or a socket that was turned away, finds room: those with the largest
   * unused credit, idle ones first, and those that said they were blocked and then sent nothing. They come back with a small window;
   * for a socket only those go that hold more than that.
   */
  victims(): CreditWindow[] {
    const forSocket = this.socketShortage();
    const missing = Math.max(this.blockedShortage(), forSocket);
    if (missing <= 0) return [];
    const least = forSocket > 0 ? WINDOW_START.bytes : 0;
    const mayGo = (window: CreditWindow) => !this.waiting.has(window) || window.idleRounds >= IDLE_ROUNDS;
    const candidates = [...this.windows].filter((window) => mayGo(window) && window.unused > least);
    candidates.sort((a, b) => Number(a.unsettled > 0) - Number(b.unsettled > 0) || b.unused - a.unused);
    const victims: CreditWindow[] = [];
    let freed = 0;
    for (const window of candidates) {
      if (freed >= missing) break;
      victims.push(window);
      freed += window.unused;
    }
    return victims;
  }

  private blockedShortage(): number {
    for (const window of this.waiting) {
      if (window.frozen || window.unsettled > 0 || isServed(window)) continue;
      return window.leastCost() - this.lastRoom();
    }
    return 0;
  }

  private socketShortage(): number {
    if (!this.turnedAway) return 0;
    this.turnedAway = false;
    return this.used + this.settings.socketBytes - this.shared;
  }
}

/** It has what it was waiting for. */
function isServed(window: CreditWindow): boolean {
  return window.unsettled === 0 && window.leastCost() === 0;
}
