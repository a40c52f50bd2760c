// The rows of a table by their keys. Keys are numbered from below, so most stand in an array, which is read and copied far faster than
// a map; what has a high key stands in a map beside it. Owner of both.

/** Keys from here on are in the map: a table with one row under a high key is not to take more than that row. */
const HIGH = 4096;

export class Rows<Row extends object> {
  /** By key; undefined where there is none. */
  readonly #low: (Row | undefined)[];
  #high: Map<number, Row> | null;
  #size: number;

  constructor(low: (Row | undefined)[] = [], high: Map<number, Row> | null = null, size = 0) {
    this.#low = low;
    this.#high = high;
    this.#size = size;
  }

  static of<Row extends object>(entries: readonly (readonly [number, Row])[]): Rows<Row> {
    const rows = new Rows<Row>();
    for (const [key, row] of entries) rows.set(key, row);
    return rows;
  }

  get size(): number {
    return this.#size;
  }

  get(key: number): Row | undefined {
    return key >= 0 && key < this.#low.length ? this.#low[key] : this.#high?.get(key);
  }

  /** @returns whether the key had no row before */
  set(key: number, row: Row): boolean {
    const low = this.#low;
    const isNew = this.get(key) === undefined;
    if (isNew) this.#size++;
    if (key >= HIGH) {
      this.#high ??= new Map();
      this.#high.set(key, row);
      return isNew;
    }
    while (low.length <= key) low.push(undefined);
    low[key] = row;
    return isNew;
  }

  /** @returns whether there was such a row */
  delete(key: number): boolean {
    if (this.get(key) === undefined) return false;
    this.#size--;
    if (key < HIGH) this.#low[key] = undefined;
    else this.#high?.delete(key);
    return true;
  }

  /** In ascending order. */
  keys(): number[] {
    const keys: number[] = [];
    const low = this.#low;
    for (let key = 0; key < low.length; key++) if (low[key] !== undefined) keys.push(key);
    return this.#high === null ? keys : keys.concat([...this.#high.keys()].sort((a, b) => a - b));
  }

  /** Others to change, with the same rows. */
  copy(): Rows<Row> {
    return new Rows(this.#low.slice(), this.#high === null ? null : new Map(this.#high), this.#size);
  }
}
