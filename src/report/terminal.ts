// The terminal report: log lines as they come, a mark for every step, the verdict in words. One report among others.
// Owner of nothing but what it has written; plain text in a pipe, colours where they were switched on.

import type { LogLine } from '../runner/log_lines.ts';
import type { RunResult, StepOutcome } from '../runner/result.ts';
import { printDiagnostic } from '../scenario/diagnostic.ts';
import { bad, caution, good, quiet, strong, warning } from './colors.ts';
import { faultWords, timeWords, VERDICT_WORDS } from './words.ts';

export interface TerminalOptions {
  readonly write: (text: string) => void;
  /** Without the log lines. */
  readonly quiet: boolean;
}

const COUNT_MAX_SHOWN = 40;
/** Equal log lines in a row that are shown; a component that loops would bury the rest. The serial log keeps all of them. */
const REPEATS_SHOWN = 3;

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
    this.#line(`${strong(name)}${doc === '' ? '' : quiet(`: ${doc}`)}`);
  }

  line(line: LogLine): void {
    if (this.#options.quiet) return;
    if (line.text === this.#last) this.#repeats += 1;
    else {
      this.#unfold();
      this.#last = line.text;
    }
    if (this.#repeats >= REPEATS_SHOWN) return;
    const prefix = /^\[[^\]]*\]/.exec(line.text)?.[0] ?? '';
    this.#line(`${quiet(prefix)}${genodeColors(line.text.slice(prefix.length))}`);
  }

  stepDone(step: StepOutcome): void {
    this.#unfold();
    const passed = step.state === 'passed';
    const mark = passed ? good('✓') : bad('✗');
    this.#line(`${mark} ${step.number}. ${step.words} ${quiet(`at ${timeWords(step.end_us)}${passed ? '' : ` (${step.place})`}`)}`);
    this.#details(step.message);
    const facts = Object.entries(step.facts ?? {}).filter(([, fact]) => typeof fact === 'number' || typeof fact === 'string' || typeof fact === 'boolean');
    if (facts.length > 0) this.#line(quiet(`    ${facts.map(([name, fact]) => `${name} ${String(fact)}`).join(', ')}`));
  }

  end(result: RunResult): void {
    this.#unfold();
    for (const diagnostic of result.diagnostics) this.#options.write(printDiagnostic(diagnostic));
    for (const fault of result.faults) this.#line(`${caution('fault')} at ${timeWords(fault.time_us)}: ${faultWords(fault)}`);
    if (result.faults_more > 0) this.#line(`${caution('fault')}: ${result.faults_more} more`);
    for (const note of result.notes) this.#line(`${caution('note')}: ${note}`);
    if (result.extensions_used.length > 0) this.#line(quiet(`extensions used: ${result.extensions_used.join(', ')}`));
    const unreached = result.steps.filter((step) => step.state === 'not reached').length;
    if (unreached > 0) this.#line(quiet(`${unreached} of ${result.steps.length} steps were not reached`));
    const verdict = VERDICT_WORDS[result.verdict];
    const shown = result.verdict === 'passed' ? good(verdict) : bad(verdict);
    const head = `${shown}: ${strong(result.scenario)}`;
    if (result.verdict === 'passed') this.#line(`${head}, ${result.steps.length === 1 ? '1 step' : `${result.steps.length} steps`} in ${timeWords(result.time_us)} of virtual time`);
    else this.#line(`${head}: ${result.reason}`);
  }

  #details(lines: readonly string[]): void {
    for (const line of lines.slice(0, COUNT_MAX_SHOWN)) this.#line(`    ${line}`);
    if (lines.length > COUNT_MAX_SHOWN) this.#line(quiet(`    ... ${lines.length - COUNT_MAX_SHOWN} more lines in result.json`));
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
