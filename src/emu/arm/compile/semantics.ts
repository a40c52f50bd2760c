// The semantics of instructions as data: what the `execute` functions of the tables say, as small trees that other engines are made
// from. Pure types; src/translator reads them off the TypeScript of the tables, specialise.ts turns them into code.

/** `===` of numbers, and what JavaScript's operators do with integers. */
export type Operator = '+' | '-' | '*' | '/' | '%' | '**' | '&' | '|' | '^' | '<<' | '>>' | '>>>' | '===' | '!==' | '<' | '<=' | '>' | '>=' | '&&' | '||';

export type Expression =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'truth'; readonly value: boolean }
  | { readonly op: 'local'; readonly name: string }
  /** A function of the program, by its number. */
  | { readonly op: 'function'; readonly index: number }
  /** A function that sees the locals around it. */
  | { readonly op: 'lambda'; readonly procedure: Procedure }
  | { readonly op: 'list'; readonly items: readonly Expression[] }
  /** Of the CPU state, the instruction or the MMU. */
  | { readonly op: 'get'; readonly object: Expression; readonly name: string }
  | { readonly op: 'index'; readonly object: Expression; readonly index: Expression }
  | { readonly op: 'unary'; readonly operator: '-' | '~' | '!'; readonly operand: Expression }
  | { readonly op: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'choose'; readonly condition: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly op: 'call'; readonly callee: Expression; readonly values: readonly Expression[] }
  | { readonly op: 'method'; readonly object: Expression; readonly name: string; readonly values: readonly Expression[] }
  | { readonly op: 'math'; readonly name: 'imul' | 'clz32' | 'floor' | 'abs'; readonly values: readonly Expression[] };

export type Step =
  | { readonly op: 'let'; readonly name: string; readonly value: Expression }
  | { readonly op: 'assign'; readonly name: string; readonly value: Expression }
  /** A field of the CPU state. */
  | { readonly op: 'set'; readonly object: Expression; readonly name: string; readonly value: Expression }
  /** A word of the register file. */
  | { readonly op: 'store'; readonly object: Expression; readonly index: Expression; readonly value: Expression }
  | { readonly op: 'if'; readonly condition: Expression; readonly yes: readonly Step[]; readonly no: readonly Step[] }
  | { readonly op: 'loop'; readonly condition: Expression; readonly body: readonly Step[] }
  | { readonly op: 'block'; readonly body: readonly Step[] }
  | { readonly op: 'return'; readonly value: Expression }
  | { readonly op: 'do'; readonly value: Expression };

export interface Procedure {
  readonly parameters: readonly string[];
  readonly body: readonly Step[];
}

export interface Program {
  readonly procedures: readonly Procedure[];
  /** Methods of the CPU state by name; accessors as `get name` and `set name`. Their state is the local `this`. */
  readonly members: Readonly<Record<string, number>>;
  /** Functions of a status word and the state of an IT block, by name. */
  readonly functions: Readonly<Record<string, number>>;
  /** The procedure of each distinct `execute`, in the order of executes.ts. */
  readonly executes: readonly number[];
}
