/* Signals: contexts that core knows by their address here, receivers that collect them, and the thread that fetches them
 * (genode-base-foc.md 4). */
#pragma once

#include "cap.h"
#include "lock.h"
#include "semaphore.h"

struct signal_receiver;

struct signal_context {
	struct signal_context *next_of_component;
	struct signal_context *next_of_receiver;
	struct signal_receiver *receiver;
	struct cap *cap;
	bool pending;
	u32 count;
};

struct signal_receiver {
	struct semaphore available;
	struct lock lock;
	struct signal_context *contexts;
};

void signal_receiver_initialise(struct signal_receiver *receiver);

/* makes the context known to core and returns the capability to hand out, with a reference for the caller */
struct cap *signal_receiver_manage(struct signal_receiver *receiver, struct signal_context *context);

/* core forgets the context; signals on their way are dropped with a warning when they come in */
void signal_receiver_dissolve(struct signal_context *context);

/* blocks until a signal came in; `count` may be null */
struct signal_context *signal_receiver_wait(struct signal_receiver *receiver, u32 *count);

/* the two halves of it, for the main thread, which only waits, and the entrypoint, which takes */
void signal_receiver_block(struct signal_receiver *receiver);
struct signal_context *signal_receiver_take(struct signal_receiver *receiver, u32 *count);

/* starts the thread that fetches signals from core and returns when it has its semaphore */
void signal_thread_start(void);
