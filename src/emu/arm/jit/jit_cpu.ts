// The region translator: code that is executed often becomes WebAssembly, page by page, from the same tables as everything else. The
// fast engine executes what is not hot, and what wants the kernel. Owns only caches.

import type { PhysicalMemory } from '../../memory/physical_memory.ts';
import { PAGE_BYTES, PAGE_SHIFT } from '../../numbers.ts';
import { WasmInstance } from '../../web_assembly.ts';
import type { CpuExit } from '../exit.ts';
import { FastCpu } from '../fast/fast_cpu.ts';
import type { RunFunction } from '../fast/instance.ts';
import { AT_LEFT, AT_REGISTERS, EXIT_BUDGET, EXIT_EXCHANGE } from '../fast/layout.ts';
import { CPSR_IT, CPSR_T, REG_CPSR, REG_PC } from '../registers.ts';
import { PageCode } from './page_code.ts';
import { EXIT_OUTSIDE, EXIT_SHORT, EXIT_STALE } from './region_exit.ts';
import { isTranslatable, translateRegion } from './translator.ts';

const AT_PC = (AT_REGISTERS >>> 2) + REG_PC;
const AT_CPSR = (AT_REGISTERS >>> 2) + REG_CPSR;
const PAGE_MASK = -PAGE_BYTES;
/** Instructions that the interpreter executes before it is looked whether the code is translated. */
const SLICE = 500;
/** When and how code is translated. */
export interface JitLimits {
  /**
   * Instructions without a kernel entry from which on a thread computes. Code that calls the kernel more often would only go in and
   * out of its regions, and is executed as by the fast engine.
   */
  readonly stretch: number;
  /** Instructions in such stretches before pages are watched: to read the semantics takes as long as these. */
  readonly patience: number;
  /** Instructions that the interpreter executes from a page on before it is translated; each translation of it doubles them. */
  readonly heat: number;
  /** How often a page is translated at most: anew because it was entered elsewhere, or its code has changed. */
  readonly translations: number;
  /** Instructions of a block at most: shorter budgets are left to the interpreter. */
  readonly block: number;
  /** Regions kept; the one behind them drops all. The host's code of their modules takes some ten times as much memory as they. */
  readonly regions: number;
  /** Bytes of the modules of the regions that are kept; likewise. */
  readonly bytes: number;
}
/**
 * A translation takes, with what the host spends on the module, as long as some 30 million instructions do. Nobody knows how long a
 * program goes on: who has waited for as long as a translation takes has lost at most half.
 */
const LIMITS: JitLimits = { stretch: 2_000, patience: 16_000_000, heat: 16_000_000, translations: 10, block: 48, regions: 400, bytes: 16 << 20 };
/** What executing one instruction between blocks costs, in instructions of long pieces. */
const WORTH_OF_STEP = 40;

interface Page {
  /** Its address; another address space may have the frame elsewhere. */
  readonly page: number;
  readonly code: PageCode;
  /** Slots at which it was come to. */
  readonly entries: Set<number>;
  heat: number;
  translations: number;
  run: RunFunction | null;
  /** For each slot: 0 if its region does not have it, 1 if a block begins there, 2 if it is inside of one, or the interpreter's. */
  readonly slots: Uint8Array;
}

export class JitCpu extends FastCpu {
  readonly #limits: JitLimits;
  /** By twice the number of the frame, one more for T32. */
  readonly #pages = new Map<number, Page>();
  #regions = 0;
  #module_bytes = 0;
  #translated = 0;
  #translations = 0;
  /** Whether the last stretch of instructions between two kernel entries was a long one. */
  #computes: boolean;
  #patience: number;

  constructor(memory: PhysicalMemory, limits = LIMITS) {
    super(memory);
    this.#limits = limits;
    this.#computes = limits.stretch === 0;
    this.#patience = limits.patience;
  }

  /** Instructions that translated code has executed. */
  get translated(): number {
    return this.#translated;
  }

  /** Regions that were made. */
  get translations(): number {
    return this.#translations;
  }

  /** Regions that are kept. */
  get regions(): number {
    return this.#regions;
  }

  override forget(): void {
    super.forget();
    this.#pages.clear();
    this.#regions = 0;
    this.#module_bytes = 0;
    this.#computes = this.#limits.stretch === 0;
    this.#patience = this.#limits.patience;
  }

  override run(budget: number): CpuExit {
    const { stretch } = this.#limits;
    if (this.#computes) return this.#compute(budget);
    const exit = super.run(Math.min(budget, stretch));
    if (exit.kind !== 'budget' || budget <= stretch) return exit;
    const rest = this.#compute(budget - stretch);
    this.#computes = true;
    return { ...rest, retired: rest.retired + stretch };
  }

  /** A part of a stretch that is long already, or is likely to be. */
  #compute(budget: number): CpuExit {
    const isWatched = this.#patience <= 0;
    const exit = isWatched ? this.#watch(budget) : super.run(budget);
    if (!isWatched) this.#patience -= exit.retired;
    this.#computes = exit.kind === 'budget' || exit.retired >= this.#limits.stretch;
    return exit;
  }

  #watch(budget: number): CpuExit {
    const { area } = this;
    this.refresh();
    this.copyIn();
    let left = budget;
    let slice = SLICE;
    while (left > 0) {
      const cpsr = area[AT_CPSR] as number;
      const thumb = (cpsr & CPSR_T) !== 0;
      // Regions begin outside of IT blocks.
      const isInside = thumb && (cpsr & CPSR_IT) !== 0;
      const page = this.#pageAt(area[AT_PC] as number, thumb, isInside);
      let reason: number;
      if (page?.run != null && slice === SLICE && !isInside && page.slots[((area[AT_PC] as number) & (PAGE_BYTES - 1)) >>> (thumb ? 1 : 2)] === 1) {
        reason = page.run(left);
        this.#translated += left - (area[AT_LEFT >>> 2] as number);
        left = area[AT_LEFT >>> 2] as number;
        if (reason >= EXIT_OUTSIDE || reason === EXIT_EXCHANGE) {
          slice = this.#left(page, reason);
          continue;
        }
      } else {
        // In a page that is translated it is not far to the next block.
        const piece = Math.min(left, page?.run != null && slice === SLICE ? 1 : slice);
        slice = SLICE;
        reason = thumb ? this.runs.thumb(piece) : this.runs.words(piece);
        const executed = piece - (area[AT_LEFT >>> 2] as number);
        left -= executed;
        if (page !== null) page.heat += page.run === null ? executed : WORTH_OF_STEP;
        if (reason === EXIT_BUDGET || reason === EXIT_EXCHANGE) continue;
      }
      this.copyOut();
      const exit = this.outcome(reason, budget - left);
      if (exit.kind !== 'budget') return exit;
      // The reference has executed one instruction.
      left = budget - exit.retired;
      this.copyIn();
    }
    this.copyOut();
    return { kind: 'budget', retired: budget };
  }

  /** What a region's end means for it. @returns how much the interpreter does next, SLICE for nothing in particular */
  #left(page: Page, reason: number): number {
    if (reason === EXIT_STALE) {
      page.run = null;
      page.entries.clear();
      page.heat = 0;
    }
    return reason === EXIT_SHORT ? this.#limits.block : SLICE;
  }

  /** The page of the pc, or null where it cannot be fetched from; the interpreter tells then. */
  #pageAt(pc: number, thumb: boolean, isInside: boolean): Page | null {
    const address = pc & (thumb ? ~1 : ~3);
    const mmu = this.mmuOfRunning();
    if (!mmu.allowsFetch(address)) return null;
    const index = mmu.fetchIndex(address);
    const number = ((index >>> PAGE_SHIFT) << 1) | (thumb ? 1 : 0);
    let page = this.#pages.get(number);
    if (page?.page !== (pc & PAGE_MASK)) {
      const code = new PageCode(this.memory.u8.subarray(index & PAGE_MASK, (index & PAGE_MASK) + PAGE_BYTES), thumb);
      page = { page: pc & PAGE_MASK, code, entries: new Set(), heat: 0, translations: 0, run: null, slots: new Uint8Array(code.slots) };
      this.#pages.set(number, page);
    }
    if (isInside) return page;
    const slot = (pc & (PAGE_BYTES - 1)) >>> (thumb ? 1 : 2);
    const isNew = page.run === null ? page.entries.size === 0 : page.slots[slot] === 0 && this.#isMissing(page, slot);
    if (isNew) page.entries.add(slot);
    const { heat, translations } = this.#limits;
    const isHot = page.heat >= heat << page.translations && page.translations < translations;
    if (isHot && (isNew || page.run === null)) this.#translate(page, index & PAGE_MASK);
    return page;
  }

  /** Whether the region of a page should have an instruction that it has not; otherwise that is noted as the interpreter's. */
  #isMissing(page: Page, slot: number): boolean {
    if (isTranslatable(page.code, slot)) return true;
    page.slots[slot] = 2;
    return false;
  }

  #translate(page: Page, frame: number): void {
    if (this.#regions >= this.#limits.regions || this.#module_bytes >= this.#limits.bytes) {
      this.#regions = 0;
      this.#module_bytes = 0;
      for (const other of this.#pages.values()) other.run = null;
    }
    page.heat = 0;
    page.translations++;
    // A page that need not be hot has not been executed yet.
    const executed = this.#limits.heat === 0 ? null : this.executed(frame, page.code.thumb);
    for (const entry of page.entries) if (executed !== null) executed[entry] = 1;
    const region = translateRegion({ page: page.page, frame, code: page.code }, page.entries, executed, this.#limits.block);
    if (region === null) return;
    page.slots.fill(0);
    for (const { start, slots } of region.blocks) page.slots.fill(2, start, start + slots);
    for (const { start } of region.blocks) page.slots[start] = 1;
    const { load, store, probe, misaligned } = this.imports;
    const { exports } = new WasmInstance(region.module, { engine: { memory: this.memory.wasm, load, store, probe, misaligned } });
    page.run = exports['run'] as RunFunction;
    this.#regions++;
    this.#translations++;
    this.#module_bytes += region.bytes;
  }
}
