// A thread of a component written in TypeScript: its stack of frames and what it does when it is run next. Owner of both.
// What frames hold is plain data that nobody changes once it is handed over: only the locals themselves are changed, by their own
// procedure. So threads are copied by copying their locals, and calls and results are handed over as they are.

import type { DebugId } from '../../emu/numbers.ts';
import type { Plain } from '../../emu/plain.ts';
import { newStamp } from '../../emu/rewind.ts';
import { type Action, type Failure, type Procedure, procedureNamed, type Step } from './procedure.ts';

type Locals = Record<string, Plain>;

/** What a thread does next: `step` executes a step of the top frame, `touch` an access that may fault, before the step is repeated. */
type Doing = 'step' | 'enter' | 'returned' | 'touch' | 'ended';

/** A running procedure. `then`/`error` name the steps of *this* frame that take the result of what it waits for. */
class Frame {
  readonly procedure: string;
  step: string;
  /** The procedure's own variables, changed in place. */
  readonly locals: Locals;
  then: string;
  error: string;
  readonly steps: { readonly [step: string]: Step<never> | undefined };

  constructor({ name, steps }: Procedure<never>, step: string, locals: Locals, then = '', error = '') {
    this.procedure = name;
    this.step = step;
    this.locals = locals;
    this.then = then;
    this.error = error;
    this.steps = steps;
  }
}

interface SavedFrame {
  readonly procedure: string;
  readonly step: string;
  readonly locals: Locals;
  readonly then: string;
  readonly error: string;
}

type SavedPhase =
  /** Execute the top frame's step with this input. */
  | { readonly kind: 'step'; readonly input: Plain }
  /** Enter the kernel once the charged instructions are consumed. */
  | { readonly kind: 'enter' }
  /** The kernel returned from `invoke`: registers hold the result for this step. */
  | { readonly kind: 'returned'; readonly then: string }
  /** Touch this address once the bill is paid, then execute the step again with the same input. */
  | { readonly kind: 'touch'; readonly address: number; readonly write: boolean; readonly input: Plain }
  /** Nothing left to execute: a thread whose procedure ended stays here, as a thread that returned from its entry would hang. */
  | { readonly kind: 'ended' };

/** A thread as plain data. */
export interface SavedThread {
  readonly task: DebugId;
  readonly index: number;
  readonly frames: readonly SavedFrame[];
  readonly phase: SavedPhase;
  /** Instructions that the step being made was charged. */
  readonly owed: number;
  /** Step that takes the result of the invocation being made. */
  readonly then: string;
}

/** A thread's state as it was, and the number that it has as long as the thread does not run. */
export interface CapturedThread {
  readonly stamp: number;
  readonly state: SavedThread;
}

const FRAMES_MAX = 64;

export class HostedThread {
  readonly task: DebugId;
  readonly index: number;
  doing: Doing = 'ended';
  /** For the step that is executed next. */
  input: Plain = null;
  /** What is touched next. */
  address = 0;
  write = false;
  owed = 0;
  then = '';
  /** What was captured last, unless the thread has run since. */
  captured: CapturedThread | null = null;
  readonly #frames: Frame[] = [];

  /** A thread that has nothing to execute. */
  constructor(task: DebugId, index: number) {
    this.task = task;
    this.index = index;
  }

  /** The frame whose step is executed. */
  get top(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new Error('hosted thread has no frame');
    return frame;
  }

  begin(procedure: string, locals: Locals): void {
    this.#frames.push(new Frame(procedureNamed(procedure), 'start', locals));
    this.doing = 'step';
  }

  /** Does what a step asked for. @returns a failure that no frame wanted to know of, else null */
  perform(action: Action): Failure | null {
    switch (action.do) {
      case 'goto':
        this.top.step = action.step;
        this.#next(action.value as Plain);
        return null;
      case 'call': {
        if (action.target === null) throw new Error('a call of nothing');
        if (this.#frames.length >= FRAMES_MAX) throw new Error(`hosted stack is deeper than ${FRAMES_MAX} frames at '${action.target.name}'`);
        const caller = this.top;
        caller.then = action.step;
        caller.error = action.error;
        this.#frames.push(new Frame(action.target, 'start', action.value as Locals));
        this.#next(null);
        return null;
      }
      case 'return':
        this.#frames.pop();
        this.#resume(action.value as Plain, false);
        return null;
      case 'raise':
        return this.#unwind(action.value as Failure);
      case 'invoke':
        this.then = action.step;
        this.doing = 'enter';
        this.input = null;
        return null;
    }
  }

  /** The step that was made faulted. */
  touch(address: number, write: boolean): void {
    this.doing = 'touch';
    this.address = address;
    this.write = write;
  }

  /** It executes nothing any more, whatever it was about. */
  end(): void {
    this.#frames.length = 0;
    this.doing = 'ended';
    this.input = null;
  }

  #next(input: Plain): void {
    this.doing = 'step';
    this.input = input;
  }

  #resume(input: Plain, failed: boolean): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.end();
    frame.step = failed ? frame.error : frame.then;
    this.#next(input);
  }

  #unwind(failure: Failure): Failure | null {
    const frames = this.#frames;
    frames.pop();
    while (frames.length > 0 && this.top.error === '') frames.pop();
    const unknown = frames.length === 0 ? failure : null;
    this.#resume({ name: failure.name, text: failure.text }, true);
    return unknown;
  }

  capture(): CapturedThread {
    this.captured ??= { stamp: newStamp(), state: this.save() };
    return this.captured;
  }

  /** Itself, if it did not run since; else null. */
  rewound({ stamp }: CapturedThread): HostedThread | null {
    return this.captured?.stamp === stamp ? this : null;
  }

  static rewound(captured: CapturedThread): HostedThread {
    const thread = HostedThread.restore(captured.state);
    thread.captured = captured;
    return thread;
  }

  save(): SavedThread {
    const frames = this.#frames.map(({ procedure, step, locals, then, error }) => ({ procedure, step, locals: copyLocals(locals), then, error }));
    return { task: this.task, index: this.index, frames, phase: this.#phase(), owed: this.owed, then: this.then };
  }

  #phase(): SavedPhase {
    const { doing, input, then, address, write } = this;
    if (doing === 'step') return { kind: doing, input };
    if (doing === 'touch') return { kind: doing, address, write, input };
    return doing === 'returned' ? { kind: doing, then } : { kind: doing };
  }

  static restore({ task, index, frames, phase, owed, then }: SavedThread): HostedThread {
    const thread = new HostedThread(task, index);
    for (const frame of frames) thread.#frames.push(new Frame(procedureNamed(frame.procedure), frame.step, copyLocals(frame.locals), frame.then, frame.error));
    thread.doing = phase.kind;
    thread.owed = owed;
    thread.then = phase.kind === 'returned' ? phase.then : then;
    if ('input' in phase) thread.input = phase.input;
    if (phase.kind === 'touch') {
      thread.address = phase.address;
      thread.write = phase.write;
    }
    return thread;
  }
}

/** Bytes that a procedure has for a variable of its own it may still be filling; everything else is replaced, never changed. */
function copyLocals(locals: Locals): Locals {
  const copy = { ...locals };
  for (const name in copy) {
    const value = copy[name];
    if (value instanceof Uint8Array) copy[name] = value.slice();
  }
  return copy;
}
