// The fast engine: the CPU as a WebAssembly module made from the instruction tables (src/translator). What the module does not
// find in its caches it asks for here, where the reference's MMU and decoder answer. Owns only caches, in the engine's area.

import type { PhysicalMemory } from '../../memory/physical_memory.ts';
import { ENGINE_AREA_BYTES } from '../../memory/physical_memory.ts';
import type { Translation } from '../../memory/translation.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../../numbers.ts';
import { Cpu } from '../cpu.ts';
import { A32, T32 } from '../decoder.ts';
import type { Engine } from '../engine.ts';
import type { CpuExit, FetchFault } from '../exit.ts';
import { BREAKPOINT, SUPERVISOR_CALL } from '../instruction.ts';
import type { Instruction } from '../instruction.ts';
import { Mmu } from '../mmu.ts';
import { clearExclusive, CPSR_T, REG_CPSR, REG_PC, REGISTER_WORDS } from '../registers.ts';
import type { CpuRegisters } from '../registers.ts';
import { Plans, referencePlan } from './decoded.ts';
import type { Plan } from './decoded.ts';
import { count, instantiate, isOld } from './instance.ts';
import type { Imports, Runs } from './instance.ts';
import { AT_FAULT, AT_LEFT, AT_REGISTERS, CODE_FRAME, CODE_RECORDS, CODE_TAG, EXIT_BUDGET, EXIT_EXCHANGE, EXIT_FAULT, EXIT_REFERENCE, RECORD_BYTES } from './layout.ts';
import { RecordArea } from './record_area.ts';
import { SpaceTable } from './space_table.ts';

const PAGE_MASK = -PAGE_BYTES;
const OFFSET_MASK = PAGE_BYTES - 1;
const WORDS_PER_PAGE = PAGE_BYTES >>> 2;
const HALVES_PER_PAGE = PAGE_BYTES >>> 1;
/** First halfwords from this value up start a 32-bit Thumb instruction. */
const FIRST_WIDE_THUMB = 0xe800;
const LAST_HALF = PAGE_BYTES - 2;

const AT_FILE = AT_REGISTERS >>> 2;
/** So many words are copied below. */
void (REGISTER_WORDS satisfies 21);

/** The register file goes to where the module has it, and back: each word by its own number, a loop took a tenth of a system call. */
function fileIn(area: Int32Array, file: Int32Array): void {
  area[AT_FILE] = file[0] as number;
  area[AT_FILE + 1] = file[1] as number;
  area[AT_FILE + 2] = file[2] as number;
  area[AT_FILE + 3] = file[3] as number;
  area[AT_FILE + 4] = file[4] as number;
  area[AT_FILE + 5] = file[5] as number;
  area[AT_FILE + 6] = file[6] as number;
  area[AT_FILE + 7] = file[7] as number;
  area[AT_FILE + 8] = file[8] as number;
  area[AT_FILE + 9] = file[9] as number;
  area[AT_FILE + 10] = file[10] as number;
  area[AT_FILE + 11] = file[11] as number;
  area[AT_FILE + 12] = file[12] as number;
  area[AT_FILE + 13] = file[13] as number;
  area[AT_FILE + 14] = file[14] as number;
  area[AT_FILE + 15] = file[15] as number;
  area[AT_FILE + 16] = file[16] as number;
  area[AT_FILE + 17] = file[17] as number;
  area[AT_FILE + 18] = file[18] as number;
  area[AT_FILE + 19] = file[19] as number;
  area[AT_FILE + 20] = file[20] as number;
}
function fileOut(area: Int32Array, file: Int32Array): void {
  file[0] = area[AT_FILE] as number;
  file[1] = area[AT_FILE + 1] as number;
  file[2] = area[AT_FILE + 2] as number;
  file[3] = area[AT_FILE + 3] as number;
  file[4] = area[AT_FILE + 4] as number;
  file[5] = area[AT_FILE + 5] as number;
  file[6] = area[AT_FILE + 6] as number;
  file[7] = area[AT_FILE + 7] as number;
  file[8] = area[AT_FILE + 8] as number;
  file[9] = area[AT_FILE + 9] as number;
  file[10] = area[AT_FILE + 10] as number;
  file[11] = area[AT_FILE + 11] as number;
  file[12] = area[AT_FILE + 12] as number;
  file[13] = area[AT_FILE + 13] as number;
  file[14] = area[AT_FILE + 14] as number;
  file[15] = area[AT_FILE + 15] as number;
  file[16] = area[AT_FILE + 16] as number;
  file[17] = area[AT_FILE + 17] as number;
  file[18] = area[AT_FILE + 18] as number;
  file[19] = area[AT_FILE + 19] as number;
  file[20] = area[AT_FILE + 20] as number;
}

/** Names the page of a frame as one of words or of Thumb code. */
const keyOf = (frame: number, thumb: boolean): number => ((frame >>> PAGE_SHIFT) << 1) | (thumb ? 1 : 0);

/** One for all machines of the process. */
let plans: Plans | null = null;

export class FastCpu implements Engine {
  protected readonly memory: PhysicalMemory;
  protected readonly mmu: Mmu;
  protected readonly reference: Cpu;
  readonly #plans: Plans;
  protected readonly area: Int32Array;
  protected readonly spaces: SpaceTable;
  readonly #records: RecordArea;
  protected runs: Runs;
  protected readonly imports: Imports;
  protected registers: Int32Array = new Int32Array(0);
  /** Who runs; the reference is told only when it is to execute something. */
  #file: CpuRegisters | null = null;
  #translation: Translation | null = null;
  /** The exit of every system call. Addresses of the kernel's entries are not small numbers: each would be an object of its own, too. */
  readonly #call = { kind: 'svc' as const, retired: 0, pc: 0xffff_ffff };

  constructor(memory: PhysicalMemory) {
    plans ??= new Plans();
    this.memory = memory;
    this.mmu = new Mmu(memory);
    this.reference = new Cpu(memory);
    this.#plans = plans;
    this.area = new Int32Array(memory.wasm.buffer, 0, ENGINE_AREA_BYTES >>> 2);
    this.spaces = new SpaceTable(this.area);
    this.#records = new RecordArea(this.area);
    this.imports = {
      decode: (record, word) => this.#decode(record, word),
      decodeThumb: (record, index, block) => this.#decodeThumb(record, index, block),
      enter: (pc, entry, alignment) => (this.mmuOfRunning().allowsFetch(pc) ? this.#enter(pc, entry, alignment) : this.#abort()),
      load: (address, bytes) => (this.mmuOfRunning().allows(address, bytes, false) ? this.#load(address, bytes) : this.#abort()),
      store: (address, value, bytes) => (this.mmuOfRunning().allows(address, bytes, true) ? this.#store(address, value, bytes) : this.#abort()),
      probe: (address, count, write) => (this.mmuOfRunning().allows(address, count, write === 1) ? this.#probe(address, count, write === 1) : this.#abort()),
      misaligned: (address, _bytes, write) => this.#misaligned(address, write === 1),
    };
    this.runs = instantiate(memory.wasm, this.imports);
  }

  switchTo(registers: CpuRegisters, translation: Translation): void {
    this.registers = registers.words;
    this.#file = registers;
    this.#translation = translation;
    this.spaces.use(translation);
  }

  forget(): void {
    this.registers = new Int32Array(0);
    this.#file = null;
    this.#translation = null;
    this.mmu.forget();
    this.reference.forget();
    this.spaces.forget();
  }

  clearExclusive(): void {
    clearExclusive(this.registers);
  }

  run(budget: number): CpuExit {
    let left = budget;
    this.refresh();
    while (left > 0) {
      const exit = this.#runModule(left);
      left -= exit.retired;
      if (exit.kind !== 'budget') return left + exit.retired === budget ? exit : { ...exit, retired: budget - left };
    }
    return { kind: 'budget', retired: budget };
  }

  /** What the address space lost since, and what a snapshot closed, is forgotten. */
  protected refresh(): void {
    this.spaces.refresh(this.memory.epoch);
    if (isOld(this.runs)) this.runs = instantiate(this.memory.wasm, this.imports);
  }

  /** A method: the host asks its runtime for a private getter each time. */
  #isThumb(): boolean {
    return ((this.registers[REG_CPSR] as number) & CPSR_T) !== 0;
  }

  /** The MMU of who runs. The module needs it for what is not in its caches only, so that most threads come and go without it. */
  protected mmuOfRunning(): Mmu {
    const { mmu } = this;
    if (this.#translation !== null) mmu.use(this.#translation);
    return mmu;
  }

  protected copyIn(): void {
    fileIn(this.area, this.registers);
  }
  protected copyOut(): void {
    fileOut(this.area, this.registers);
  }

  /** Instructions of one set until the budget is used up, the set changes (both `budget`), or something happens. */
  #runModule(budget: number): CpuExit {
    this.copyIn();
    const { words, thumb } = this.runs;
    const reason = this.#isThumb() ? thumb(budget) : words(budget);
    this.copyOut();
    return this.outcome(reason, budget - (this.area[AT_LEFT >>> 2] as number));
  }

  /** What the module's reason to stop means, when the registers are back. */
  protected outcome(reason: number, retired: number): CpuExit {
    count(retired);
    if (reason === EXIT_BUDGET || reason === EXIT_EXCHANGE) return { kind: 'budget', retired };
    if (reason === EXIT_REFERENCE) return this.#byReference(retired);
    this.clearExclusive();
    return reason === EXIT_FAULT ? this.#fault(retired) : this.#stop(reason, retired);
  }

  /** One instruction that the module leaves out. */
  #byReference(retired: number): CpuExit {
    if (this.#file === null || this.#translation === null) throw new Error('nobody runs');
    this.reference.switchTo(this.#file, this.#translation);
    const exit = this.reference.run(1);
    return { ...exit, retired: exit.retired + retired };
  }

  #fault(retired: number): CpuExit {
    const mmu = this.mmu;
    this.area[AT_FAULT >>> 2] = 0;
    const address = mmu.faultAddress >>> 0;
    if (mmu.faultFetch) return { kind: 'prefetch_abort', retired, address, cause: mmu.faultCause as FetchFault };
    const pc = (this.registers[REG_PC] as number) >>> 0;
    return { kind: 'data_abort', retired, pc, address, write: mmu.faultWrite, cause: mmu.faultCause };
  }

  /** An instruction that wants the kernel: svc and bkpt have retired, an undefined one has not. */
  #stop(effect: number, retired: number): CpuExit {
    const pc = (this.registers[REG_PC] as number) >>> 0;
    if (effect === SUPERVISOR_CALL) {
      const call = this.#call;
      call.retired = retired + 1;
      call.pc = pc;
      return call;
    }
    const index = this.mmuOfRunning().fetchIndex(pc | 0);
    const instruction = this.#isThumb() ? this.#thumbAt(index) : A32.decoded(this.mmu.words[index >>> 2] as number);
    if (effect === BREAKPOINT) return { kind: 'bkpt', retired: retired + 1, pc, immediate: instruction.imm };
    return { kind: 'undefined', retired, pc, opcode: instruction.word >>> 0, detail: instruction.detail };
  }

  /** The T32 instruction at an index, all of which lies in its page. */
  #thumbAt(index: number): Instruction {
    const { halves } = this.mmu;
    const first = halves[index >>> 1] as number;
    return T32.decoded(first < FIRST_WIDE_THUMB ? first : (first << 16) | (halves[(index >>> 1) + 1] as number));
  }

  // What the module asks for. An abort is told by a mark in its memory, so that it can put its own affairs in order; it is asked for before
  // the access, because throwing it would take longer than all else of a page fault.

  #abort(): number {
    this.area[AT_FAULT >>> 2] = 1;
    return 1;
  }

  #decode(record: number, word: number): number {
    this.area.set(this.#plans.of(A32.decoded(word)), record >>> 2);
    return 0;
  }

  /** An instruction whose second half is in another page is left to the reference: the record never fits it. */
  #decodeThumb(record: number, index: number, block: number): number {
    const first = this.mmu.halves[index >>> 1] as number;
    if (first >= FIRST_WIDE_THUMB && (index & OFFSET_MASK) === LAST_HALF) this.area.set(referencePlan(first ^ 1), record >>> 2);
    else {
      const instruction = this.#thumbAt(index);
      this.area.set(block === 0 ? this.#plans.of(instruction, true) : this.#plans.inside(instruction), record >>> 2);
    }
    return 0;
  }

  /** Fills the entry at an address for a page of code. `alignment` tells the set: 4 for A32, 2 for T32. */
  #enter(pc: number, entry: number, alignment: number): number {
    const area = this.area;
    const frame = this.mmu.fetchIndex(pc) & PAGE_MASK;
    const key = keyOf(frame, alignment === 2);
    const count = alignment === 2 ? HALVES_PER_PAGE : WORDS_PER_PAGE;
    const zeros = this.#zeros(alignment);
    let records = this.#records.of(key, count, zeros);
    if (records === 0) {
      this.#records.clear();
      this.spaces.forgetCode();
      records = this.#records.of(key, count, zeros);
    }
    const at = entry >>> 2;
    area[at + (CODE_TAG >>> 2)] = pc & PAGE_MASK;
    area[at + (CODE_FRAME >>> 2)] = frame;
    area[at + (CODE_RECORDS >>> 2)] = records;
    return 0;
  }

  /** For each slot of a page of code, 1 if an instruction there has been executed since there were records of it; opcodes of zeros are not told. */
  protected executed(frame: number, thumb: boolean): Uint8Array {
    const slots = new Uint8Array(thumb ? HALVES_PER_PAGE : WORDS_PER_PAGE);
    const records = this.#records.at(keyOf(frame, thumb));
    if (records === 0) return slots;
    this.#zeros(thumb ? 2 : 4).forEach((zero, part) => {
      const from = (records + part * slots.length * RECORD_BYTES) >>> 2;
      for (let slot = 0; slot < slots.length; slot++) if (this.area[from + slot * zero.length] !== zero[0]) slots[slot] = 1;
    });
    return slots;
  }

  /** Records of memory full of zeros, by the alignment of the set. */
  #zeros(alignment: number): readonly Plan[] {
    if (alignment === 4) return [this.#plans.of(A32.decoded(0))];
    return [this.#plans.of(T32.decoded(0), true), this.#plans.inside(T32.decoded(0))];
  }

  #load(address: number, bytes: number): number {
    const mmu = this.mmu;
    const value = bytes === 4 ? mmu.loadWord(address) : bytes === 2 ? mmu.loadHalf(address) : mmu.loadByte(address);
    if ((address & OFFSET_MASK) + bytes <= PAGE_BYTES) this.spaces.allowReads(address, mmu.readIndex(address));
    return value;
  }

  #store(address: number, value: number, bytes: number): number {
    const mmu = this.mmu;
    if (bytes === 4) mmu.storeWord(address, value);
    else if (bytes === 2) mmu.storeHalf(address, value);
    else mmu.storeByte(address, value);
    if ((address & OFFSET_MASK) + bytes <= PAGE_BYTES) this.spaces.allowWrites(address, mmu.writeIndex(address));
    return 0;
  }

  #probe(address: number, count: number, write: boolean): number {
    this.mmu.probe(address, count, write);
    if (write) this.spaces.allowWrites(address, this.mmu.writeIndex(address));
    else this.spaces.allowReads(address, this.mmu.readIndex(address));
    return 0;
  }

  #misaligned(address: number, write: boolean): number {
    this.mmu.tellMisaligned(address, write);
    return this.#abort();
  }
}
