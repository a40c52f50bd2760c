// The difference of two texts, line by line: what went, what came, and a few lines around. Pure; owns no state.
// Texts whose middle is longer than the limit are told as replaced.

export interface DiffLine {
  readonly kind: 'same' | 'lost' | 'new';
  readonly text: string;
}

const CONTEXT_LINES = 2;
/** Lines of either side, between what is the same at both ends, up to which the shortest difference is looked for. */
const MIDDLE_LINES_MAX = 1000;

/** Lines that are the same far from any difference are left out; empty: the same texts. */
export function lineDiff(before: readonly string[], now: readonly string[]): readonly DiffLine[] {
  const all = wholeDiff(before, now);
  const near = (index: number): boolean => all.slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1).some(({ kind }) => kind !== 'same');
  return all.filter((_, index) => near(index));
}

function wholeDiff(before: readonly string[], now: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < before.length && head < now.length && before[head] === now[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < now.length - head && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail++;
  const as = (kind: DiffLine['kind'], lines: readonly string[]): readonly DiffLine[] => lines.map((text) => ({ kind, text }));
  const [a, b] = [before.slice(head, before.length - tail), now.slice(head, now.length - tail)];
  const middle = a.length > MIDDLE_LINES_MAX || b.length > MIDDLE_LINES_MAX ? [...as('lost', a), ...as('new', b)] : shortest(a, b);
  return [...as('same', before.slice(0, head)), ...middle, ...as('same', before.slice(before.length - tail))];
}

/** By the longest common subsequence. */
function shortest(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const lines: DiffLine[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i++] as string });
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push({ kind: 'lost', text: a[i++] as string });
    else lines.push({ kind: 'new', text: b[j++] as string });
  }
  return lines;
}

const MARKS = { same: '  ', lost: '- ', new: '+ ' } as const;

export const diffLineText = ({ kind, text }: DiffLine): string => `${MARKS[kind]}${text}`.trimEnd();
