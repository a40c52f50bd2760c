/* Owner of the switch that inhibits tracing until the component is constructed. No trace buffer is ever written:
 * what counts is the preparation of each thread's logger, which leaves its mark in the capability space. */
#include "trace.h"

#include "cpu.h"
#include "dataspace.h"
#include "env.h"

volatile bool trace_inhibited = true;

void trace_enable(void)
{
	trace_inhibited = false;
}

void trace_prepare(struct thread *thread)
{
	struct trace_logger *logger = &thread->logger;
	struct cap *control = NULL;

	/* set first, because the calls below are traced RPCs themselves */
	logger->initialised = true;
	logger->thread_cap = cap_reference(thread->cap);
	cpu_thread_trace_control_index(thread->cap, &logger->control_index);
	if (cpu_trace_control(thread->cpu, &control) == RPC_OK && control)
		dataspace_size(control, &logger->control_bytes);
	cap_drop(control);
}
