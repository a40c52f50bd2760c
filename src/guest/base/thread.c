/* Creation, start and first instructions of threads (genode-16.08-abi.md 3.3, 3.4 #10-#21).
 * Owner of the thread objects' fields after creation is the thread itself. */
#include "thread.h"

#include "cap_map.h"
#include "cpu.h"
#include "env.h"
#include "memory.h"
#include "parent.h"
#include "stack_area.h"

noreturn_t _thread_start(void);

struct thread *thread_myself(void)
{
	return utcb()->thread;
}

const char *thread_name(void)
{
	struct thread *thread = thread_myself();

	return thread && thread->stack ? thread->stack->name : "main";
}

struct cap *thread_gate(const struct thread *thread)
{
	return thread->stack->utcb->own_gate;
}

static u32 gate_selector(const struct thread *thread)
{
	return thread ? thread->stack->gate_selector : SLOT_THREAD_AREA << SELECTOR_SHIFT;
}

void thread_wait(void)
{
	irq_receive(gate_selector(thread_myself()) + THREAD_IRQ_OFFSET);
}

void thread_wake(struct thread *thread)
{
	irq_trigger(gate_selector(thread) + THREAD_IRQ_OFFSET);
}

/* every thread attaches the session's trace control once more; the capability itself is not kept */
static void attach_trace_control(struct thread *thread)
{
	struct cap *control = NULL;

	if (cpu_trace_control(thread->cpu, &control) == RPC_OK && control)
		thread->trace_control = env_attach(env.address_space, control);
	cap_drop(control);
}

seldom u32 thread_adopt_main(struct thread *thread)
{
	thread->stack = stack_allocate(thread, "main", 0, MAIN_STACK_BYTES);
	thread->stack->gate_selector = SLOT_THREAD_AREA << SELECTOR_SHIFT;
	thread->stack->utcb = utcb();
	lock_initialise(&thread->join, LOCKED);
	thread->cpu = env.cpu;
	if (parent_main_thread_cap(env.parent, &thread->cap) != RPC_OK)
		uncaught_exception("Genode::Ipc_error");
	attach_trace_control(thread);
	utcb()->thread = thread;
	return (u32)thread->stack & ~0xfu;
}

void thread_create(struct thread *thread, const struct thread_kind *kind, const char *name, u32 stack_bytes)
{
	memset(thread, 0, sizeof(*thread));
	thread->kind = kind;
	thread->cpu = env.cpu;
	lock_initialise(&thread->join, LOCKED);
	thread->stack = stack_allocate(thread, name, stack_slot_allocate(), stack_bytes);
	thread->cap = env_create_thread(thread->stack->name, DEFAULT_WEIGHT);
	attach_trace_control(thread);
}

bool thread_create_at(struct thread *thread, const struct thread_kind *kind, const char *name, u32 stack_bytes, struct cap *cpu)
{
	if (!cpu) {
		thread_create(thread, kind, name, stack_bytes);
		return true;
	}
	memset(thread, 0, sizeof(*thread));
	thread->kind = kind;
	thread->cpu = cpu;
	lock_initialise(&thread->join, LOCKED);
	thread->stack = stack_allocate(thread, name, stack_slot_allocate(), stack_bytes);
	if (cpu_create_thread(cpu, env.pd, thread->stack->name, DEFAULT_WEIGHT, &thread->cap) != RPC_OK || !thread->cap) {
		stack_release(thread->stack);
		return false;
	}
	attach_trace_control(thread);
	return true;
}

/* order of the real destructor: record of the gate, kernel thread, stack, trace control */
void thread_destroy(struct thread *thread)
{
	if (thread->stack->utcb)
		cap_map_remove(thread_gate(thread));
	cpu_kill_thread(thread->cpu, thread->cap);
	stack_release(thread->stack);
	if (thread->trace_control)
		region_map_detach(env.address_space, thread->trace_control);
	cap_drop(thread->logger.thread_cap);
	cap_drop(thread->cap);
	thread->stack = NULL;
	thread->cap = NULL;
}

void thread_start(struct thread *thread)
{
	struct thread_state state;
	struct stack *stack = thread->stack;

	if (cpu_thread_state(thread->cap, &state) != RPC_OK)
		uncaught_exception("Genode::Cpu_thread::State_access_failed");

	stack->gate_selector = state.gate_selector;
	stack->utcb = (struct utcb *)state.utcb;
	stack->utcb->own_gate = cap_map_insert_at(state.id, state.gate_selector >> SELECTOR_SHIFT);
	stack->utcb->thread = thread;
	cpu_thread_start(thread->cap, (u32)_thread_start, (u32)stack & ~0xfu);
}

void thread_join(struct thread *thread)
{
	lock_take(&thread->join);
	lock_release(&thread->join);
}

noreturn_t _thread_start(void)
{
	struct thread *thread = thread_myself();

	thread->kind->entry(thread);
	lock_release(&thread->join);
	sleep_forever();
}
