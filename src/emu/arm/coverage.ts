// Which rows of the instruction tables a run executed, and how often.
// Owner of the counts of one run.

import { A32, T32 } from './decoder.ts';

export interface RowCount {
  readonly set: 'A32' | 'T32';
  readonly row: string;
  readonly count: number;
}

export class Coverage {
  readonly #counts = new Map<string, number>();

  /** An instruction at which execution arrived; those whose condition fails count as well. */
  see(opcode: number, thumb: boolean): void {
    const key = `${thumb ? 'T32' : 'A32'} ${(thumb ? T32 : A32).rowOf(opcode).name}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Rows that were executed, in the order of the tables. */
  get rows(): readonly RowCount[] {
    return ([['A32', A32], ['T32', T32]] as const).flatMap(([set, { table }]) =>
      table.flatMap(({ name }) => {
        const count = this.#counts.get(`${set} ${name}`) ?? 0;
        return count === 0 ? [] : [{ set, row: name, count }];
      }),
    );
  }

  /** How many rows of a set were executed, of how many there are. */
  of(set: RowCount['set']): { readonly executed: number; readonly all: number } {
    return { executed: this.rows.filter((row) => row.set === set).length, all: (set === 'A32' ? A32 : T32).table.length };
  }
}
