// Timeouts: decoding of the 16-bit form, and the queue of armed ones. Owner of the queue; expiry is only looked at once per tick.
// Source modelled: fiasco-kernel.md 5.9.

import type { Thread } from './thread.ts';
import type { Utcb } from './utcb.ts';

export const TIMEOUT_NEVER = 0;
const ABSOLUTE = 0x8000;
const MANTISSA = 0x3ff;

export interface ArmedTimeout {
  readonly deadline_us: number;
  /** Grows with every armed timeout and every begun slice: of equal deadlines the one armed last expires first. */
  readonly sequence: number;
  readonly thread: Thread;
}

export const isNever = (timeout: number): boolean => timeout === TIMEOUT_NEVER;
export const isZero = (timeout: number): boolean => timeout !== TIMEOUT_NEVER && (timeout & (ABSOLUTE | MANTISSA)) === 0;

/** The deadline of a finite timeout on the kernel clock; it may lie in the past. */
export function deadlineOf(timeout: number, clock_us: number, utcb: Utcb): number {
  if ((timeout & ABSOLUTE) !== 0) {
    const at = timeout & 0x3f;
    return utcb.buffer(at) + utcb.buffer(at + 1) * 2 ** 32;
  }
  return clock_us + (timeout & MANTISSA) * 2 ** ((timeout >>> 10) & 0x1f);
}

/**
 * A relative timeout of so many microseconds: mantissa of ten bits, exponent of five. Rounded up: nobody wakes earlier than asked for.
 * Null is for ever; 0 us is the timeout that is over at once.
 */
export function encodeTimeout(us: number | null): number {
  if (us === null) return 0;
  let mantissa = Math.max(0, Math.ceil(us));
  if (mantissa === 0) return 0x400;
  let exponent = 0;
  while (mantissa > 0x3ff) {
    mantissa = Math.ceil(mantissa / 2);
    exponent++;
  }
  if (exponent > 0x1f) return 0;
  return (exponent << 10) | mantissa;
}

interface CapturedTimeouts {
  readonly armed: readonly ArmedTimeout[];
  readonly sequence: number;
}

export class Timeouts {
  /** Replaced by every change, never changed in place. */
  #armed: readonly ArmedTimeout[] = [];
  #sequence = 0;

  /** Earliest deadline, or null if there is none. */
  get next_us(): number | null {
    return this.#armed[0]?.deadline_us ?? null;
  }

  get sequence(): number {
    return this.#sequence;
  }

  armed(): readonly ArmedTimeout[] {
    return this.#armed;
  }

  takeSequence(): number {
    return this.#sequence++;
  }

  arm(thread: Thread, deadline_us: number): void {
    this.disarm(thread);
    this.insert({ deadline_us, sequence: this.takeSequence(), thread });
  }

  disarm(thread: Thread): void {
    if (thread.timeout === null) return;
    this.#armed = this.#armed.filter((armed) => armed.thread !== thread);
    thread.timeout = null;
  }

  /** Takes the timeouts that have expired, in their order. */
  expire(clock_us: number): readonly ArmedTimeout[] {
    if ((this.#armed[0]?.deadline_us ?? Infinity) > clock_us) return [];
    const expired = this.#armed.filter((armed) => armed.deadline_us <= clock_us);
    if (expired.length > 0) this.#armed = this.#armed.slice(expired.length);
    for (const { thread } of expired) thread.timeout = null;
    return expired;
  }

  /** Puts back an armed timeout as it was saved. */
  insert(timeout: ArmedTimeout): void {
    const at = this.#armed.findIndex((other) => other.deadline_us > timeout.deadline_us || (other.deadline_us === timeout.deadline_us && other.sequence < timeout.sequence));
    const place = at < 0 ? this.#armed.length : at;
    this.#armed = [...this.#armed.slice(0, place), timeout, ...this.#armed.slice(place)];
    timeout.thread.timeout = timeout;
  }

  capture(): CapturedTimeouts {
    return { armed: this.#armed, sequence: this.#sequence };
  }
  rewind({ armed, sequence }: CapturedTimeouts): void {
    this.#armed = armed;
    this.#sequence = sequence;
  }

  restoreSequence(sequence: number): void {
    this.#sequence = sequence;
  }
}
