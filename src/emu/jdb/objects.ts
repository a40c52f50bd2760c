// The list of kernel objects: one line per object, in the order of creation. Prints and parses it.
// Owns no state. Source modelled: fiasco-kernel.md 2.4.

import { type DebugId, hex } from '../numbers.ts';
import { LISTING_ROWS_MAX } from './limits.ts';
import { ListingErrors, listingLines } from './listing_text.ts';
import type { FactoryRow, GateRow, IrqRow, ObjectRow, ObjectType, Parsed, TaskRow, ThreadObjectRow } from './model.ts';
import { objectTypeOf, typeName } from './type_name.ts';

export const OBJECTS_HEADER = '[Objects]';
const NAME_WIDTH = 16;

/** Header and lines, trailing blanks trimmed, without colours: the form of captured listings. */
export function printObjects(objects: readonly ObjectRow[]): string {
  return [OBJECTS_HEADER, ...objects.map((object) => objectText(object, false).trimEnd())].map((line) => `${line}\n`).join('');
}

/** One line as the debugger prints it: `color` adds the escape codes; a thread's line may end in a blank. */
export function objectText(object: ObjectRow, color: boolean): string {
  const head = `${hex(object.id).padStart(8)} ${hex(object.address, 8)} [${typeName(object.type, 7, color)}]`;
  const name = object.name === undefined ? '' : ` {${object.name.slice(0, NAME_WIDTH).padEnd(NAME_WIDTH)}}`;
  return head + name + detailText(object, color);
}

/** The dense form of a status line. */
export function denseObjectText(object: ObjectRow): string {
  return objectText(object, false).replace(/^ *([0-9a-f]+) 0*([0-9a-f]+)/, '$1 $2');
}

function detailText(object: ObjectRow, color: boolean): string {
  switch (object.type) {
    case 'Task':
      return `${object.kernel ? ' {KERNEL}' : ''} R=${object.references}`;
    case 'Thread':
      return threadText(object, color);
    case 'Gate': {
      const [start, end] = color ? [(object.label & 3) !== 0 ? '\u001b[36m' : '', '\u001b[0m'] : ['', ''];
      return ` L=${start}${hex(object.label, 8)}${end} D=${hex(object.thread)}`;
    }
    case 'IRQ':
      return ` I=${hex(object.pin).padStart(3)} ${object.chip} L=${hex(object.label)} T=${hex(object.thread)} F=${hex(object.flags)} Q=${object.queued}`;
    case 'Factory':
      return ` c=${object.used_bytes} l=${object.limit_bytes}`;
    default:
      return '';
  }
}

function threadText({ home, references, current }: ThreadObjectRow, color: boolean): string {
  const mark = !current ? '' : color ? ' \u001b[32mcurrent\u001b[m' : ' current';
  switch (home.kind) {
    case 'task':
      return ` C=${home.cpu} S=D:${hex(home.task)} R=${references} ${mark}`;
    case 'kernel':
      return ` {KERNEL} C=${home.cpu} R=${references}${mark}`;
    case 'unbound':
      return ` R=${references}${mark}`;
  }
}

/** Reads a whole list; header, status and empty lines are skipped. */
export function parseObjects(source: string): Parsed<ObjectRow[]> {
  const errors = new ListingErrors();
  const objects: ObjectRow[] = [];
  const known = new Set<DebugId>();
  if (!errors.accepts(source)) return { value: objects, errors: errors.list };
  for (const { text, line, indent } of listingLines(source)) {
    if (isObjectsFrame(text)) continue;
    const object = readObject(text);
    if (typeof object === 'string') errors.add(line, indent + 1, object);
    else if (known.has(object.id)) errors.add(line, indent + 1, `object ${hex(object.id)} appears twice`);
    else if (objects.length >= LISTING_ROWS_MAX) {
      errors.add(line, indent + 1, `more than ${LISTING_ROWS_MAX} objects`);
      break;
    } else {
      known.add(object.id);
      objects.push(object);
    }
  }
  return { value: objects, errors: errors.list };
}

/** What surrounds the objects on the screen: header, status line, nothing. */
export const isObjectsFrame = (text: string): boolean =>
  text.trim() === '' || text.startsWith('#') || text.startsWith('Objs: ') || text.trimEnd() === OBJECTS_HEADER;

const HEAD = /^ {0,7}([0-9a-f]{1,8}) ([0-9a-f]{1,8}) \[([A-Za-z]+) *\](?: \{(.{16})\})?(.*)$/;

/** Reads one line; answers what is wrong with it as a string. */
export function readObject(text: string): ObjectRow | string {
  const match = HEAD.exec(text);
  if (match === null) return 'this is no line of an object list';
  const [, id = '', address = '', typeText = '', name, detail = ''] = match;
  const type = objectTypeOf(typeText);
  if (type === undefined) return `unknown object type "${typeText}"`;
  const base = {
    id: Number.parseInt(id, 16) as DebugId,
    address: Number.parseInt(address, 16),
    ...(name === undefined ? {} : { name: name.trimEnd() }),
  };
  return withDetail(type, base, detail.trimEnd()) ?? `this cannot follow an object of type ${type}: "${detail.trimEnd()}"`;
}

type Base = Pick<ObjectRow, 'id' | 'address' | 'name'>;
const id = (text: string | undefined): DebugId => Number.parseInt(text ?? '0', 16) as DebugId;

function withDetail(type: ObjectType, base: Base, detail: string): ObjectRow | undefined {
  switch (type) {
    case 'Task':
      return taskOf(base, detail);
    case 'Thread':
      return threadOf(base, detail);
    case 'Gate':
      return gateOf(base, detail);
    case 'IRQ':
      return irqOf(base, detail);
    case 'Factory':
      return factoryOf(base, detail);
    default:
      return detail === '' ? { ...base, type } : undefined;
  }
}

function taskOf(base: Base, detail: string): TaskRow | undefined {
  const match = /^( \{KERNEL\})? R=(-?\d+)$/.exec(detail);
  return match === null ? undefined : { ...base, type: 'Task', kernel: match[1] !== undefined, references: Number(match[2]) };
}

function threadOf(base: Base, detail: string): ThreadObjectRow | undefined {
  const match = /^(?: C=(\d+) S=D:([0-9a-f]{1,8})| \{KERNEL\} C=(\d+)|) R=(-?\d+)( {1,2}current)?$/.exec(detail);
  if (match === null) return undefined;
  const [, cpu, task, kernelCpu, references, current] = match;
  // A user thread's line has one blank more in front of the mark than the others.
  if (current !== undefined && (current.startsWith('  ') !== (task !== undefined))) return undefined;
  const home: ThreadObjectRow['home'] =
    task !== undefined ? { kind: 'task', task: id(task), cpu: Number(cpu) } : kernelCpu !== undefined ? { kind: 'kernel', cpu: Number(kernelCpu) } : { kind: 'unbound' };
  return { ...base, type: 'Thread', home, references: Number(references), current: current !== undefined };
}

function gateOf(base: Base, detail: string): GateRow | undefined {
  const match = /^ L=([0-9a-f]{8}) D=([0-9a-f]{1,8})$/.exec(detail);
  return match === null ? undefined : { ...base, type: 'Gate', label: id(match[1]), thread: id(match[2]) };
}

function irqOf(base: Base, detail: string): IrqRow | undefined {
  const match = /^ I= {0,2}([0-9a-f]+) (Soft|GIC|Bcast) L=([0-9a-f]{1,8}) T=([0-9a-f]{1,8}) F=([0-9a-f]{1,8}) Q=(-?\d+)$/.exec(detail);
  if (match === null) return undefined;
  const [, pin, chip, label, thread, flags, queued] = match;
  return { ...base, type: 'IRQ', pin: id(pin), chip: chip as IrqRow['chip'], label: id(label), thread: id(thread), flags: id(flags), queued: Number(queued) };
}

function factoryOf(base: Base, detail: string): FactoryRow | undefined {
  const match = /^ c=(-?\d+) l=(-?\d+)$/.exec(detail);
  return match === null ? undefined : { ...base, type: 'Factory', used_bytes: Number(match[1]), limit_bytes: Number(match[2]) };
}
