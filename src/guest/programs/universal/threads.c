/* Steps on threads: each has steps of its own and carries them out beside the others. Also bare kernel threads of any PD. */
#include "run.h"

#include "env.h"
#include "log.h"
#include "memory.h"

enum { THREADS = 24, DEFAULT_STACK_BYTES = 16 * 1024, LEAST_STACK_BYTES = 4096, MOST_STACK_BYTES = 512 * 1024 };

struct worker {
	struct thread thread;
	struct actor actor;
	struct xml_node steps;
	bool started;
};

POOL(workers, struct worker, THREADS);

static const char *const create_exceptions[] = { "Thread_creation_failed", "Out_of_metadata", NULL };
static const char *const state_exceptions[] = { "State_access_failed", NULL };

static void work(struct thread *thread)
{
	struct worker *worker = CONTAINER_OF(thread, struct worker, thread);
	struct run run = { .actor = &worker->actor };

	run_steps(&run, &worker->steps);
}

static const struct thread_kind worker_kind = { work };

static void start(struct worker *worker)
{
	worker->started = true;
	thread_start(&worker->thread);
}

/* stack, cpu="session"; start="no" leaves it to <start-thread> */
static bool thread_step(struct run *run, const struct xml_node *node)
{
	struct thing *made, *cpu = NULL;
	struct worker *worker;
	u32 stack_bytes;

	if (!attribute_number_or(run, node, "stack", DEFAULT_STACK_BYTES, &stack_bytes) || !attribute_thing_or(run, node, "cpu", THING_SESSION, &cpu))
		return false;
	if (stack_bytes < LEAST_STACK_BYTES || stack_bytes > MOST_STACK_BYTES)
		return fail(run, "a stack has 4K to 512K");
	if (!define(run, node, THING_THREAD, &made))
		return false;
	worker = pool_take(&workers);
	if (!worker || !thread_create_at(&worker->thread, &worker_kind, made->name, stack_bytes, cpu ? cpu->cap : NULL)) {
		pool_give(&workers, worker);
		thing_forget(made);
		return fail(run, worker ? "Thread_creation_failed" : "there are too many threads");
	}
	worker->steps = *node;
	print_text(worker->actor.name, sizeof(worker->actor.name), "%s", made->name);
	made->cap = worker->thread.cap;
	made->detail = worker;
	if (!attribute_is(node, "start", "no"))
		start(worker);
	return true;
}

static bool worker_of(struct run *run, const struct xml_node *node, struct worker **worker)
{
	struct thing *thread;

	if (!attribute_thing(run, node, "name", THING_THREAD, &thread))
		return false;
	*worker = thread->detail;
	return true;
}

static bool start_thread_step(struct run *run, const struct xml_node *node)
{
	struct worker *worker;

	if (!worker_of(run, node, &worker))
		return false;
	if (worker->started)
		return fail(run, "it runs already");
	start(worker);
	return true;
}

static bool kill_thread_step(struct run *run, const struct xml_node *node)
{
	struct thing *thing;
	struct worker *worker;

	if (!attribute_thing(run, node, "name", THING_THREAD, &thing))
		return false;
	worker = thing->detail;
	if (thread_myself() == &worker->thread)
		return fail(run, "a thread cannot kill itself");
	thread_destroy(&worker->thread);
	thing_forget(thing);
	pool_give(&workers, worker);
	return true;
}

/* waits until the thread has done all its steps */
static bool join_step(struct run *run, const struct xml_node *node)
{
	struct worker *worker;

	if (!worker_of(run, node, &worker))
		return false;
	thread_join(&worker->thread);
	return true;
}

/* the Cpu_thread of a worker or of a bare kernel thread */
static bool thread_cap_of(struct run *run, const struct xml_node *node, struct cap **cap)
{
	struct thing *thing;

	if (!attribute_thing(run, node, "name", THING_ANY, &thing))
		return false;
	if (thing->kind != THING_THREAD && thing->kind != THING_KERNEL_THREAD)
		return fail(run, "'%s' is a %s", thing->name, thing_kind_name(thing->kind));
	*cap = thing->cap;
	return true;
}

static bool pause_step(struct run *run, const struct xml_node *node)
{
	struct cap *cap;

	return thread_cap_of(run, node, &cap) && check(run, cpu_thread_pause(cap), NULL);
}

static bool resume_step(struct run *run, const struct xml_node *node)
{
	struct cap *cap;

	return thread_cap_of(run, node, &cap) && check(run, cpu_thread_resume(cap), NULL);
}

static bool cancel_step(struct run *run, const struct xml_node *node)
{
	struct cap *cap;

	return thread_cap_of(run, node, &cap) && check(run, cpu_thread_cancel_blocking(cap), NULL);
}

/* variables ip, sp, paused, exceptions, pagefault get what core knows about a thread */
static bool thread_state_step(struct run *run, const struct xml_node *node)
{
	struct thread_state state;
	struct cap *cap;

	return thread_cap_of(run, node, &cap) && check(run, cpu_thread_state(cap, &state), state_exceptions) && attribute_store(run, node, "ip", state.ip) &&
	       attribute_store(run, node, "sp", state.sp) && attribute_store(run, node, "paused", state.paused) &&
	       attribute_store(run, node, "exceptions", state.exceptions) && attribute_store(run, node, "pagefault", state.unresolved_page_fault);
}

static bool exception_handler_step(struct run *run, const struct xml_node *node)
{
	struct thing *context, *thread;

	if (!attribute_thing(run, node, "context", THING_CONTEXT, &context))
		return false;
	if (!attribute_present(node, "thread"))
		return check(run, cpu_exception_sigh(env.cpu, context->cap), NULL);
	return attribute_thing(run, node, "thread", THING_ANY, &thread) && check(run, cpu_thread_exception_sigh(thread->cap, context->cap), NULL);
}

/* a thread of a CPU session without stack or start, in this or another PD: cpu="session" pd="session" */
static bool kernel_thread_step(struct run *run, const struct xml_node *node)
{
	struct thing *made, *cpu = NULL, *pd = NULL;

	if (!attribute_thing_or(run, node, "cpu", THING_SESSION, &cpu) || !attribute_thing_or(run, node, "pd", THING_SESSION, &pd) ||
	    !define(run, node, THING_KERNEL_THREAD, &made))
		return false;
	made->maker = cpu ? cpu->cap : env.cpu;
	if (check(run, cpu_create_thread(made->maker, pd ? pd->cap : env.pd, made->name, DEFAULT_WEIGHT, &made->cap), create_exceptions) && made->cap)
		return true;
	thing_forget(made);
	return run->failure[0] ? false : fail(run, "no thread came");
}

static bool kill_kernel_thread_step(struct run *run, const struct xml_node *node)
{
	struct thing *thread;

	if (!attribute_thing(run, node, "name", THING_KERNEL_THREAD, &thread))
		return false;
	cpu_kill_thread(thread->maker, thread->cap);
	cap_drop(thread->cap);
	thing_forget(thread);
	return true;
}

const struct step thread_steps[] = {
	{ "thread", thread_step },             { "start-thread", start_thread_step }, { "kill-thread", kill_thread_step },
	{ "join", join_step },                 { "pause", pause_step },               { "resume", resume_step },
	{ "cancel", cancel_step },             { "thread-state", thread_state_step }, { "exception-handler", exception_handler_step },
	{ "kernel-thread", kernel_thread_step }, { "kill-kernel-thread", kill_kernel_thread_step }, { NULL, NULL },
};
