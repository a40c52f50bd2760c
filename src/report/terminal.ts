// The terminal report of one scenario: log lines as they come, a mark for every step, the verdict in words. One report among others.
// Owner of nothing but what it has written; plain text in a pipe, colours where they were switched on.

import type { Judged } from '../runner/judgement.ts';
import type { LogLine } from '../runner/log_lines.ts';
import type { RunResult, StepOutcome } from '../runner/result.ts';
import { bad, caution, component, good, quiet, strong, warning } from './colors.ts';
import { classWords, faultWords, factWords, stepsWords, timeWords } from './words.ts';

/** `full`: log, steps, verdict. `quiet`: log and verdict alone. `brief`: one line, and of a failure what it needs. */
export type Detail = 'full' | 'quiet' | 'brief';

export interface TerminalOptions {
  readonly write: (text: string) => void;
  readonly detail: Detail;
  /** Width of the name's column, where several scenarios stand below each other. */
  readonly name_columns?: number;
  /** Of a terminal; lines of the brief report are cut there. Left out: nothing is cut. */
  readonly columns?: number;
}

const MESSAGE_LINES_SHOWN = 40;
const LAST_LINES_SHOWN = 5;
/** Equal log lines in a row that are shown; a component that loops would bury the rest. The serial log keeps all of them. */
const REPEATS_SHOWN = 3;
const CLASS_COLUMNS = 7;
/** What the others are is said in one line. */
const TOLD_IN_DETAIL: ReadonlySet<string> = new Set(['FAIL', 'TIMEOUT', 'INVALID', 'INTERNAL']);

/** Genode's own colours of its two kinds of messages; the lines come without them. */
function genodeColors(text: string): string {
  const kind = /^\s*(Error|Warning): /.exec(text)?.[1];
  return kind === 'Error' ? bad(text) : kind === 'Warning' ? warning(text) : text;
}

export class TerminalReport {
  readonly #options: TerminalOptions;
  #last = '';
  #repeats = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  start(name: string, doc: string): void {
    if (this.#options.detail === 'full') this.#line(`${strong(name)}${doc === '' ? '' : quiet(`: ${doc}`)}`);
  }

  line(line: LogLine): void {
    if (this.#options.detail === 'brief') return;
    if (line.text === this.#last) this.#repeats += 1;
    else {
      this.#unfold();
      this.#last = line.text;
    }
    if (this.#repeats >= REPEATS_SHOWN) return;
    const label = /^\[([^\]]*)\]/.exec(line.text);
    const prefix = label?.[0] ?? '';
    this.#line(`${prefix === '' ? '' : component(label?.[1] ?? '', prefix)}${genodeColors(line.text.slice(prefix.length))}`);
  }

  stepDone(step: StepOutcome): void {
    if (this.#options.detail !== 'full') return;
    this.#unfold();
    this.#step(step);
  }

  /** What is told between two attempts. */
  again(words: string): void {
    if (this.#options.detail === 'full') this.#line(caution(words));
  }

  end(judged: Judged, serial: readonly string[]): void {
    this.#unfold();
    const { result } = judged;
    if (this.#options.detail === 'brief') return this.#brief(judged, serial);
    if (this.#options.detail === 'full') this.#context(result);
    const shown = this.#colored(judged, classWords(judged));
    const head = `${shown}: ${strong(judged.name)}`;
    if (judged.class === 'PASS') this.#line(`${head}, ${stepsWords(result)} in ${timeWords(result.time_us)} of virtual time`);
    else this.#line(`${head}: ${judged.reason}`);
  }

  #context(result: RunResult): void {
    for (const { text } of result.diagnostics) this.#options.write(text);
    this.#faults(result);
    for (const note of result.notes) this.#line(`${caution('note')}: ${note}`);
    if (result.extensions_used.length > 0) this.#line(quiet(`extensions used: ${result.extensions_used.join(', ')}`));
    const unreached = result.steps.filter((step) => step.state === 'not reached').length;
    if (unreached > 0) this.#line(quiet(`${unreached} of ${result.steps.length} steps were not reached`));
  }

  #brief(judged: Judged, serial: readonly string[]): void {
    const { result, name, class: kind } = judged;
    const head = `${this.#colored(judged, kind.padEnd(CLASS_COLUMNS))} `;
    const title = name.padEnd(this.#options.name_columns ?? 0);
    const words = kind === 'PASS' ? `${stepsWords(result)}, ${timeWords(result.time_us)}` : judged.reason;
    this.#options.write(`${head}${cut(`${title}  ${words}`, this.#options.columns === undefined ? undefined : this.#options.columns - CLASS_COLUMNS - 1)}\n`);
    if (!TOLD_IN_DETAIL.has(kind)) return;
    for (const { text } of result.diagnostics) this.#options.write(text.replace(/^(?=.)/gm, '    '));
    for (const step of result.steps) if (step.state === 'failed') this.#step(step, '  ');
    this.#faults(result, '  ');
    for (const note of result.notes) this.#line(`  ${caution('note')}: ${note}`);
    if (serial.length > 0) this.#line(quiet(`  the last of ${serial.length} log lines:`));
    for (const line of serial.slice(-LAST_LINES_SHOWN)) this.#line(quiet(`    ${line}`));
  }

  #step(step: StepOutcome, indent = ''): void {
    const passed = step.state === 'passed';
    const mark = passed ? good('✓') : bad('✗');
    this.#line(`${indent}${mark} ${step.number}. ${step.words} ${quiet(`at ${timeWords(step.end_us)}${passed ? '' : ` (${step.place})`}`)}`);
    for (const line of step.message.slice(0, MESSAGE_LINES_SHOWN)) this.#line(`${indent}    ${line}`);
    if (step.message.length > MESSAGE_LINES_SHOWN) this.#line(quiet(`${indent}    ... ${step.message.length - MESSAGE_LINES_SHOWN} more lines in result.json`));
    const facts = factWords(step);
    if (facts !== '') this.#line(quiet(`${indent}    ${facts}`));
  }

  #faults(result: RunResult, indent = ''): void {
    for (const fault of result.faults) this.#line(`${indent}${caution('fault')} at ${timeWords(fault.time_us)}: ${faultWords(fault)}`);
    if (result.faults_more > 0) this.#line(`${indent}${caution('fault')}: ${result.faults_more} more`);
  }

  #colored({ class: kind }: Judged, text: string): string {
    if (kind === 'PASS') return good(text);
    return kind === 'FLAKY' || kind === 'XFAIL' || kind === 'SKIP' ? caution(text) : bad(text);
  }

  /** Says how often the last log line came again without being shown. */
  #unfold(): void {
    const folded = this.#repeats - REPEATS_SHOWN + 1;
    this.#repeats = 0;
    this.#last = '';
    if (folded > 0) this.#options.write(`${quiet(`    (the same line ${folded} more times)`)}\n`);
  }

  #line(text: string): void {
    this.#options.write(`${text}\n`);
  }
}

/** Plain text within a width; colours come after cutting. */
export function cut(text: string, columns: number | undefined): string {
  return columns === undefined || text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
