// What the kernel's own paths cost in instructions of the board (architecture, law 3): one table. A path takes effect at once and its
// instructions pass before anybody goes on in user mode; ticks fall into them as interrupts do. Owns no state.
// Way in and out, IPC, words, items, switches, faults, ticks and mapped pages are fitted to instructions counted on the real kernel while it
// booted core (assertions and debugger in; medians: call and switch 541, page fault 658, answer with a page 2,233, tick 163). The rest is estimated.

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
  unmap_memory: 700,
  /** The same for a capability. */
  map_capability: 500,
  unmap_capability: 400,
  /** Making objects: the memory of a thread and the translation table of a task are cleared. */
  create_gate: 900,
  create_irq: 900,
  create_thread: 5200,
  create_task: 9000,
  create_factory: 900,
  /** One character through the serial line, its status polled. */
  character: 60,
} as const;
