/* Core's queue of this component's signals and the semaphore that counts them (genode-base-foc.md 4.2). */
#pragma once

#include "cap.h"

struct signal_source {
	struct cap *cap;
	struct cap *semaphore;
};

/* to be called by the thread that will wait: the kernel attaches the semaphore to the calling thread */
void signal_source_open(struct signal_source *source, const struct cap *own_gate);

/* blocks until core has a signal */
void signal_source_wait(struct signal_source *source, u32 *imprint, u32 *count);
