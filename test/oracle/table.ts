// `make oracle`: prints, for every captured board, how many rows of each task's capability table are the same here, and the first that is not.
// Owns no state; needs the captures beside the repository. 80 columns at most, no colours.

import { type Capture, CAPTURES, compareCapture, isAtHand, type TableComparison } from './captures.ts';

const print = (...cells: readonly string[]): void => {
  const [capture = '', task = '', component = '', equal = '', differ = '', remark = ''] = cells;
  process.stdout.write(`${capture.padEnd(25)} ${task.padEnd(4)} ${component.padEnd(22)} ${equal.padStart(5)} ${differ.padStart(6)}  ${remark}`.trimEnd() + '\n');
};

const nameOf = ({ folder, infix }: Capture): string => folder.replace('/rtcr_restore', '') + (infix === '' ? '' : `, ${infix.replace('.', '')}`);

/** A row without the blanks between its columns. */
const short = (row: string): string => (row === '' ? '(no row)' : row.replace(/ +/g, ' ').trim());

function printTable(capture: Capture, { task, component, equal, different, otherSlots }: TableComparison): void {
  const [first] = different;
  print(nameOf(capture), task, component, String(equal), String(different.length), first === undefined ? '' : otherSlots === 0 ? 'ids only' : `${otherSlots} slots`);
  if (first === undefined) return;
  process.stdout.write(`    captured ${short(first.captured)}\n    here     ${short(first.here)}\n`);
}

const present = CAPTURES.filter(isAtHand);
if (present.length === 0) process.stdout.write('skipped: the captures are not at hand (../shared/oracle is missing)\n');
else print('capture', 'task', 'component', 'equal', 'differ', 'in what');
for (const capture of present) for (const comparison of compareCapture(capture)) printTable(capture, comparison);
