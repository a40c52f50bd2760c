// Defects of the historic checkpoint/restore program that can be switched on, each with what it does here.
// Pure. Source modelled: checkpoint-restore.md 4.6 (numbers D-01 to D-25).

export interface Defect {
  readonly id: string;
  /** Where the switch is: at a command, or in the configuration of the child, because it acts all the time. */
  readonly at: 'checkpoint' | 'restore' | 'child';
  readonly effect: string;
}

export const DEFECTS = [
  { id: 'D-01', at: 'checkpoint', effect: 'the target is not set off again' },
  { id: 'D-02', at: 'checkpoint', effect: 'of a dataspace in parts only the first part is copied' },
  { id: 'D-03', at: 'restore', effect: 'memory is copied from the new target into the snapshot' },
  { id: 'D-04', at: 'restore', effect: 'a region whose dataspace is no RAM of the target ends the restore' },
  { id: 'D-06', at: 'restore', effect: 'every region is attached with offset 0' },
  { id: 'D-07', at: 'child', effect: 'killing a thread or destroying a region map takes a lock twice' },
  { id: 'D-08', at: 'checkpoint', effect: 'a region that begins where another one ends is not stored' },
  { id: 'D-11', at: 'checkpoint', effect: 'every thread is stored as paused' },
  { id: 'D-12', at: 'checkpoint', effect: 'the memory of a checkpoint that is replaced is not given back' },
  { id: 'D-13', at: 'restore', effect: 'records of the capability map are linked in a second time' },
  { id: 'D-21', at: 'restore', effect: 'timers are set before the signal handler can be woken' },
  { id: 'D-22', at: 'restore', effect: 'threads that an earlier checkpoint did not know come first' },
  { id: 'D-23', at: 'child', effect: 'a part that was taken from the target, touched and taken again stays mapped: later accesses raise no fault' },
] as const satisfies readonly Defect[];

/** Defects without a switch, and why. */
export const NOT_SHOWN: Readonly<Record<string, string>> = {
  'D-05': 'it writes beyond an array of the historic program; nothing of it is to be seen from outside',
  'D-09': 'it needs a child whose dataspaces are in parts only partly, and here all are or none is',
  'D-10': 'it needs a signal without a fault, that is two faults at once, and core itself stands still first where no thread is frozen for it (run/loses/two_faults_at_once)',
  'D-14': 'it is a mistake in a file format that nothing reads here',
  'D-15': 'it belongs to redundant memory', 'D-16': 'it belongs to redundant memory', 'D-17': 'it belongs to redundant memory',
  'D-18': 'the attempt has no effect: semaphore="skip" shows the same',
  'D-19': 'that program does not build', 'D-20': 'that program does not build',
  'D-24': 'stop="pause" of a child in parts is what it was seen with, and that goes on here, at a quiet moment; that a resumed thread faults while another is resumed stops core for ever (run/loses/two_faults_at_once) and may have been it',
  'D-25': 'it is what stop="pause" does to a thread in an RPC; no switch is needed',
};

export type DefectId = (typeof DEFECTS)[number]['id'];

const NONE = 'none';

/** The defects of a list such as "D-01 D-06", or why one of them is not for this place. */
export function readDefects(text: string, at: Defect['at'] | 'any'): readonly DefectId[] | { readonly error: string } {
  const names = text.split(/[\s,]+/).filter((name) => name !== '' && name !== NONE);
  const found: DefectId[] = [];
  for (const name of names) {
    const known = DEFECTS.find(({ id }) => id === name);
    if (known === undefined) {
      const why = NOT_SHOWN[name];
      return { error: why === undefined ? `there is no defect '${name}'; known: ${DEFECTS.map(({ id }) => id).join(', ')}` : `defect ${name} is not in this version: ${why}` };
    }
    if (at !== 'any' && known.at !== at) return { error: `defect ${name} belongs to ${known.at === 'child' ? 'the <child> node of the checkpointer' : `<${known.at}>`}` };
    if (!found.includes(known.id)) found.push(known.id);
  }
  return found;
}

/** True if a list of defects, as a strategy carries it, contains this one. */
export const hasDefect = (list: string, id: DefectId): boolean => list.split(/[\s,]+/).includes(id);
