// Session-argument strings ("ram_quota=4K, label=\"a -> b\"") and session labels: lookup, removal, appending, label parts.
// Pure functions. Source modelled: genode-16.08-abi.md 2.1, genode-base-foc.md 7.2, with the tokenizer's rules where they show.

/** Bytes of the buffer in which a parent rewrites session arguments, terminating zero included. */
export const SESSION_ARGS_BYTES = 160;
export const LABEL_BYTES = 160;
export const LABEL_SEPARATOR = ' -> ';

type TokenType = 'identifier' | 'number' | 'string' | 'blank' | 'single' | 'end';

interface Token {
  readonly type: TokenType;
  readonly start: number;
  readonly length: number;
}

const BLANK = /[\t \n]+/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const DIGITS = /[0-9]+/y;
/** A quote ends the string unless a backslash stands directly before it; an unterminated string ends the input. */
const QUOTED = /"(?:[^"\\]|\\"|\\(?!"))*"/y;

function matchAt(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0].length ?? 0;
}

function tokenAt(text: string, start: number): Token {
  const first = text[start];
  if (first === undefined || first === '\0') return { type: 'end', start, length: 0 };
  if (first === '"') {
    const length = matchAt(QUOTED, text, start);
    return length === 0 ? { type: 'end', start, length: 0 } : { type: 'string', start, length };
  }
  const identifier = matchAt(IDENTIFIER, text, start);
  if (identifier > 0) return { type: 'identifier', start, length: identifier };
  const digits = matchAt(DIGITS, text, start);
  if (digits > 0) return { type: 'number', start, length: digits };
  const blanks = matchAt(BLANK, text, start);
  if (blanks > 0) return { type: 'blank', start, length: blanks };
  return { type: 'single', start, length: 1 };
}

function nextToken(text: string, token: Token): Token {
  const next = tokenAt(text, token.start + token.length);
  return next.type === 'blank' ? tokenAt(text, next.start + next.length) : next;
}

const END: Token = { type: 'end', start: 0, length: 0 };

/** The token behind the next comma. */
function nextKey(text: string, from: Token): Token {
  for (let token = from; token.type !== 'end'; token = nextToken(text, token)) if (text[token.start] === ',') return nextToken(text, token);
  return END;
}

/** A key matches where the written identifier is a beginning of it: "ram=1" answers for "ram_quota", as in the original. */
function findKey(text: string, key: string): Token {
  for (let token = tokenAt(text, 0); token.type !== 'end'; token = nextKey(text, token)) {
    if (token.type === 'identifier' && key.startsWith(text.slice(token.start, token.start + token.length))) return token;
  }
  return END;
}

function valueToken(text: string, key: string): Token {
  for (let token = findKey(text, key); token.type !== 'end' && text[token.start] !== ','; token = nextToken(text, token)) {
    if (text[token.start] === '=') return nextToken(text, token);
  }
  return END;
}

const NUMBER = /(?:0[xX]([0-9a-fA-F]*)|([0-9]+))([KMG]?)/y;
const UNIT = { K: 10n, M: 20n, G: 30n } as const;

/** A number with optional unit at a position: its value as 32 bits hold it, and its length. */
function readNumber(text: string, start: number): { readonly value: number; readonly length: number } | undefined {
  NUMBER.lastIndex = start;
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [written, hexadecimal, decimal, unit] = match;
  const digits = hexadecimal === undefined ? BigInt(decimal ?? 0) : BigInt(`0x0${hexadecimal}`);
  const shift = unit === 'K' || unit === 'M' || unit === 'G' ? UNIT[unit] : 0n;
  return { value: Number(BigInt.asUintN(32, digits << shift)), length: written.length };
}

/** Sign and magnitude of a numeric argument; undefined where it is missing or has something unexpected behind it. */
function signedNumber(text: string, key: string): { readonly negative: boolean; readonly value: number | undefined } {
  let token = valueToken(text, key);
  const sign = token.type === 'single' ? text[token.start] : '';
  if (sign === '+' || sign === '-') token = tokenAt(text, token.start + 1);
  const negative = sign === '-';
  if (token.type !== 'number') return { negative, value: undefined };
  const number = readNumber(text, token.start);
  if (number === undefined) return { negative, value: undefined };
  let behind = tokenAt(text, token.start + number.length);
  if (behind.type === 'blank') behind = tokenAt(text, behind.start + behind.length);
  const clean = behind.type === 'end' || text[behind.start] === ',';
  return { negative, value: clean ? number.value : undefined };
}

/** Unsigned number of a key (decimal or 0x, unit K, M or G); the fallback where missing, malformed or negative. */
export function numberArgument(args: string, key: string, fallback: number): number {
  const { negative, value } = signedNumber(args, key);
  return negative ? fallback : (value ?? fallback);
}

/** Signed 32-bit number of a key. */
export function signedArgument(args: string, key: string, fallback: number): number {
  const { negative, value } = signedNumber(args, key);
  if (value === undefined) return fallback;
  return (negative ? -value : value) | 0;
}

const WORDS: Readonly<Record<string, boolean>> = { yes: true, true: true, on: true, no: false, false: false, off: false };

/** Truth value of a key: one of the six words (quoted or not) or a number. */
export function boolArgument(args: string, key: string, fallback: boolean): boolean {
  const token = valueToken(args, key);
  const written = args.slice(token.start, token.start + token.length);
  const word = token.type === 'string' ? written.slice(1, -1) : written;
  if ((token.type === 'identifier' || token.type === 'string') && Object.hasOwn(WORDS, word)) return WORDS[word] ?? fallback;
  const { value } = signedNumber(args, key);
  return value === undefined ? fallback : value !== 0;
}

/** Text of a key, quoted or a plain identifier, cut to a buffer of `bytes` with its terminating zero. */
export function stringArgument(args: string, key: string, fallback: string, bytes = LABEL_BYTES): string {
  const token = valueToken(args, key);
  const written = args.slice(token.start, token.start + token.length);
  if (token.type === 'identifier') return written.slice(0, bytes - 1);
  if (token.type !== 'string') return fallback.slice(0, bytes - 1);
  return written.slice(1, -1).replaceAll('\\"', '"').slice(0, Math.min(bytes - 1, written.length) - 1);
}

export function hasArgument(args: string, key: string): boolean {
  return findKey(args, key).type !== 'end';
}

/** The arguments without the first one of this key. */
export function removeArgument(args: string, key: string): string {
  const first = findKey(args, key);
  if (first.type === 'end') return args;
  const next = nextKey(args, first);
  if (next.type !== 'end') return args.slice(0, first.start) + args.slice(next.start);
  let cut = Math.max(first.start - 1, 0);
  while (cut > 0 && args[cut] === ' ') cut--;
  return args.slice(0, cut);
}

/** Removes a key and appends it with its new value (written as it is); dropped where the buffer cannot hold it. */
export function setArgument(args: string, key: string, value: string, bytes = SESSION_ARGS_BYTES): string {
  return append(removeArgument(args, key), key, value, key.length + value.length + 2, bytes);
}

/** As `setArgument`, with the value in quotes. */
export function setStringArgument(args: string, key: string, value: string, bytes = SESSION_ARGS_BYTES): string {
  return append(removeArgument(args, key), key, `"${value}"`, key.length + value.length + 4, bytes);
}

function append(args: string, key: string, written: string, needed: number, bytes: number): string {
  if (args.length + needed > bytes) return args;
  return args === '' ? `${key}=${written}` : `${args}, ${key}=${written}`;
}

export function labelOf(args: string): string {
  return stringArgument(args, 'label', '');
}

/** What stands behind the last " -> "; the whole label where there is none. A separator at the very beginning does not count. */
export function lastLabelElement(label: string): string {
  const at = label.lastIndexOf(LABEL_SEPARATOR);
  return at > 0 ? label.slice(at + LABEL_SEPARATOR.length) : label;
}

/** What stands before the last " -> "; empty where there is none. */
export function labelPrefix(label: string): string {
  const at = label.lastIndexOf(LABEL_SEPARATOR);
  return at > 0 ? label.slice(0, at) : '';
}

/** "prefix -> label"; either one alone where the other is empty. */
export function prefixedLabel(prefix: string, label: string): string {
  if (prefix === '' || label === '') return (prefix + label).slice(0, LABEL_BYTES - 1);
  return `${prefix}${LABEL_SEPARATOR}${label}`.slice(0, LABEL_BYTES - 1);
}

/** Argument string of a request as a parent passes it on: its own child's name becomes the first part of the label. */
export function withLabelPrefix(args: string, name: string): string {
  return setStringArgument(args, 'label', prefixedLabel(name, labelOf(args)));
}
