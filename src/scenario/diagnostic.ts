// What a user wrote wrong, as data with a place, and its one printer. Diagnostics are collected, never thrown.
// Owner of the list while a file is read; codes are stable, so that they can be looked up.

import { DIAGNOSTICS_MAX } from './limits.ts';
import { nearest } from './nearest.ts';
import type { Source } from './source.ts';

export const CODES = {
  E001: 'the text cannot be read (encoding, size, syntax of the file as a whole)',
  E002: 'control character',
  E003: 'document type declarations are refused',
  E004: 'unknown or malformed entity',
  E005: 'malformed tag',
  E006: 'start and end tag do not match',
  E007: 'element is not closed',
  E008: 'something stands outside the one root element',
  E009: 'duplicate attribute',
  E010: 'limit exceeded',
  E011: 'unknown element',
  E012: 'unknown attribute',
  E013: 'missing attribute',
  E014: 'malformed value',
  E015: 'element may stand only once, or is missing',
  E016: 'text is not allowed here',
  E017: 'attributes exclude or require each other',
  E018: 'name is not declared',
  E019: 'name is declared twice',
  E020: 'not in this version',
  E021: 'reserved name',
  E022: 'malformed YAML, or YAML that is no tree of elements',
  E023: 'malformed HID',
  E024: 'cannot be written in this syntax',
  E025: 'module cannot be executed',
  E026: 'a route of the init configuration cannot work as it is written',
  E027: 'a component lacks a resource',
  E028: 'golden that no step names',
  E029: 'file that cannot be included',
  E030: 'part of a run script or test package that cannot be imported',
} as const;

export type Code = keyof typeof CODES;
export type Severity = 'error' | 'warning';

/** A stretch of a source, end excluded. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Note {
  readonly message: string;
  readonly span?: Span;
}

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: Code;
  readonly message: string;
  readonly span: Span;
  readonly notes: readonly Note[];
  readonly help?: string;
}

/** Where a reader or decoder puts what it finds. */
export class DiagnosticList {
  readonly #list: Diagnostic[] = [];

  error(code: Code, span: Span, message: string, more: { notes?: readonly Note[]; help?: string | undefined } = {}): void {
    this.#add('error', code, span, message, more);
  }

  warning(code: Code, span: Span, message: string, more: { notes?: readonly Note[]; help?: string | undefined } = {}): void {
    this.#add('warning', code, span, message, more);
  }

  get failed(): boolean {
    return this.#list.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** More messages would not be kept: whoever looks for further mistakes may stop. */
  get full(): boolean {
    return this.#list.length >= DIAGNOSTICS_MAX && this.failed;
  }

  get errorCount(): number {
    return this.#list.filter((diagnostic) => diagnostic.severity === 'error').length;
  }

  /** In the order of the text, included files behind the including one. */
  get all(): readonly Diagnostic[] {
    return this.#list.toSorted((a, b) => a.span.source.base + a.span.start - (b.span.source.base + b.span.start));
  }

  #add(severity: Severity, code: Code, span: Span, message: string, more: { notes?: readonly Note[]; help?: string | undefined }): void {
    const full = this.#list.length >= DIAGNOSTICS_MAX;
    if (full && (severity === 'warning' || this.failed)) return;
    // Variants and rounds of a repetition say the same of the same place.
    if (this.#list.some((known) => known.span.start === span.start && known.message === message && known.code === code && known.span.source === span.source)) return;
    this.#list.push({ severity, code, span, message, notes: more.notes ?? [], ...(more.help === undefined ? {} : { help: more.help }) });
  }
}

/** "did you mean 'x'?", or what there is to choose from. */
export function suggestion(written: string, known: readonly string[]): string | undefined {
  const near = nearest(written, known);
  if (near !== undefined) return `did you mean '${near}'?`;
  if (known.length === 0) return undefined;
  return `known here: ${known.toSorted().join(', ')}`;
}

const TAB_COLUMNS = 4;
/** A longer line is shown in part, around the mark. */
const FRAME_COLUMNS = 140;
/** A file must not be able to drive the terminal that shows it. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/g;

/** `file:line:column: error[E012]: message`, the line before, the line, the mark. */
export function printDiagnostic(diagnostic: Diagnostic): string {
  const { severity, code, message, span, notes, help } = diagnostic;
  const lines = [`${place(span)}: ${severity}[${code}]: ${message}`, ...frame(span)];
  for (const note of notes) {
    if (note.span === undefined) lines.push(`note: ${note.message}`);
    else lines.push(`${place(note.span)}: note: ${note.message}`, ...frame(note.span));
  }
  if (help !== undefined) lines.push(`help: ${help}`);
  return `${lines.join('\n')}\n`;
}

export function place(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.name}:${line}:${column}`;
}

function frame({ source, start, end }: Span): string[] {
  const { line, column } = source.position(start);
  const last = source.position(end);
  const text = source.line(line);
  const endColumn = last.line === line ? last.column : text.length + 1;
  const lead = shown(text.slice(0, column - 1)).length;
  const marked = Math.max(1, shown(text.slice(column - 1, endColumn - 1)).length);
  const cut = Math.max(0, lead - FRAME_COLUMNS / 2);
  const window = (content: string) => (content.length <= FRAME_COLUMNS ? content.slice(cut) : content.slice(cut, cut + FRAME_COLUMNS));
  const width = String(line).length;
  const row = (label: string, content: string) => ` ${label.padStart(width)} | ${window(content)}`.trimEnd();
  const rows = [row(String(line), shown(text)), row('', `${' '.repeat(lead)}^${'~'.repeat(marked - 1)}`)];
  return line > 1 ? [row(String(line - 1), shown(source.line(line - 1))), ...rows] : rows;
}

function shown(text: string): string {
  return text.replaceAll('\t', ' '.repeat(TAB_COLUMNS)).replace(UNPRINTABLE, '\ufffd');
}
