// What the kernel's own paths cost in instructions of the board (architecture, law 3): one table. A path takes effect at once and its
// instructions pass before anybody goes on in user mode; ticks fall into them as interrupts do. Owns no state.
// Fitted to instructions counted on the real kernel while core, init and a test ran (assertions and debugger in). Medians of whole ways in
// and out: call with switch 541, page fault 658, answer with a page 2,233 and with a capability 1,524, tick 163, a character 288, a name
// 1,152, a gate 730, a thread 4,295, a task 283,232, unmapping 1,276. What a destroyed thread or task costs besides its mappings is not counted.

export const KERNEL_COST = {
  /** Into the kernel and back, selector and object looked up. */
  system_call: 130,
  /** Handing over a message, without its words and items. */
  ipc: 220,
  /** Each untyped word. */
  word: 3,
  /** Each item, besides what it maps. */
  item: 300,
  /** Another thread's registers and stack; with another task also the translation tables. */
  thread_switch: 100,
  task_switch: 60,
  /** Choosing whom to run. */
  schedule: 120,
  /** From the abort to the message of a page fault or exception, and behind the answer. */
  fault: 330,
  /** The timer interrupt. */
  tick: 163,
  /** Entering a page or section into an address space and the mapping database, or taking it out. */
  map_memory: 1400,
  unmap_memory: 1000,
  /** The same for a capability. */
  map_capability: 750,
  unmap_capability: 800,
  /** Making objects: the memory of a thread and the translation table of a task are cleared. */
  create_gate: 580,
  create_irq: 580,
  create_thread: 4150,
  create_task: 282_500,
  create_factory: 580,
  /** The debugger's entries: asking it to print, giving an object a name. */
  debugger_entry: 140,
  debugger_name: 1150,
  /** One character through the serial line, its status polled. */
  character: 148,
} as const;
