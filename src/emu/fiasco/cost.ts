// What the kernel's own paths cost in instructions of the board (architecture, law 3): one table. A path takes effect at once and its
// instructions pass before anybody goes on in user mode; ticks fall into them as interrupts do. Owns no state.
// The figures are estimates of the paths' lengths in a kernel that is compiled with its assertions and its debugger.

export const KERNEL_COST = {
  /** Into the kernel and back, selector and object looked up. */
  system_call: 220,
  /** Handing over a message, without its words and items. */
  ipc: 420,
  /** Each untyped word. */
  word: 3,
  /** Each item, besides what it maps. */
  item: 250,
  /** Another thread's registers and stack; with another task also the translation tables. */
  thread_switch: 180,
  task_switch: 160,
  /** Choosing whom to run. */
  schedule: 200,
  /** From the abort to the message of a page fault or exception, and behind the answer. */
  fault: 700,
  /** The timer interrupt. */
  tick: 800,
  /** Entering a page or section into an address space and the mapping database, or taking it out. */
  map_memory: 900,
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
