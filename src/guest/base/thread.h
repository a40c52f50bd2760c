/* Threads: the object in the component's memory, the record at the top of the stack, creation and start
 * (genode-16.08-abi.md 3.3). Kernel side: gate, pager gate and IRQ at slots 9+3i, a+3i, b+3i. */
#pragma once

#include "cap.h"
#include "lock.h"
#include "types.h"
#include "utcb.h"

#define STACK_AREA_BASE 0x20000000u
#define STACK_SLOT_BYTES 0x100000u
#define UTCB_AREA_BASE 0x28000000u

enum {
	STACK_SLOTS = 128,
	STACK_NAME_BYTES = 32,
	MAIN_STACK_BYTES = 64 * 1024,
	DEFAULT_WEIGHT = 10,
};

/* lies in the last bytes of a thread's stack slot; the stack grows downwards from it */
struct stack {
	u32 utcb_stand_in;
	char name[STACK_NAME_BYTES];
	u32 name_bytes;
	struct thread *thread;
	u32 base;
	struct cap *dataspace;
	u32 gate_selector;
	struct cap *receive_window;
	struct utcb *utcb;
};

struct trace_logger {
	struct cap *thread_cap;
	u32 control_index;
	u32 control_bytes;
	bool initialised;
	u32 unused[5];
};

struct thread_kind {
	void (*entry)(struct thread *);
};

struct thread {
	const struct thread_kind *kind;
	struct cap *cap;
	struct cap *cpu;
	i32 affinity[4];
	u32 trace_control;
	struct stack *stack;
	u32 unused;
	struct lock join;
	struct trace_logger logger;
};

#if defined(__arm__)
_Static_assert(sizeof(struct stack) == 0x40, "stack record");
_Static_assert(offsetof(struct stack, name_bytes) == 0x24 && offsetof(struct stack, gate_selector) == 0x34, "stack record");
_Static_assert(sizeof(struct thread) == 96, "thread object");
_Static_assert(offsetof(struct thread, stack) == 0x20 && offsetof(struct thread, join) == 0x28, "thread object");
_Static_assert(offsetof(struct thread, logger) == 0x3c, "thread object");
#endif

/* null while the main thread has no object yet */
struct thread *thread_myself(void);
const char *thread_name(void);

/* the main thread, which runs already: gives it its stack, returns its initial stack pointer */
u32 thread_adopt_main(struct thread *thread);

/* creates the kernel thread, which stays without pager until it is started */
void thread_create(struct thread *thread, const struct thread_kind *kind, const char *name, u32 stack_bytes);

/* the same at another CPU session, which may refuse; null cpu is the component's own */
bool thread_create_at(struct thread *thread, const struct thread_kind *kind, const char *name, u32 stack_bytes, struct cap *cpu);
void thread_start(struct thread *thread);

/* kills the kernel thread, whatever it does, and gives stack and slot back */
void thread_destroy(struct thread *thread);
void thread_join(struct thread *thread);

/* record of the gate through which RPC objects of this thread are reached; valid from its start on */
struct cap *thread_gate(const struct thread *thread);

/* blocking and waking as locks use it */
void thread_wait(void);
void thread_wake(struct thread *thread);
