// The trace lines of the 2018 attempt at capability restoring ("cap_cr"), as far as the kernel sees what they tell: creation of
// objects, attaching of IRQs, unmapping, names. Stages and the capability map are inside Genode's own code and stay out. Pure.
// Source modelled: checkpoint-restore.md 4.7.

import type { StampedEvent } from '../../emu/event.ts';
import { hex, selectorOf } from '../../emu/numbers.ts';
import type { TraceNames } from './names.ts';

const line = (...fields: readonly string[]): string => ['cap_cr', ...fields].join('|');

export function captureLines(event: StampedEvent, names: TraceNames): readonly string[] {
  switch (event.kind) {
    case 'object_created':
      return created(event.type, hex(event.object), event.bound === null ? '' : hex(event.bound));
    case 'cap_mapped':
      // A task's line names its selector, which is known once its creator's table has it.
      return event.how === 'create' && names.objectType(event.object) === 'Task' ? [line('l4_factory_create_task', hex(event.object), hex(selectorOf(event.slot)), names.taskName(event.into))] : [];
    case 'object_named':
      return [line('l4_debugger_set_object_name', hex(event.object), event.name)];
    case 'irq_attached':
      return [line('l4_irq_attach', hex(event.irq), hex(event.to))];
    case 'irq_detached':
      return [line('l4_irq_detach', hex(event.irq))];
    case 'cap_unmapped':
      return [line('l4_task_unmap', hex(event.object))];
    default:
      return [];
  }
}

function created(type: string, id: string, bound: string): readonly string[] {
  if (type === 'Thread') return [line('l4_factory_create_thread', id)];
  if (type === 'IRQ') return [line('l4_factory_create_irq', id)];
  return type === 'Gate' ? [line('l4_factory_create_gate', id, bound)] : [];
}
