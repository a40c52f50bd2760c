// Records what the threads of a run did, from the board's events: when each ran, what it did when it did not, which sessions it asked for.
// Owner of the lanes while they grow; when they become too many, gaps are closed and the resolution says so.

import type { StampedEvent } from '../emu/event.ts';
import type { DebugId } from '../emu/numbers.ts';
import { decodeArguments, decodeMessage } from '../runtime/rpc/wire.ts';
import { Parent, Root } from '../runtime/rpc/interfaces.ts';
import type { RpcName, System, ThreadPhase } from '../runtime/system.ts';
import { RECORD_LINES_MAX, RECORD_SESSIONS_MAX, RECORD_SPANS_MAX, RECORD_THREADS_MAX } from './limits.ts';
import type { LogLine } from './log_lines.ts';
import { Whereabouts } from './whereabouts.ts';
import type { OperationRecord, SessionRecord, ThreadLane, Timeline } from './run_record.ts';

interface Span {
  start_us: number;
  end_us: number;
  // 'ready' until the thread has left the processor.
  then: ThreadPhase;
}

interface Lane {
  readonly id: DebugId;
  readonly task: DebugId;
  readonly spans: Span[];
  running_us: number;
  /** A dead thread keeps the name it had; kernel objects lose theirs. */
  name: string;
  component: string;
}

/** The component is known at the end: at its first request a thread's task may not have a label yet. */
type OpenSession = { -readonly [K in keyof SessionRecord]: SessionRecord[K] } & {
  /** The thread that the parent asked for the session, and the parent's own that serves the request. */
  server: DebugId | null;
  readonly parent: DebugId;
};

/** Requests by which a parent has a session opened: at its own parent, or at the root of a child (compiled roots have no names). */
function opens(call: RpcName): boolean {
  return call.interface === null ? call.opcode === Root.session.opcode : call.function === Root.session.name;
}

const RESOLUTION_FIRST_US = 50;
const SIGMA0_TASK = 7;

export class TimelineRecorder {
  readonly #system: System;
  readonly #lanes = new Map<DebugId, Lane>();
  readonly #sessions: OpenSession[] = [];
  readonly #pending = new Map<DebugId, OpenSession>();
  /** By the parent's thread that serves the request. */
  readonly #serving = new Map<DebugId, OpenSession>();
  readonly #places: Whereabouts;
  readonly #close: () => void;
  #running: Lane | null = null;
  #since_us = 0;
  #spans = 0;
  #resolution_us = 0;
  #threadsDropped = 0;
  #sessionsDropped = 0;

  constructor(system: System) {
    this.#system = system;
    this.#places = new Whereabouts(system);
    this.#close = system.machine.events.listen(['schedule', 'ipc_transfer'], (event) => this.#event(event));
  }

  /** What was asked for so far. */
  sessions(): readonly SessionRecord[] {
    return this.#sessions.map(({ server, parent, ...session }) => ({ ...session, component: this.#places.of(session.thread as DebugId).component }));
  }

  /** Ends the recording. */
  finish(lines: readonly LogLine[], operations: readonly OperationRecord[]): Timeline {
    this.#close();
    const end_us = this.#system.machine.time_us;
    this.#leave(end_us);
    this.#nameLanes();
    const threads = [...this.#lanes.values()].sort((a, b) => a.id - b.id);
    return {
      end_us,
      resolution_us: this.#resolution_us,
      threads: threads.map(({ id, task, name, component, spans, running_us }): ThreadLane => ({ id, task, name, component, spans: spans.map(({ start_us, end_us, then }) => [start_us, end_us, then]), running_us })),
      sessions: this.sessions(),
      operations,
      lines: lines.slice(0, RECORD_LINES_MAX).map(({ time_us, text }) => ({ time_us, text })),
      dropped: { threads: this.#threadsDropped, sessions: this.#sessionsDropped, lines: Math.max(0, lines.length - RECORD_LINES_MAX) },
    };
  }

  #event(event: StampedEvent): void {
    if (event.kind === 'schedule') this.#switch(event.to, event.task, event.time_us);
    else if (event.kind === 'ipc_transfer' && event.phase === 'request') this.#request(event);
    else if (event.kind === 'ipc_transfer' && event.phase === 'reply') this.#reply(event);
  }

  #switch(to: DebugId, task: DebugId, now_us: number): void {
    this.#leave(now_us);
    this.#since_us = now_us;
    let lane = this.#lanes.get(to);
    if (lane === undefined && this.#system.threadPhase(to) === 'idle') return;
    if (lane === undefined) {
      if (this.#lanes.size >= RECORD_THREADS_MAX) {
        this.#threadsDropped += 1;
        return;
      }
      lane = { id: to, task, spans: [], running_us: 0, name: '', component: '' };
      this.#lanes.set(to, lane);
      this.#nameLanes();
    }
    this.#running = lane;
  }

  /** The running thread has left the processor; its state says what it does now. */
  #leave(now_us: number): void {
    const lane = this.#running;
    if (lane === null) return;
    this.#running = null;
    const then = this.#system.threadPhase(lane.id);
    lane.running_us += now_us - this.#since_us;
    const last = lane.spans.at(-1);
    if (last !== undefined && this.#since_us - last.end_us <= this.#resolution_us) {
      last.end_us = now_us;
      last.then = then;
      return;
    }
    lane.spans.push({ start_us: this.#since_us, end_us: now_us, then });
    this.#spans += 1;
    if (this.#spans > RECORD_SPANS_MAX) this.#coarsen();
  }

  /** Closes short gaps until half of the room is free again. */
  #coarsen(): void {
    while (this.#spans > RECORD_SPANS_MAX / 2) {
      this.#resolution_us = this.#resolution_us === 0 ? RESOLUTION_FIRST_US : this.#resolution_us * 2;
      this.#spans = 0;
      for (const { spans } of this.#lanes.values()) {
        let kept = 0;
        for (const span of spans) {
          const last = spans[kept - 1];
          if (last !== undefined && span.start_us - last.end_us <= this.#resolution_us) {
            last.end_us = span.end_us;
            last.then = span.then;
          } else spans[kept++] = span;
        }
        spans.length = kept;
        this.#spans += kept;
      }
    }
  }

  #request(event: StampedEvent & { readonly kind: 'ipc_transfer' }): void {
    const call = this.#system.callOf(event.from);
    const served = this.#serving.get(event.from);
    if (served !== undefined && call !== undefined && opens(call)) served.server = event.to;
    if (call?.interface !== Parent.session.interface || call.function !== Parent.session.name) return;
    if (this.#sessions.length >= RECORD_SESSIONS_MAX) {
      this.#sessionsDropped += 1;
      return;
    }
    // Seen while the thread lives, its place stays known.
    this.#places.of(event.from);
    const { name, args } = decodeArguments(Parent.session, decodeMessage(event.words).payload);
    const session: OpenSession = { service: String(name), args: String(args), thread: event.from, component: '', start_us: event.time_us, end_us: null, outcome: 'pending', provider: null, server: null, parent: event.to };
    this.#sessions.push(session);
    this.#pending.set(event.from, session);
    this.#serving.set(event.to, session);
  }

  #reply(event: StampedEvent & { readonly kind: 'ipc_transfer' }): void {
    const session = this.#pending.get(event.to);
    if (session === undefined) return;
    this.#pending.delete(event.to);
    if (this.#serving.get(session.parent) === session) this.#serving.delete(session.parent);
    if (session.server !== null) session.provider = this.#places.of(session.server).component || null;
    session.end_us = event.time_us;
    session.outcome = decodeMessage(event.words).protocol === 0 ? 'opened' : 'refused';
  }

  #nameLanes(): void {
    const names = new Map(this.#system.threads().map((row) => [row.id, row.name ?? '']));
    for (const lane of this.#lanes.values()) {
      if (lane.name === '') lane.name = names.get(lane.id) ?? '';
      if (lane.component === '') lane.component = this.#componentOf(lane.task);
    }
  }

  #componentOf(task: DebugId): string {
    return this.#system.components().find((component) => component.task === task)?.label ?? (task === SIGMA0_TASK ? 'sigma0' : '');
  }
}
