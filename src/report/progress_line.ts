// The one line that shows on a terminal how far several scenarios are: it is redrawn in place and gone when it is over.
// Owner of what stands on that line now. Never used in a pipe.

import { fails, type Judged } from '../runner/judgement.ts';
import { bad, good, quiet } from './colors.ts';
import { cut } from './terminal.ts';

const ERASE = '\r\u001b[K';
const REDRAW_MS = 80;

export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  readonly #now_ms: () => number;
  readonly #total: number;
  readonly #running = new Set<string>();
  #passed = 0;
  #failed = 0;
  #shown = false;
  #drawn_ms = Number.NEGATIVE_INFINITY;

  constructor(total: number, ports: { readonly write: (text: string) => void; readonly columns: () => number; readonly now_ms: () => number }) {
    this.#total = total;
    this.#write = ports.write;
    this.#columns = ports.columns;
    this.#now_ms = ports.now_ms;
  }

  begun(name: string): void {
    this.#running.add(name);
    this.#draw();
  }

  finished(judged: Judged): void {
    this.#running.delete(judged.name);
    if (fails(judged)) this.#failed += 1;
    else this.#passed += 1;
    this.#draw();
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (this.#shown) this.#write(ERASE);
    this.#shown = false;
    this.#drawn_ms = Number.NEGATIVE_INFINITY;
  }

  #draw(): void {
    const now_ms = this.#now_ms();
    if (this.#shown && now_ms - this.#drawn_ms < REDRAW_MS) return;
    this.#drawn_ms = now_ms;
    this.#shown = true;
    const done = this.#passed + this.#failed;
    const head = `[${String(done).padStart(String(this.#total).length)}/${this.#total}] `;
    const counts = `${this.#passed} passed${this.#failed > 0 ? `, ${this.#failed} failed` : ''}`;
    const colored = `${good(`${this.#passed} passed`)}${this.#failed > 0 ? `, ${bad(`${this.#failed} failed`)}` : ''}`;
    const room = this.#columns() - 1 - head.length - counts.length;
    const names = cut(`  ${[...this.#running].join(', ')}`, Math.max(0, room));
    this.#write(`${ERASE}${head}${colored}${room > 3 && this.#running.size > 0 ? quiet(names) : ''}`);
  }
}
