// The lines of the 2018 capability traces ("cap_cr") as one table: the word each begins with, its fields, and for those that are never
// printed here the reason. Pure. Source modelled: checkpoint-restore.md 4.7.

interface Form {
  /** Words in capitals are fields, the others stand in the line as they are. */
  readonly line: string;
  /** Why no trace of this board has it; null where it is printed. */
  readonly absent: string | null;
}

const LIVES = 'maps and their allocators are as old as their component, and no component destroys its own';

export const CAPTURE_FORMS = {
  stage: { line: 'STAGE|NAME', absent: null },
  map_made: { line: 'Capability_map|OBJECT|ctor', absent: null },
  map_destroyed: { line: 'Capability_map|OBJECT|dtor', absent: LIVES },
  map_insert: { line: 'Capability_map|OBJECT|insert|ID|KCAP', absent: null },
  map_remove: { line: 'Capability_map|OBJECT|remove|ID|KCAP', absent: null },
  allocator_made: { line: 'Cap_index_allocator_tpl|OBJECT|ctor|ELEMENT_BYTES|ARRAY', absent: null },
  allocator_destroyed: { line: 'Cap_index_allocator_tpl|OBJECT|dtor', absent: LIVES },
  create_task: { line: 'l4_factory_create_task|ID|KCAP|LABEL', absent: null },
  create_thread: { line: 'l4_factory_create_thread|ID', absent: null },
  create_irq: { line: 'l4_factory_create_irq|ID', absent: null },
  create_gate: { line: 'l4_factory_create_gate|ID|THREAD', absent: null },
  irq_attach: { line: 'l4_irq_attach|IRQ|THREAD', absent: null },
  irq_attach_by_core: { line: 'l4_irq_attach_core_kcap|IRQ|KCAP', absent: null },
  irq_detach: { line: 'l4_irq_detach|ID', absent: null },
  task_unmap: { line: 'l4_task_unmap|ID', absent: null },
  object_name: { line: 'l4_debugger_set_object_name|ID|NAME', absent: null },
  thread_pager: { line: 'platform_thread_pager|PAGER|THREAD', absent: null },
  thread_state: { line: 'Thread_state|GATE|CAPABILITY', absent: "made by the constructor of a class inside core and its clients, which the kernel does not see" },
  semaphore_irq: { line: 'semaphore_irq|IRQ|THREAD', absent: null },
} as const satisfies Readonly<Record<string, Form>>;
export type CaptureForm = keyof typeof CAPTURE_FORMS;

const PREFIX = 'cap_cr';
const FIELD = /^[A-Z_]+$/;

/** A line of the trace. What would end a field or a line, which names of objects may hold, is written as a question mark. */
export function captureLine(form: CaptureForm, ...values: readonly string[]): string {
  let used = 0;
  const words = CAPTURE_FORMS[form].line.split('|').map((word, i) => (isField(word, i) ? clean(values[used++] ?? '') : word));
  if (used !== values.length) throw new Error(`a line ${form} has ${used} fields, not ${values.length}`);
  return [PREFIX, ...words].join('|');
}

// The first word is never a field: one of them, STAGE, is written in capitals.
const isField = (word: string, index: number): boolean => index > 0 && FIELD.test(word);
const clean = (value: string): string => value.replaceAll(/[|\x00-\x1f\x7f]/g, '?');
