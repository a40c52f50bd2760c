/* Client of the Timer service; opcodes as in genode-16.08-abi.md 2. */
#include "timer_session.h"

#include "env.h"

enum { OP_TRIGGER_ONCE = 0, OP_SIGH = 2, OP_ELAPSED_MS = 3 };

void timer_open(struct timer *timer)
{
	struct message message;
	struct cap *context;

	lock_initialise(&timer->lock, UNLOCKED);
	signal_receiver_initialise(&timer->receiver);
	timer->session = env_session("Timer", "ram_quota=8K");
	context = signal_receiver_manage(&timer->receiver, &timer->context);
	rpc_begin(&message, OP_SIGH);
	message_put_cap(&message, context);
	rpc_call_void(timer->session, &message);
}

void timer_sleep_ms(struct timer *timer, u32 ms)
{
	struct message message;

	if (ms == 0)
		return;
	/* one sleeper at a time: they share the context */
	lock_take(&timer->lock);
	rpc_begin(&message, OP_TRIGGER_ONCE);
	message_put_word(&message, ms * 1000);
	rpc_call_void(timer->session, &message);
	signal_receiver_wait(&timer->receiver, NULL);
	lock_release(&timer->lock);
}

u32 timer_elapsed_ms(struct timer *timer)
{
	u32 elapsed = 0;

	rpc_plain_word(timer->session, OP_ELAPSED_MS, &elapsed);
	return elapsed;
}

void timer_use(struct timer *timer, struct cap *session)
{
	struct message message;

	lock_initialise(&timer->lock, UNLOCKED);
	signal_receiver_initialise(&timer->receiver);
	timer->session = session;
	rpc_begin(&message, OP_SIGH);
	message_put_cap(&message, signal_receiver_manage(&timer->receiver, &timer->context));
	rpc_call_void(timer->session, &message);
}
