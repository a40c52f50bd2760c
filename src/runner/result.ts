// What a run came to, as data: verdict, steps, faults, dumps, goldens, timings in virtual time. Reports render it.
// One table ties verdicts to exit statuses (product.md, "Command line").

import type { SlotEntry } from '../emu/jdb/model.ts';
import type { PlainRecord } from '../emu/plain.ts';
import { type Diagnostic, printDiagnostic, type Severity } from '../scenario/diagnostic.ts';
import type { Origin } from '../runtime/system.ts';
import type { Step } from '../scenario/model.ts';
import { EMPTY_TIMELINE, type Timeline } from './run_record.ts';

export const EXIT_STATUS = {
  passed: 0,
  failed: 1,
  invalid: 2,
  golden: 3,
  timeout: 4,
  internal: 5,
  nothing: 6,
} as const;

export type Verdict = keyof typeof EXIT_STATUS;

/** Of several verdicts the first of these that occurred is the whole one. */
const GRAVITY: readonly Verdict[] = ['internal', 'invalid', 'timeout', 'failed', 'golden', 'passed', 'nothing'];

/** Nothing executed counts only where nothing else was. */
export function gravest(verdicts: readonly Verdict[]): Verdict {
  return GRAVITY.find((verdict) => verdicts.includes(verdict)) ?? 'nothing';
}

/** A diagnostic as a result keeps it: plain data, so that it can travel between processes. */
export interface ToldDiagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** As it is printed, with its frame; ends in a line end. */
  readonly text: string;
}

export function told(diagnostic: Diagnostic): ToldDiagnostic {
  const { severity, code, message, span } = diagnostic;
  const { line, column } = span.source.position(span.start);
  return { severity, code, message, file: span.source.name, line, column, text: printDiagnostic(diagnostic) };
}

export interface StepOutcome {
  /** From 1. */
  readonly number: number;
  readonly kind: Step['kind'];
  /** "checkpoint third of rtcr -> sheep_counter" */
  readonly words: string;
  /** "run/foo.xml:12:5" */
  readonly place: string;
  readonly state: 'passed' | 'failed' | 'not reached';
  readonly start_us: number;
  readonly end_us: number;
  /** Why it failed, or what is worth telling; lines. */
  readonly message: readonly string[];
  /** What a checkpoint or restore reports of itself. */
  readonly facts?: PlainRecord;
}

/** A component did what its operating system does not allow. */
export interface Fault {
  readonly time_us: number;
  readonly task: number;
  readonly thread: number;
  /** Component label where the task is known. */
  readonly component?: string;
  readonly pc?: number;
  readonly address?: number;
  /** The console line or the kernel's reason. */
  readonly message: string;
}

/** An occupied slot with its provenance, as data and in words, where that is known. */
export type DumpSlot = SlotEntry & { readonly words?: string; readonly origin?: Origin };

export interface DumpResult {
  /** The point's name. */
  readonly point: string;
  readonly task: string;
  readonly task_id: number;
  /** When it was taken. */
  readonly time_us: number;
  /** File name below the report folder. */
  readonly file: string;
  /** Canonical listing. */
  readonly text: string;
  /** The same as data, for reports that show more than the listing. */
  readonly slots?: readonly DumpSlot[];
}

export interface GoldenResult {
  readonly file: string;
  readonly state: 'same' | 'different' | 'missing' | 'unreadable' | 'obsolete';
  /** The pending file that was left for acceptance. */
  readonly pending?: string;
}

export interface RunResult {
  readonly scenario: string;
  readonly file: string;
  readonly verdict: Verdict;
  /** One line: why. */
  readonly reason: string;
  readonly steps: readonly StepOutcome[];
  readonly faults: readonly Fault[];
  readonly faults_more: number;
  readonly dumps: readonly DumpResult[];
  readonly goldens: readonly GoldenResult[];
  readonly extensions: readonly string[];
  readonly extensions_used: readonly string[];
  /** Things worth telling that do not decide. */
  readonly notes: readonly string[];
  readonly diagnostics: readonly ToldDiagnostic[];
  readonly seed: number;
  readonly time_us: number;
  readonly instructions: number;
  readonly log_lines: number;
  readonly timeline: Timeline;
  /** Of a failure of Rescap itself. */
  readonly stack?: string;
}

/** What a run is called: the scenario's name, of a variant with its name in brackets. */
export function runName(scenario: string, variant: string | undefined): string {
  return variant === undefined ? scenario : `${scenario}[${variant}]`;
}

/** The result of a scenario that could not be started. */
export function notRun(scenario: string, file: string, verdict: Verdict, reason: string, diagnostics: readonly ToldDiagnostic[] = []): RunResult {
  return {
    scenario, file, verdict, reason, diagnostics,
    steps: [], faults: [], faults_more: 0, dumps: [], goldens: [], extensions: [], extensions_used: [], notes: [], seed: 0, time_us: 0, instructions: 0, log_lines: 0, timeline: EMPTY_TIMELINE,
  };
}
