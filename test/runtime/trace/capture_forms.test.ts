// The lines of the capability traces against the grammar of checkpoint-restore.md 4.7, which is written down here a second time.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { EventStream } from '../../../src/emu/event.ts';
import { CAPTURE_FORMS, type CaptureForm, captureLine } from '../../../src/runtime/trace/capture_forms.ts';
import { TraceNames } from '../../../src/runtime/trace/names.ts';
import { traceEvents } from '../../../src/runtime/trace/trace.ts';
import { suite } from '../../kit.ts';
import { boot, drive } from '../counting_run.ts';

const test = suite('runtime/capture_forms');
/** The counter's component has attached the semaphore of its signals by then. */
const END = 40_000_000;

const field = '([^|\\n]*)';
const id = '([0-9a-f]+)';
/** A line of each kind; where a name stands, anything but what ends a field. */
const GRAMMAR: Readonly<Record<CaptureForm, RegExp>> = {
  stage: new RegExp(`^STAGE\\|${field}$`),
  map_made: new RegExp(`^Capability_map\\|${id}\\|ctor$`),
  map_destroyed: new RegExp(`^Capability_map\\|${id}\\|dtor$`),
  map_insert: new RegExp(`^Capability_map\\|${id}\\|insert\\|${id}\\|${id}$`),
  map_remove: new RegExp(`^Capability_map\\|${id}\\|remove\\|${id}\\|${id}$`),
  allocator_made: new RegExp(`^Cap_index_allocator_tpl\\|${id}\\|ctor\\|${id}\\|${id}$`),
  allocator_destroyed: new RegExp(`^Cap_index_allocator_tpl\\|${id}\\|dtor$`),
  create_task: new RegExp(`^l4_factory_create_task\\|${id}\\|${id}\\|${field}$`),
  create_thread: new RegExp(`^l4_factory_create_thread\\|${id}$`),
  create_irq: new RegExp(`^l4_factory_create_irq\\|${id}$`),
  create_gate: new RegExp(`^l4_factory_create_gate\\|${id}\\|${id}?$`),
  irq_attach: new RegExp(`^l4_irq_attach\\|${id}\\|${id}$`),
  irq_attach_by_core: new RegExp(`^l4_irq_attach_core_kcap\\|${id}\\|${id}$`),
  irq_detach: new RegExp(`^l4_irq_detach\\|${id}$`),
  task_unmap: new RegExp(`^l4_task_unmap\\|${id}$`),
  object_name: new RegExp(`^l4_debugger_set_object_name\\|${id}\\|${field}$`),
  thread_pager: new RegExp(`^platform_thread_pager\\|${id}?\\|${id}$`),
  thread_state: new RegExp(`^Thread_state\\|${id}\\|${id}$`),
  semaphore_irq: new RegExp(`^semaphore_irq\\|${id}\\|${id}$`),
};
const FORMS = Object.keys(CAPTURE_FORMS) as CaptureForm[];

/** Kind and values of a line; a line that is of no kind, or of two, is an error. */
function parse(line: string): { readonly form: CaptureForm; readonly values: readonly string[] } {
  assert.ok(line.startsWith('cap_cr|'), `not a line of the trace: ${line}`);
  const rest = line.slice('cap_cr|'.length);
  const found = FORMS.flatMap((form) => {
    const match = GRAMMAR[form].exec(rest);
    return match === null ? [] : [{ form, values: match.slice(1).map((value) => value ?? '') }];
  });
  assert.is(found.length, 1, `${found.length} kinds of line fit: ${line}`);
  return found[0] as { form: CaptureForm; values: string[] };
}

const fieldsOf = (form: CaptureForm): readonly string[] => CAPTURE_FORMS[form].line.split('|').slice(1).filter((word) => /^[A-Z_]+$/.test(word));

test('what is printed is of the one kind that it was printed as, with the same values', () => {
  const value = (name: string) => (name === 'NAME' || name === 'LABEL' ? fc.string({ unit: 'grapheme' }) : fc.nat().map((number) => number.toString(16)));
  const lines = fc.constantFrom(...FORMS).chain((form) => fc.tuple(fc.constant(form), fc.tuple(...fieldsOf(form).map(value))));
  fc.assert(
    fc.property(lines, ([form, values]) => {
      const seen = parse(captureLine(form, ...values));
      assert.is(seen.form, form);
      assert.equal(seen.values, values.map((text) => [...text].map((letter) => (letter === '|' || letter < ' ' || letter === '\x7f' ? '?' : letter)).join('')));
    }),
  );
});

test('a line with a value too many or too few is not printed', () => {
  assert.throws(() => captureLine('create_thread'), /1 fields, not 0/);
  assert.throws(() => captureLine('map_made', '1', '2'), /1 fields, not 2/);
});

test('the trace of a boot has every kind of line that is not told as absent, and none that is', () => {
  const run = boot();
  const names = new TraceNames();
  names.attach(run.system);
  const lines: string[] = [];
  traceEvents(run.system.machine.events, names, { levels: new Set(), format: 'cap_cr', task: null, thread: null }, (line) => lines.push(line));
  drive(run, END);
  const parsed = lines.map(parse);
  const seen = new Set(parsed.map(({ form }) => form));
  // No IRQ is detached before a thread ends; trace.test.ts has that line.
  const expected = FORMS.filter((form) => CAPTURE_FORMS[form].absent === null && form !== 'irq_detach');
  assert.equal(FORMS.filter((form) => seen.has(form)), expected);
  assert.ok(parsed.some(({ form, values }) => form === 'create_task' && values[2] === 'init -> timer'), 'a task is called by the label of its session');
  assert.ok(parsed.some(({ form, values }) => form === 'stage' && values[0] === 'signal_semaphore_irq'));
});

test('the lines of a component, carried out one by one, make the capability map that is in its memory, before and after a restore', () => {
  const run = boot();
  const names = new TraceNames();
  names.attach(run.system);
  /** Ids by selector, of the newest map. */
  const map = new Map<string, string>();
  const maps: string[] = [];
  traceEvents(run.system.machine.events, names, { levels: new Set(), format: 'cap_cr', task: 'sheep_counter', thread: null }, (text) => {
    const { form, values: [object = '', capability = '', selector = ''] } = parse(text);
    if (form === 'map_made') {
      maps.push(object);
      map.clear();
    } else if (form === 'map_insert') {
      assert.is(map.has(selector), false, `${text}: something is there`);
      map.set(selector, capability);
    } else if (form === 'map_remove') {
      assert.is(map.get(selector), capability, `${text}: it is not there`);
      map.delete(selector);
    }
  });
  const compare = (): void => {
    const counter = run.system.components().filter(({ label, alive }) => alive && label.endsWith('sheep_counter')).at(-1);
    const memory = counter === undefined ? undefined : run.system.memory(counter.task);
    const expected = (memory?.records ?? []).map(({ slot, id: capability }) => [(slot << 12).toString(16), capability.toString(16)]);
    assert.ok(expected.length > 20, `${expected.length} records`);
    assert.equal([...map].sort(), expected.sort());
    assert.is(maps.at(-1), memory?.cap_map_address.toString(16));
  };
  drive(run, END);
  compare();
  drive(run, Infinity);
  compare();
  assert.is(maps.length, 2, 'the map of the counter and that of the restored one');
});

test('who listens to nothing that makes a line gets none', () => {
  const lines: string[] = [];
  const end = traceEvents(new EventStream(), new TraceNames(), { levels: new Set(), format: 'cap_cr', task: null, thread: null }, (line) => lines.push(line));
  end();
  assert.equal(lines, []);
});

test.run();
