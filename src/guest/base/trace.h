/* Trace loggers: the first traced RPC of a thread prepares its logger by three RPCs (genode-16.08-abi.md 3.6 rule 3). */
#pragma once

#include "thread.h"

extern volatile bool trace_inhibited;

seldom void trace_prepare(struct thread *thread);

/* called at both ends of every RPC, on the client's and on the server's side */
static inline void trace_rpc(void)
{
	struct thread *thread;

	if (trace_inhibited)
		return;
	thread = utcb()->thread;
	if (thread && !thread->logger.initialised)
		trace_prepare(thread);
}

/* from here on RPCs are traced; before, during the start-up of the component, they are not */
void trace_enable(void);
