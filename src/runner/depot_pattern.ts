// Depot autopilot's matcher of log patterns (init-run-tools.md 2.4): pattern lines in order, each from the beginning of a line, other
// lines may stand between; `*` stands for any text, line ends included. Owner of how far one pattern has been matched.

import { LITERAL_STAR } from '../scenario/value.ts';

export class DepotPattern {
  readonly #fragments: readonly string[];
  #matched = 0;
  /** The end of the log so far that a fragment may still begin in. */
  #rest = '';

  constructor(lines: readonly string[]) {
    this.#fragments = lines.flatMap((line) => {
      const [first = '', ...more] = line.split('*');
      // A line that begins with a wildcard begins anywhere.
      return [...(first === '' ? [] : [`\n${first}`]), ...more.filter((fragment) => fragment !== '')].map((fragment) => fragment.replaceAll(LITERAL_STAR, '*'));
    });
  }

  get matched(): boolean {
    return this.#matched === this.#fragments.length;
  }

  /** The next line of the log, without its end. */
  line(text: string): void {
    let log = `${this.#rest}\n${text}`;
    for (let fragment = this.#fragments[this.#matched]; fragment !== undefined; fragment = this.#fragments[this.#matched]) {
      const found = log.indexOf(fragment);
      if (found === -1) {
        this.#rest = log.slice(Math.max(0, log.length - fragment.length + 1));
        return;
      }
      log = log.slice(found + fragment.length);
      this.#matched += 1;
    }
    this.#rest = '';
  }
}
