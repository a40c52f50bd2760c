/* The Timer service: one alarm per session, served by the entrypoint, driven by a thread that sleeps in 1 ms steps
 * and looks at the kernel's clock. Counterpart of the captured timer (genode-16.08-abi.md 4.6). */
#include "component.h"
#include "dataspace.h"
#include "division.h"
#include "env.h"
#include "kernel_clock.h"
#include "root.h"

enum {
	OP_TRIGGER_ONCE,
	OP_TRIGGER_PERIODIC,
	OP_SIGH,
	OP_ELAPSED_MS,
	OP_DO_DISPATCH = 0,
	TIMEOUT_THREAD_STACK_BYTES = 32 * 1024,
	LONGEST_WAIT_US = 100 * 1000 * 1000,
	/* period below which a periodic alarm would keep the entrypoint busy for ever */
	SHORTEST_PERIOD_US = 1000,
};

const u32 component_stack_bytes = 8 * 1024;

struct timer_session {
	struct session session;
	struct timer_session *next;
	struct cap *handler;
	bool armed;
	u32 period_us;
	u64 deadline_us;
	u64 opened_us;
};

/* sessions belong to the entrypoint; the next deadline is shared with the timeout thread under its lock */
static struct timer_session *sessions;
static struct lock deadline_lock = LOCK_INITIALISER;
static u64 next_deadline_us;

static struct thread timeout_thread;
static struct rpc_object dispatcher;
static struct cap *dispatcher_cap;
static struct root root;

static void set_next_deadline(void)
{
	u64 deadline_us = kernel_clock_us() + LONGEST_WAIT_US;

	for (struct timer_session *s = sessions; s; s = s->next)
		if (s->armed && s->deadline_us < deadline_us)
			deadline_us = s->deadline_us;
	lock_take(&deadline_lock);
	next_deadline_us = deadline_us;
	lock_release(&deadline_lock);
}

static bool deadline_reached(void)
{
	u64 const now_us = kernel_clock_us();
	bool reached;

	lock_take(&deadline_lock);
	reached = now_us >= next_deadline_us;
	lock_release(&deadline_lock);
	return reached;
}

static void wait_and_dispatch(struct thread *thread)
{
	(void)thread;
	for (;;) {
		while (!deadline_reached())
			kernel_clock_sleep_ms();
		rpc_plain_void(dispatcher_cap, OP_DO_DISPATCH);
	}
}

static const struct thread_kind timeout_thread_kind = { wait_and_dispatch };

static void fire(struct timer_session *s, u64 now_us)
{
	if (s->period_us)
		do
			s->deadline_us += s->period_us;
		while (s->deadline_us <= now_us);
	else
		s->armed = false;
	if (s->handler)
		pd_submit(env.pd, s->handler, 1);
}

static i32 dispatch_due(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	u64 const now_us = kernel_clock_us();

	(void)object;
	(void)request;
	if (opcode != OP_DO_DISPATCH)
		return RPC_INVALID_OPCODE;
	for (struct timer_session *s = sessions; s; s = s->next)
		if (s->armed && s->deadline_us <= now_us)
			fire(s, now_us);
	set_next_deadline();
	message_put_word(reply, 0);
	return RPC_OK;
}

static void arm(struct timer_session *s, u32 delay_us, u32 period_us)
{
	s->armed = true;
	s->period_us = period_us;
	s->deadline_us = kernel_clock_us() + delay_us;
	set_next_deadline();
}

static void arm_periodic(struct timer_session *s, u32 period_us)
{
	if (period_us == 0) {
		s->armed = false;
		set_next_deadline();
		return;
	}
	if (period_us < SHORTEST_PERIOD_US)
		period_us = SHORTEST_PERIOD_US;
	arm(s, period_us, period_us);
}

static i32 dispatch_session(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct timer_session *s = CONTAINER_OF(object, struct timer_session, session.object);
	u32 result = 0;

	switch (opcode) {
	case OP_TRIGGER_ONCE:
		arm(s, message_take_word(request), 0);
		break;
	case OP_TRIGGER_PERIODIC:
		arm_periodic(s, message_take_word(request));
		break;
	case OP_SIGH:
		cap_drop(s->handler);
		s->handler = message_take_cap(request);
		break;
	case OP_ELAPSED_MS:
		result = (u32)divide_long(kernel_clock_us() - s->opened_us, 1000);
		break;
	default:
		return RPC_INVALID_OPCODE;
	}
	message_put_word(reply, result);
	return RPC_OK;
}

static void opened(struct session *session)
{
	struct timer_session *s = CONTAINER_OF(session, struct timer_session, session);

	s->opened_us = kernel_clock_us();
	s->next = sessions;
	sessions = s;
}

static void closed(struct session *session)
{
	struct timer_session *s = CONTAINER_OF(session, struct timer_session, session), **link = &sessions;

	while (*link && *link != s)
		link = &(*link)->next;
	if (*link)
		*link = s->next;
	cap_drop(s->handler);
	set_next_deadline();
}

static const struct service timer_service = {
	.name = "Timer",
	.session_bytes = sizeof(struct timer_session),
	.dispatch = dispatch_session,
	.opened = opened,
	.closed = closed,
};

void component_construct(struct entrypoint *entrypoint)
{
	thread_create(&timeout_thread, &timeout_thread_kind, "timeout_scheduler", TIMEOUT_THREAD_STACK_BYTES);
	dispatcher.dispatch = dispatch_due;
	dispatcher_cap = rpc_entrypoint_manage(&entrypoint->rpc, &dispatcher);
	thread_start(&timeout_thread);
	root_announce(&root, entrypoint, &timer_service);
}
