/* Client of the signal source; the semaphore is a kernel IRQ object, one wake-up per queued context. */
#include "signal_source.h"

#include "env.h"

enum { OP_WAIT_FOR_SIGNAL = 0, OP_REQUEST_SEMAPHORE = 1 };

void signal_source_open(struct signal_source *source, const struct cap *own_gate)
{
	pd_alloc_signal_source(env.pd, &source->cap);
	rpc_plain_cap(source->cap, OP_REQUEST_SEMAPHORE, &source->semaphore);
	if (!source->semaphore)
		uncaught_exception("Genode::Ipc_error");
	if (irq_attach_self(cap_selector(source->semaphore), cap_selector(own_gate)) < 0)
		kernel_print("l4_irq_attach failed\n");
}

void signal_source_wait(struct signal_source *source, u32 *imprint, u32 *count)
{
	do {
		struct message message;

		irq_receive(cap_selector(source->semaphore));
		rpc_begin(&message, OP_WAIT_FOR_SIGNAL);
		rpc_call(source->cap, &message);
		*imprint = message_take_word(&message);
		*count = message_take_word(&message);
		message_clear(&message);
		/* a context freed while queued leaves a wake-up without signal behind */
	} while (!*imprint);
}
