// The list of tasks: the kernel-object list with nothing but tasks in it. Prints and parses it.
// Owns no state. Source modelled: fiasco-kernel.md 2.4 (command s).

import { hex } from '../numbers.ts';
import type { ObjectRow, Parsed, TaskRow } from './model.ts';
import { parseObjects, printObjects } from './objects.ts';

const isTask = (object: ObjectRow): object is TaskRow => object.type === 'Task';

/** Takes all objects, prints the tasks. */
export function printTasks(objects: readonly ObjectRow[]): string {
  return printObjects(objects.filter(isTask));
}

export function parseTasks(source: string): Parsed<TaskRow[]> {
  const { value, errors } = parseObjects(source);
  const stranger = value.find((object) => !isTask(object));
  const message = stranger === undefined ? [] : [{ line: 1, column: 1, message: `object ${hex(stranger.id)} in a list of tasks is of type ${stranger.type}` }];
  return { value: value.filter(isTask), errors: [...errors, ...message] };
}
