// `make oracle`: prints, for every captured board, how many rows of each task's capability table are the same here, and the first that is not.
// Owns no state; needs the captures beside the repository.

import { CAPTURES, compareCapture, isAtHand } from './captures.ts';

const present = CAPTURES.filter(isAtHand);
if (present.length === 0) process.stdout.write('the captures are not at hand: ../shared/oracle is missing\n');
else process.stdout.write(`${'capture'.padEnd(26)} ${'task'.padEnd(4)} ${'component'.padEnd(23)} ${'equal'.padStart(5)} ${'differ'.padStart(6)}  first difference\n`);
for (const capture of present) {
  for (const { task, component, equal, different } of compareCapture(capture)) {
    const [first] = different;
    const words = first === undefined ? '' : `captured ${first.captured || '(no row)'}`;
    process.stdout.write(`${capture.folder.padEnd(26)} ${task.padEnd(4)} ${component.padEnd(23)} ${String(equal).padStart(5)} ${String(different.length).padStart(6)}  ${words}`.trimEnd() + '\n');
    if (first !== undefined) process.stdout.write(`${''.padEnd(68)} here     ${first.here || '(no row)'}\n`);
  }
}
