// A component written in TypeScript and the program it runs. The component owns its store and nothing else; the program is
// code: services, procedures and the footprint that the real binary would have.

import type { DebugId } from '../../emu/numbers.ts';
import type { Execution } from './execution.ts';
import type { Procedure } from './procedure.ts';
import type { Services } from './service.ts';
import { Store } from './store.ts';

/** What of a program its ELF image is made of. */
export interface Footprint {
  /** Name in the hosted image (at most 31 characters) and of the ROM module. */
  readonly name: string;
  /** Bytes of the read-only and of the writable segment: what the compiled program would occupy. */
  readonly text_bytes: number;
  readonly data_bytes: number;
}

export interface Program extends Footprint {
  /** Procedure of the main thread. Its locals are empty. */
  readonly main: string;
  /** Procedure that the entrypoint runs as Component::construct, and the size of the entrypoint's stack; not for core. */
  readonly construct?: string;
  readonly ep_stack_bytes?: number;
  readonly services: Services;
  /** Called when the last reference to a capability record is dropped (core destroys the object then). */
  readonly dropped?: (x: Execution, slot: number, id: number) => void;
  /** Procedure to run before the calling thread's next RPC, if its trace logger is not yet initialised (abi 3.6 rule 3). */
  readonly trace_logger?: (x: Execution) => Procedure<Record<string, never>> | undefined;
  /** Records that the capability allocator has: 4096 in components, 10240 in core. */
  readonly cap_records: number;
}

export class Component {
  readonly program: Program;
  readonly task: DebugId;
  readonly store: Store;

  constructor(program: Program, task: DebugId, store = new Store()) {
    this.program = program;
    this.task = task;
    this.store = store;
  }
}

const programs = new Map<string, Program>();
const expected = new Map<string, { readonly declare: () => void; readonly footprint: Footprint | undefined }>();

export function defineProgram(program: Program): Program {
  if (programs.has(program.name)) throw new Error(`program '${program.name}' is declared twice`);
  programs.set(program.name, program);
  return program;
}

/** Names a program that is declared only when somebody asks for it, by `declare`; with its footprint its image alone does not need it. */
export function expectProgram(name: string, declare: () => void, footprint?: Footprint): void {
  expected.set(name, { declare, footprint });
}

export function programNamed(name: string): Program | undefined {
  if (!programs.has(name)) expected.get(name)?.declare();
  return programs.get(name);
}

export const footprintOf = (name: string): Footprint | undefined => expected.get(name)?.footprint ?? programNamed(name);
