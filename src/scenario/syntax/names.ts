// What every syntax agrees on about names and characters, so that a tree read from one can be written in another.
// Owns no state. The measure is XML: names as its reader takes them, characters as XML 1.0 allows them.

const NAME = /^[\p{L}_:][\p{L}\p{N}_:.-]*$/u;
const HID_NAME = /^[a-z][a-z0-9_-]*$/;
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\p{Cs}\ufffe\uffff]/u;

/** Of an element or attribute. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

export function isHidName(text: string): boolean {
  return HID_NAME.test(text);
}

/** Names that the XML reader refuses for elements. */
export function isReserved(tag: string): boolean {
  return tag in Object.prototype || tag === 'prototype';
}

export interface Misplaced {
  readonly index: number;
  /** "U+0007" */
  readonly code: string;
}

/** The first character that no syntax may carry: control characters, halves of surrogate pairs. */
export function misplacedCharacter(text: string, pattern: RegExp = NO_CHARACTER): Misplaced | undefined {
  const index = text.search(pattern);
  return index === -1 ? undefined : { index, code: codeOf(text, index) };
}

export function codeOf(text: string, index: number): string {
  return `U+${text.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')}`;
}
