// Attribute values as init reads them: from the beginning as far as they make sense, silently. What a linter should say about
// them is a second question, answered beside each. Pure. Source modelled: init-run-tools.md 1.2, Genode 16.08 ascii_to.

/** A value's problem in words for people; undefined if every reader agrees on it. */
export type Complaint = string | undefined;

const UNSIGNED = /^(?:0[xX]([0-9a-fA-F]*)|([0-9]*))/;

function unsignedText(text: string): { readonly value: bigint; readonly length: number } {
  const [written, hexadecimal, decimal] = UNSIGNED.exec(text) ?? [''];
  const value = hexadecimal === undefined ? BigInt(decimal || 0) : BigInt(`0x0${hexadecimal}`);
  return { value, length: (written ?? '').length };
}

const UNIT_SHIFT: Readonly<Record<string, bigint>> = { K: 10n, M: 20n, G: 30n };

/** Bytes: decimal or 0x, one of K, M, G behind it; what follows is ignored, and 32 bits wrap. */
export function readBytes(text: string): number {
  const { value, length } = unsignedText(text);
  const shift = length > 0 ? (UNIT_SHIFT[text[length] ?? ''] ?? 0n) : 0n;
  return Number(BigInt.asUintN(32, value << shift));
}

export function complainBytes(text: string): Complaint {
  if (!/^(0[xX][0-9a-fA-F]+|[0-9]+)[KMG]?$/.test(text)) return `'${text}' is no number of bytes; it is read as ${readBytes(text)}`;
  const { value, length } = unsignedText(text);
  const exact = value << (UNIT_SHIFT[text[length] ?? ''] ?? 0n);
  return exact > 0xffff_ffffn ? `'${text}' exceeds 32 bits; it is read as ${readBytes(text)}` : undefined;
}

/** Unsigned number; 0 where no digit stands at the beginning, the fallback where the text is empty. */
export function readUnsigned(text: string, fallback: number): number {
  return text === '' ? fallback : Number(BigInt.asUintN(32, unsignedText(text).value));
}

export function complainUnsigned(text: string): Complaint {
  return /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text) ? undefined : `'${text}' is no unsigned number`;
}

/** Signed decimal number; the fallback where no digit stands at the beginning. */
export function readSigned(text: string, fallback: number): number {
  const [, sign, digits] = /^([+-]?)([0-9]+)/.exec(text) ?? [];
  if (digits === undefined) return fallback;
  const magnitude = Number(BigInt.asIntN(32, BigInt(digits)));
  return (sign === '-' ? -magnitude : magnitude) | 0;
}

export function complainSigned(text: string): Complaint {
  return /^[+-]?[0-9]+$/.test(text) ? undefined : `'${text}' is no whole number`;
}

const WORDS: readonly (readonly [word: string, value: boolean])[] = [
  ['yes', true], ['true', true], ['on', true], ['no', false], ['false', false], ['off', false],
];

/** Truth value: the first word that the text begins with; the fallback where there is none. */
export function readBool(text: string, fallback: boolean): boolean {
  return WORDS.find(([word]) => text.startsWith(word))?.[1] ?? fallback;
}

export function complainBool(text: string): Complaint {
  return WORDS.some(([word]) => word === text) ? undefined : `'${text}' is none of ${WORDS.map(([word]) => word).join(', ')}`;
}

/** Text as a buffer of `bytes` keeps it, terminating zero included. */
export const cut = (text: string, bytes: number): string => text.slice(0, bytes - 1);
