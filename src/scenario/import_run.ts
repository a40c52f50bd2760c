// A Genode run script as a scenario: its literal install_config, and what it waits for and compares (init-run-tools.md 2.2).
// Whatever would need Tcl to be evaluated is refused or left out, with its place. Pure; owns no state.

import { DiagnosticList, type Span } from './diagnostic.ts';
import { type Imported, xmlAttribute } from './imported.ts';
import { importRegex } from './import_regex.ts';
import type { Scenario } from './model.ts';
import { Source } from './source.ts';
import { verbatim } from './syntax/node.ts';
import { printXml } from './syntax/print_xml.ts';
import { readTree } from './syntax/syntax.ts';
import { REGULAR } from './value.ts';
import { type TclCommand, type TclWord, tclCommands } from './tcl_words.ts';

export function importRunScript(source: Source, name: string, genode: Scenario['genode'] = '17.02'): Imported {
  const diagnostics = new DiagnosticList();
  const commands = tclCommands(source.text);
  if ('error' in commands) {
    diagnostics.error('E030', { source, start: commands.at, end: commands.at + 1 }, commands.error);
    return { diagnostics: diagnostics.all };
  }
  const script = new RunScript(source, commands, diagnostics);
  const config = script.config();
  if (config === undefined) return { diagnostics: diagnostics.all };
  const steps = script.steps();
  if (diagnostics.failed) return { diagnostics: diagnostics.all };
  const text = [
    `<scenario name="${xmlAttribute(name)}" genode="${genode}" flavour="stock" doc="Imported from a run script.">`,
    indented(config),
    ...(steps.steps.length === 0 ? [] : ['\t<steps>', ...steps.steps.map((step) => `\t\t${step}`), '\t</steps>']),
    ...steps.criteria.map((criterion) => `\t${criterion}`),
    '</scenario>',
    '',
  ].join('\n');
  return { text, diagnostics: diagnostics.all };
}

/** A run script's own indentation is of any kind: only the first line is moved. */
const indented = (config: string) => `\t${config}`;

interface Criteria {
  readonly steps: readonly string[];
  readonly criteria: readonly string[];
}

class RunScript {
  readonly #source: Source;
  readonly #commands: readonly TclCommand[];
  readonly #diagnostics: DiagnosticList;
  readonly #steps: string[] = [];
  readonly #criteria: string[] = [];
  #waits = 0;

  constructor(source: Source, commands: readonly TclCommand[], diagnostics: DiagnosticList) {
    this.#source = source;
    this.#commands = commands;
    this.#diagnostics = diagnostics;
  }

  /** The `<config>` as XML. */
  config(): string | undefined {
    const installs = this.#commands.filter(({ words }) => words[0]?.text === 'install_config');
    const [install, second] = installs;
    const word = install?.words[1];
    if (install === undefined || word === undefined) {
      const nested = /\binstall_config\b/.exec(this.#source.text);
      const at = nested?.index ?? 0;
      this.#diagnostics.error('E030', this.#span(at, nested === null ? at : at + nested[0].length), nested === null ? 'the script installs no configuration' : 'install_config is called conditionally: which configuration is meant is not decided here');
      return undefined;
    }
    if (second !== undefined) this.#diagnostics.warning('E030', this.#span(second.start, second.start + 'install_config'.length), 'the script installs a second configuration: the first one is taken');
    const pieces = this.#pieces(word);
    return pieces === undefined ? undefined : this.#read(pieces);
  }

  steps(): Criteria {
    for (const { words, start } of this.#commands) {
      const [command, ...args] = words;
      if (command?.text === 'run_genode_until') this.#wait(args, start);
      if (command?.text === 'compare_output_to') this.#compare(args[0]);
      if (command?.text === 'unify_output') this.#unify(args);
      const inside = args.map(({ text }) => text).join(' ');
      if (command !== undefined && CONTROL.has(command.text) && /\b(run_genode_until|compare_output_to)\b/.test(inside)) {
        this.#diagnostics.warning('E030', this.#span(command.start, command.end), `what the script does inside '${command.text}' is left out`);
      }
    }
    if (this.#waits === 0) {
      this.#diagnostics.warning('E030', this.#span(0, 0), 'the script waits for nothing that could be imported: the scenario lets ten seconds pass');
      this.#steps.unshift('<await time_ms="10000"/>');
    }
    return { steps: this.#steps, criteria: this.#criteria };
  }

  /** The words whose texts make up a literal, or those set and appended to a variable before. */
  #pieces(word: TclWord): readonly TclWord[] | undefined {
    if (!word.substituted) return [word];
    const variable = /^\$(?:\{([^}]+)\}|([A-Za-z0-9_]+))$/.exec(word.text);
    const name = variable?.[1] ?? variable?.[2];
    const pieces: TclWord[] = [];
    for (const { words } of this.#commands) {
      const [command, target, ...values] = words;
      if (command === undefined || target?.text !== name) continue;
      if (command.text === 'set') pieces.length = 0;
      if (command.text === 'set' || command.text === 'append') pieces.push(...values);
    }
    const conditional = name === undefined ? undefined : this.#commands.find(({ words }) => (words[0]?.text === 'append_if' && words[2]?.text === name) || (CONTROL.has(words[0]?.text ?? '') && new RegExp(`\\b(append|set)\\s+${name}\\b`).test(words.map(({ text }) => text).join(' '))));
    const dynamic = pieces.find(({ substituted }) => substituted);
    if (name === undefined || pieces.length === 0 || dynamic !== undefined || conditional !== undefined) {
      const at = dynamic ?? conditional?.words[0] ?? word;
      this.#diagnostics.error('E030', this.#span(at.start, at.end), 'the configuration is no plain literal: the script computes it', { help: 'let the run tool write it (var/run/NAME/genode/config), and use that' });
      return undefined;
    }
    return pieces;
  }

  /** Reads the literal where it stands, so that mistakes are shown there. */
  #read(pieces: readonly TclWord[]): string | undefined {
    const kept = blanked(this.#source.text, pieces);
    const source = new Source(this.#source.name, kept);
    const syntax = /^\s*</.test(kept) ? 'xml' : 'hid';
    const text = syntax === 'hid' ? kept.replace(/^[ \t\r\n]+(?=config)/, (blank) => blank.replace(/[^\n]/g, '')) : kept;
    const root = readTree(syntax === 'hid' ? new Source(this.#source.name, text) : source, syntax, this.#diagnostics);
    if (root === undefined) return undefined;
    return syntax === 'xml' ? verbatim(root) : (printXml(root, this.#diagnostics) ?? '').trimEnd();
  }

  #wait(args: readonly TclWord[], start: number): void {
    const [pattern, timeout] = args;
    if (pattern === undefined || pattern.text === 'forever') {
      this.#diagnostics.warning('E030', this.#span(start, start + 'run_genode_until'.length), 'the script waits for ever: ten seconds of virtual time stand for it');
      this.#steps.push(`<await time_ms="${(this.#waits + 1) * 10_000}"/>`);
      this.#waits += 1;
      return;
    }
    this.#waits += 1;
    const seconds = Number(timeout?.text ?? Number.NaN);
    if (pattern.substituted || (timeout !== undefined && !Number.isInteger(seconds))) {
      this.#diagnostics.error('E030', this.#span(pattern.start, timeout?.end ?? pattern.end), 'what the script waits for is computed');
      return;
    }
    const found = importRegex(unquoted(pattern)).filter(({ lines }) => lines.length > 0);
    if (found.length === 0) this.#diagnostics.error('E030', this.#span(pattern.start, pattern.end), 'this expression says nothing that a log pattern could say');
    if (found.some(({ exact }) => !exact)) this.#diagnostics.warning('E030', this.#span(pattern.start, pattern.end), "parts of this expression became '*', which matches more");
    const [only] = found;
    if (found.length === 1 && only !== undefined) this.#steps.push(...only.lines.map((line) => `<await log="${xmlAttribute(line)}"/>`));
    else this.#criteria.push(...found.map(({ lines }) => `<succeed>${lines.map(xmlAttribute).join('\n')}</succeed>`));
    if (Number.isInteger(seconds) && this.#waits === 1) this.#criteria.push(`<fail after_seconds="${seconds}"/>`);
  }

  #compare(expected: TclWord | undefined): void {
    if (expected === undefined || expected.substituted) {
      this.#diagnostics.warning('E030', this.#span(expected?.start ?? 0, expected?.end ?? 0), 'the expected output is computed, and left out');
      return;
    }
    const lines = unquoted(expected).split('\n').map((line) => line.trim()).filter((line) => line !== '');
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const [line, count] of counts) {
      const longer = [...counts.keys()].some((other) => other !== line && other.startsWith(line));
      this.#steps.push(`<expect-log log="${xmlAttribute(line)}"${longer || count === 1 ? '' : ` count="${count}"`}/>`);
    }
  }

  #unify(args: readonly TclWord[]): void {
    const [pattern, replace] = args;
    if (pattern === undefined || pattern.substituted || replace?.substituted === true) return;
    // Tcl lets any character stand behind a backslash, and has options in front.
    const regex = unquoted(pattern).replace(/^\(\?[a-z]+\)/, '').replace(/\\([^\w^$\\.*+?()[\]{}|/])/g, '$1');
    if (!REGULAR.parse(regex).ok) {
      this.#diagnostics.warning('E030', this.#span(pattern.start, pattern.end), 'this replacement of output is left out: its expression cannot be used');
      return;
    }
    this.#criteria.unshift(`<unify pattern="${xmlAttribute(regex)}"${replace === undefined || replace.text === '' ? '' : ` replace="${xmlAttribute(replace.text)}"`}/>`);
  }

  #span(start: number, end: number): Span {
    return { source: this.#source, start, end };
  }
}

const CONTROL: ReadonlySet<string> = new Set(['if', 'while', 'for', 'foreach', 'proc', 'catch', 'switch']);

/** The text with everything but the pieces replaced by blanks, lines kept. */
function blanked(text: string, pieces: readonly TclWord[]): string {
  let kept = '';
  let done = 0;
  for (const { start, end } of pieces.toSorted((a, b) => a.start - b.start)) {
    kept += text.slice(done, start).replace(/[^\n]/g, ' ') + text.slice(start, end);
    done = end;
  }
  return kept;
}

/** Tcl's backslashes in a word in quotes; a word in braces is taken as it is. */
function unquoted({ kind, text }: TclWord): string {
  if (kind === 'braced') return text;
  return text.replace(/\\([^])/g, (_, character: string) => (character === 'n' ? '\n' : character === 't' ? '\t' : character));
}
