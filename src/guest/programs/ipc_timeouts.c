/* Threads in system calls with a timeout, one of each kind: asleep, at an IRQ, at an open wait, in a call that is not answered, and with
 * a message that nobody takes. Each says which error ended it, after how many milliseconds of its Timer session. */
#include "component.h"
#include "log.h"
#include "rpc.h"
#include "syscall.h"
#include "timer_session.h"
#include "utcb.h"

enum { OP_DEAF = 0, STACK_BYTES = 8 * 1024, FIRST_MS = 409, APART_MS = 20, LATE_MS = 16 };

/* mantissa and exponent: units of 1.024 ms; the first is over after 409.6 ms, each other one 20.48 ms later */
#define TIMEOUT_OF(n) (10u << 10 | (400u + (n) * 20u))

const u32 component_stack_bytes = 16 * 1024;

struct waiter {
	struct thread thread;
	u32 (*wait)(struct thread *thread);
	u32 number;
};

static struct timer timer;
static struct entrypoint deaf_ep;
static struct rpc_object deaf;
static struct cap *deaf_cap;
static struct lock heard;
static struct lock never;

static u32 sleeps(struct thread *thread)
{
	(void)thread;
	return kernel_invoke(0, OP_WAIT_SELF, TIMEOUT_OF(0), NULL);
}

static u32 waits_for_irq(struct thread *thread)
{
	utcb()->mr[0] = IRQ_UNMASK;
	return kernel_invoke(TAG_IRQ, (thread->stack->gate_selector + THREAD_IRQ_OFFSET) | OP_CALL, TIMEOUT_OF(1), NULL);
}

static u32 waits_for_anybody(struct thread *thread)
{
	(void)thread;
	return kernel_invoke(0, OP_OPEN_WAIT, TIMEOUT_OF(2), NULL);
}

static u32 call_deaf(u32 timeouts)
{
	struct utcb *u = utcb();

	u->mr[0] = cap_id(deaf_cap);
	u->mr[1] = 0;
	u->mr[2] = OP_DEAF;
	return kernel_invoke(3, cap_selector(deaf_cap) | OP_CALL, timeouts, NULL);
}

static u32 waits_for_reply(struct thread *thread)
{
	(void)thread;
	return call_deaf(TIMEOUT_OF(3));
}

static u32 waits_to_send(struct thread *thread)
{
	(void)thread;
	return call_deaf(TIMEOUT_OF(4) << 16);
}

static i32 hear_nothing(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	(void)object;
	(void)opcode;
	(void)request;
	(void)reply;
	lock_release(&heard);
	lock_take(&never);
	return RPC_OK;
}

static void wait_and_tell(struct thread *thread)
{
	struct waiter *waiter = CONTAINER_OF(thread, struct waiter, thread);
	u32 const least = FIRST_MS + waiter->number * APART_MS;
	u32 const begin = timer_elapsed_ms(&timer);
	u32 const tag = waiter->wait(thread);
	u32 const error = tag & TAG_ERROR ? utcb()->error & IPC_ERROR_MASK : 0;
	u32 const ms = timer_elapsed_ms(&timer) - begin;

	if (ms >= least && ms <= least + LATE_MS)
		log_line("%s: error %u in time", thread_name(), error);
	else
		log_error("%s: error %u after %u ms", thread_name(), error, ms);
}

static const struct thread_kind waiter_kind = { wait_and_tell };

static struct waiter waiters[] = {
	{ .wait = sleeps }, { .wait = waits_for_irq }, { .wait = waits_for_anybody }, { .wait = waits_for_reply }, { .wait = waits_to_send },
};
enum { WAITERS = sizeof(waiters) / sizeof(waiters[0]) };

static const char *const names[] = { "asleep", "at_irq", "at_open_wait", "in_call", "sending" };

void component_construct(struct entrypoint *entrypoint)
{
	(void)entrypoint;
	timer_open(&timer);
	lock_initialise(&heard, LOCKED);
	lock_initialise(&never, LOCKED);
	entrypoint_create(&deaf_ep, "deaf", 2 * STACK_BYTES);
	deaf.dispatch = hear_nothing;
	deaf_cap = rpc_entrypoint_manage(&deaf_ep.rpc, &deaf);
	for (u32 n = 0; n < WAITERS; n++) {
		/* the last one must not be heard instead of the call before it, which would wait for ever to be taken */
		if (n == WAITERS - 1)
			lock_take(&heard);
		waiters[n].number = n;
		thread_create(&waiters[n].thread, &waiter_kind, names[n], STACK_BYTES);
		thread_start(&waiters[n].thread);
	}
	/* all of them are on their way by then */
	timer_sleep_ms(&timer, 150);
	log_line("in the middle");
	timer_sleep_ms(&timer, 220);
	log_line("nearly over");
	for (u32 n = 0; n < WAITERS; n++)
		thread_join(&waiters[n].thread);
	log_line("done");
}
