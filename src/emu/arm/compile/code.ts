// Code that a specialised instruction is made of, between semantics and WebAssembly: trees over whole numbers, each with the
// interval it is known to lie in. A tree means the exact number; how many bits it takes is decided where it is used. Pure.

export type Flag = 'n' | 'z' | 'carry' | 'v';

/** A variable of the code. One that is not `changes` is set once, where it is declared. */
export interface Local {
  readonly low: number;
  readonly high: number;
  /** Whether somebody needs more than its low 32 bits; found out by the emitter. */
  wide: boolean;
  /** Number of the WebAssembly local, given by the emitter. */
  slot: number;
}

/** Where `leave` goes: behind the block that has this label. */
export interface Label {
  readonly of: 'block';
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

export type Arithmetic = '+' | '-' | '*' | '&' | '|' | '^' | '<<' | '>>' | '>>>';
export type Comparison = '===' | '!==' | '<' | '<=' | '>' | '>=';

export type Code = Interval &
  (
    | { readonly kind: 'number' }
    | { readonly kind: 'local'; readonly local: Local }
    /** A field of the decoded instruction that is not known when the code is made. */
    | { readonly kind: 'field'; readonly name: string }
    | { readonly kind: 'register'; readonly index: Code }
    | { readonly kind: 'flag'; readonly flag: Flag }
    | { readonly kind: 'arithmetic'; readonly operator: Arithmetic; readonly left: Code; readonly right: Code }
    | { readonly kind: 'comparison'; readonly operator: Comparison; readonly left: Code; readonly right: Code }
    | { readonly kind: 'clz'; readonly operand: Code }
    | { readonly kind: 'power'; readonly exponent: Code }
    /** Rounded down, by a power of two. */
    | { readonly kind: 'quotient'; readonly dividend: Code; readonly shift: number }
    /** Of a number that is not negative. */
    | { readonly kind: 'remainder'; readonly dividend: Code; readonly divisor: number }
    | { readonly kind: 'choice'; readonly condition: Code; readonly yes: Code; readonly no: Code }
    /** Statements, then a value. */
    | { readonly kind: 'after'; readonly statements: readonly Statement[]; readonly value: Code }
    /** Statements that leave `label` with a value on every path. */
    | { readonly kind: 'block'; readonly label: Label; readonly statements: readonly Statement[] }
    | { readonly kind: 'load'; readonly bytes: 1 | 2 | 4; readonly address: Code }
  );

export type Statement =
  | { readonly kind: 'set'; readonly local: Local; readonly value: Code }
  | { readonly kind: 'set_register'; readonly index: Code; readonly value: Code }
  | { readonly kind: 'set_flag'; readonly flag: Flag; readonly value: Code }
  | { readonly kind: 'store'; readonly bytes: 1 | 2 | 4; readonly address: Code; readonly value: Code }
  | { readonly kind: 'probe'; readonly address: Code; readonly count: Code; readonly write: boolean }
  | { readonly kind: 'require_aligned'; readonly address: Code; readonly bytes: number; readonly write: boolean }
  | { readonly kind: 'if'; readonly condition: Code; readonly yes: readonly Statement[]; readonly no: readonly Statement[] }
  /** Repeats while the condition holds. */
  | { readonly kind: 'loop'; readonly condition: Code; readonly body: readonly Statement[] }
  /** With `value` where the block has one. */
  | { readonly kind: 'leave'; readonly label: Label; readonly value: Code | null }
  | { readonly kind: 'scope'; readonly label: Label; readonly statements: readonly Statement[] }
  /** The instruction is over, with this effect. */
  | { readonly kind: 'finish'; readonly effect: Code };

export const INT_MIN = -0x8000_0000;
export const INT_MAX = 0x7fff_ffff;
export const WORD_MAX = 0xffff_ffff;

export const number = (value: number): Code => ({ kind: 'number', low: value, high: value });
export const isKnown = (code: Code): boolean => code.kind === 'number';
export const isSigned32 = ({ low, high }: Interval): boolean => low >= INT_MIN && high <= INT_MAX;
export const isUnsigned32 = ({ low, high }: Interval): boolean => low >= 0 && high <= WORD_MAX;
export const fits32 = (interval: Interval): boolean => isSigned32(interval) || isUnsigned32(interval);

/** Beyond this a JavaScript number, and so the reference, would round. */
const EXACT_MAX = 2 ** 53;

function interval(low: number, high: number, what: string): Interval {
  if (!(low >= -EXACT_MAX && high <= EXACT_MAX && low <= high)) throw new Error(`${what} lies between ${low} and ${high}: not exact`);
  return { low, high };
}

const smallestMask = (high: number): number => (high <= 0 ? 0 : 2 ** (32 - Math.clz32(high)) - 1);

function intervalOf(operator: Arithmetic, a: Code, b: Code): Interval {
  switch (operator) {
    case '+':
      return interval(a.low + b.low, a.high + b.high, 'sum');
    case '-':
      return interval(a.low - b.high, a.high - b.low, 'difference');
    case '*': {
      const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return interval(Math.min(...corners), Math.max(...corners), 'product');
    }
    case '&': {
      const limits = [a, b].filter((side) => side.low >= 0 && side.high <= INT_MAX).map((side) => side.high);
      return limits.length === 0 ? { low: INT_MIN, high: INT_MAX } : { low: 0, high: Math.min(...limits) };
    }
    case '|':
    case '^':
      if (a.low >= 0 && b.low >= 0 && a.high <= INT_MAX && b.high <= INT_MAX) return { low: 0, high: smallestMask(Math.max(a.high, b.high)) };
      return { low: INT_MIN, high: INT_MAX };
    case '>>':
      if (!isSigned32(a) || !isKnown(b)) return { low: INT_MIN, high: INT_MAX };
      return { low: a.low >> b.low, high: a.high >> b.low };
    case '>>>':
      if (!isKnown(b)) return { low: 0, high: WORD_MAX };
      if (isUnsigned32(a)) return { low: a.low >>> b.low, high: a.high >>> b.low };
      return { low: 0, high: WORD_MAX >>> (b.low & 31) };
    default:
      if (isKnown(b) && a.low >= 0 && a.high * 2 ** (b.low & 31) <= INT_MAX) return { low: a.low << b.low, high: a.high << b.low };
      return { low: INT_MIN, high: INT_MAX };
  }
}

function computed(operator: Arithmetic | Comparison, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    case '>>>':
      return a >>> b;
    case '===':
      return Number(a === b);
    case '!==':
      return Number(a !== b);
    case '<':
      return Number(a < b);
    case '<=':
      return Number(a <= b);
    case '>':
      return Number(a > b);
    default:
      return Number(a >= b);
  }
}

export function arithmetic(operator: Arithmetic, left: Code, right: Code): Code {
  if (isKnown(left) && isKnown(right)) return number(computed(operator, left.low, right.low));
  if (isKnown(right) && right.low === 0) {
    if (operator === '+' || operator === '-') return left;
    if ((operator === '|' || operator === '<<' || operator === '>>') && isSigned32(left)) return left;
    if (operator === '&' || operator === '*') return number(0);
    if (operator === '>>>' && isUnsigned32(left)) return left;
  }
  if (operator === '+' && isKnown(left) && left.low === 0) return right;
  return { kind: 'arithmetic', operator, left, right, ...intervalOf(operator, left, right) };
}

/** True and false are 1 and 0. */
export function comparison(operator: Comparison, left: Code, right: Code): Code {
  if (isKnown(left) && isKnown(right)) return number(computed(operator, left.low, right.low));
  const apart = left.high < right.low || right.high < left.low;
  if (apart && operator === '===') return number(0);
  if (apart && operator === '!==') return number(1);
  if (left.high < right.low && (operator === '<' || operator === '<=')) return number(1);
  if (left.high < right.low && (operator === '>' || operator === '>=')) return number(0);
  if (left.low > right.high && (operator === '<' || operator === '<=')) return number(0);
  if (left.low > right.high && (operator === '>' || operator === '>=')) return number(1);
  if (left.low >= right.high && operator === '>=') return number(1);
  if (left.high <= right.low && operator === '<=') return number(1);
  return { kind: 'comparison', operator, left, right, low: 0, high: 1 };
}

export function quotient(dividend: Code, divisor: number): Code {
  const shift = Math.log2(divisor);
  if (!Number.isInteger(shift)) throw new Error(`division by ${divisor}`);
  if (isKnown(dividend)) return number(Math.floor(dividend.low / divisor));
  return { kind: 'quotient', dividend, shift, low: Math.floor(dividend.low / divisor), high: Math.floor(dividend.high / divisor) };
}

export function remainder(dividend: Code, divisor: number): Code {
  if (!Number.isInteger(Math.log2(divisor)) || dividend.low < 0) throw new Error(`remainder of ${dividend.low}.. by ${divisor}`);
  if (isKnown(dividend)) return number(dividend.low % divisor);
  return { kind: 'remainder', dividend, divisor, low: 0, high: divisor - 1 };
}

export function power(exponent: Code): Code {
  if (isKnown(exponent)) return number(2 ** exponent.low);
  if (exponent.low < 0) throw new Error('a power of two that may be broken');
  return { kind: 'power', exponent, ...interval(2 ** exponent.low, 2 ** exponent.high, 'power of two') };
}

export function clz(operand: Code): Code {
  if (isKnown(operand)) return number(Math.clz32(operand.low));
  return { kind: 'clz', operand, low: 0, high: 32 };
}

export function choice(condition: Code, yes: Code, no: Code): Code {
  if (isKnown(condition)) return condition.low === 0 ? no : yes;
  return { kind: 'choice', condition, yes, no, low: Math.min(yes.low, no.low), high: Math.max(yes.high, no.high) };
}

export const not = (condition: Code): Code => (isKnown(condition) ? number(condition.low === 0 ? 1 : 0) : comparison('===', condition, number(0)));

/** The low 32 bits of a product, signed. */
export const product32 = (a: Code, b: Code): Code =>
  isKnown(a) && isKnown(b)
    ? number(Math.imul(a.low, b.low))
    : { kind: 'arithmetic', operator: '*', left: a, right: b, low: INT_MIN, high: INT_MAX };

/** How far a number is from 0; its code is used several times. */
export const magnitude = (code: Code): Code =>
  choice(comparison('<', code, number(0)), { ...arithmetic('-', number(0), code), low: 0, high: -code.low } as Code, { ...code, low: 0 } as Code);
