// Everything of the checkpointer that could go on for ever or grow without bound, unit last.
// Reaching one refuses the command in words and leaves the target running.

/** How often and how long a checkpoint lets a target run on that has not told yet where its capability map is. */
export const PUBLISH_ROUNDS = 200;
export const PUBLISH_PAUSE_US = 1000;

/** How often and how long a checkpoint lets others run until all RPCs of the frozen target are answered. */
export const DRAIN_ROUNDS = 200;
export const DRAIN_PAUSE_US = 1000;
/** After so many pauses in which the targets stood still they run in every other one: somebody may be waiting for one of them to answer. */
export const DRAIN_STILL_ROUNDS = 8;

/** How often a request to pause a thread looks whether its target goes on again, and how often a freeze whether core has answered it. */
export const PAUSE_HOLD_US = 1000;
export const PAUSE_HOLD_STEP_US = 137;
export const PAUSE_HOLDS = 100;
/** A time slice of the kernel: after it a thread that was ready has run. */
export const PAUSE_AFTER_THAW_US = 10_000;

/** How often and how long a checkpoint waits while core ends a session or a thread of the target. */
export const ENDING_ROUNDS = 200;
export const ENDING_PAUSE_US = 1000;

/** How often and how long a checkpoint waits for a proxy that has asked a target about a session, or moves quota for one. */
export const PROXY_ROUNDS = 200;
export const PROXY_PAUSE_US = 1000;

/** A one-shot timer that is due within this window is let fire before the state is read: afterwards it certainly has. */
export const TIMER_WINDOW_BEFORE_US = 2000;
export const TIMER_WINDOW_AFTER_US = 10_000;
export const TIMER_ROUNDS = 20;
/** For so long nobody can tell from a clock in milliseconds whether a timer that is due has fired, and so often a checkpoint waits for it. */
export const TIMER_UNSURE_US = 3000;
export const TIMER_UNSURE_ROUNDS = 200;

/** How often a thread that resolves a fault gives way until core's pager has passed on the one that it may have in hand. */
export const FAULT_TURNS = 8;

/** Slots of a capability space that are probed for capabilities without record, and how many in one step. */
export const PROBED_SLOTS = 4096;
export const PROBES_PER_STEP = 128;

/** Signals that core may hold for one target. */
export const PENDING_SIGNALS = 256;
/** How often it is tried to give the signals of a source back to core: they are the target's, and nowhere else meanwhile. */
export const SUBMIT_TRIES = 4;

/** Size and number of dataspaces that stay attached to the checkpointer. */
export const VIEW_BYTES = 256 * 1024;
export const VIEWS = 256;

/** Services that one child may announce; further ones are ignored with a warning. */
export const ANNOUNCED_SERVICES = 256;

/** Snapshots kept at once. */
export const SNAPSHOTS = 1024;

/**
 * How often a checkpoint lets threads run on that may have capabilities in transit; after how many rounds with the same finding
 * it is taken for a coincidence or a leftover; how far up their stacks it looks.
 */
export const TRANSIT_ROUNDS = 24;
export const TRANSIT_REPEATS = 2;
/** For how many ticks it lets them run where one was not enough. */
export const TRANSIT_TICKS = 6;
export const TRANSIT_STACK_WORDS = 96;

/** How long a restore lets core's pager work on faults that are repeated: a tick more than the one that may be about to come. */
export const REFAULT_PAUSE_US = 2000;
/** How often a restore lets a thread run until core has its fault: a tick may come before it has got there, page by page of its code and stack. */
export const REFAULT_ROUNDS = 8;

/** How long threads of the checkpointer get to take in the last answer of a component that was ended, or has been stopped. */
export const DEAD_CALL_SETTLE_US = 1000;

/** How long core's pager gets to take in the exceptions of threads whose waits were cancelled. */
export const PAUSE_SETTLE_US = 2000;

/** How long threads run that are started before their memory is filled. */
export const EARLY_RUN_US = 20_000;

/** How often and how long a restore waits for the first LOG request of a child that starts with its program. */
export const HOOK_ROUNDS = 2000;
export const HOOK_PAUSE_US = 1000;

/** How long the checkpointer may have kept the timer server from running before it reads the clock, and how often it lets it run then. */
export const TIMER_LATE_US = 250_000;
export const TIMER_LATE_ROUNDS = 4;

/** How often the checkpointer asks core to resume a thread that it has paused. */
export const RESUME_TRIES = 2;
