// Specialises the semantics of an instruction, of a member of the CPU state or of a function, with what is known of the fields.
// Owns no state: each is a specialisation of its own.

import type { Code, Statement } from './code.ts';
import type { FieldKnowledge } from './expressions.ts';
import type { Return } from './return.ts';
import { STATE } from './scope.ts';
import type { Program } from './semantics.ts';
import { Specialisation } from './specialisation.ts';

/** The code of an instruction with these semantics, of whose fields `fields` tells what is known. It always finishes. */
export function specialise(program: Program, execute: number, fields: FieldKnowledge): readonly Statement[] {
  const procedure = program.procedures[program.executes[execute] ?? -1];
  if (procedure === undefined) throw new Error(`no semantics have the number ${execute}`);
  const statements: Statement[] = [];
  const finish: Return = {
    leave: (value, into) => {
      if (value?.is !== 'code') throw new Error('semantics without an effect');
      into.push({ kind: 'finish', effect: value.code });
    },
  };
  new Specialisation(program, fields).inline(procedure, null, [STATE, { is: 'instruction' }], finish, statements);
  return statements;
}

/** The value of a method of the CPU state, which must not do anything else. */
export function specialiseMember(program: Program, name: string, values: readonly Code[]): Code {
  const statements: Statement[] = [];
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  const value = new Specialisation(program, fields).member(name, values, statements);
  if (statements.length > 0) throw new Error(`${name} does more than to give a value`);
  return value;
}

/** The value of a function of numbers; statements that come before it are added. */
export function specialiseFunction(program: Program, name: string, values: readonly Code[], into: Statement[]): Code {
  const procedure = program.procedures[program.functions[name] ?? -1];
  if (procedure === undefined) throw new Error(`no function ${name}`);
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  return new Specialisation(program, fields).function(procedure, values, into);
}

/** What a method of the CPU state does that has no value. */
export function specialiseEffect(program: Program, name: string): readonly Statement[] {
  const statements: Statement[] = [];
  const fields: FieldKnowledge = (field) => {
    throw new Error(`${name} reads the field ${field}`);
  };
  new Specialisation(program, fields).effect(name, statements);
  return statements;
}
