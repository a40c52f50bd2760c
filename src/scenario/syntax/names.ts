// What every syntax agrees on about names and characters, so that a tree read from one can be written in another.
// Owns no state. The measure is XML: names as its reader takes them, characters as XML 1.0 allows them.

/** XML 1.0, fifth edition: NameStartChar, and what NameChar adds; without U+1680 and U+FEFF, which the XML library takes for white space. */
const NAME_START = String.raw`:A-Z_a-z\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{2ff}\u{370}-\u{37d}\u{37f}-\u{167f}\u{1681}-\u{1fff}\u{200c}-\u{200d}\u{2070}-\u{218f}\u{2c00}-\u{2fef}\u{3001}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{effff}`;
const NAME_MORE = String.raw`.0-9\u{b7}\u{300}-\u{36f}\u{203f}-\u{2040}\-`;

/** Of an element or attribute, without anchors; for expressions with the flag u. */
export const NAME_PATTERN = `[${NAME_START}][${NAME_START}${NAME_MORE}]*`;

const NAME = new RegExp(`^${NAME_PATTERN}$`, 'u');
const HID_NAME = /^[a-z][a-z0-9_-]*$/;
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u;

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
