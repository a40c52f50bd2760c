/* Delivery of signals within the component. Owner of the list of all contexts, which tells living imprints from dead ones;
 * a context's pending mark and count are owned by the holder of its receiver's lock. */
#include "signal.h"

#include "env.h"
#include "log.h"
#include "signal_source.h"
#include "thread.h"

enum { SIGNAL_HANDLER_STACK_BYTES = 16 * 1024 };

static struct lock contexts_lock = LOCK_INITIALISER;
static struct signal_context *contexts;

void signal_receiver_initialise(struct signal_receiver *receiver)
{
	semaphore_initialise(&receiver->available, 0);
	lock_initialise(&receiver->lock, UNLOCKED);
	receiver->contexts = NULL;
}

struct cap *signal_receiver_manage(struct signal_receiver *receiver, struct signal_context *context)
{
	context->receiver = receiver;
	context->pending = false;
	context->count = 0;

	lock_take(&receiver->lock);
	context->next_of_receiver = receiver->contexts;
	receiver->contexts = context;
	lock_release(&receiver->lock);

	lock_take(&contexts_lock);
	context->next_of_component = contexts;
	contexts = context;
	lock_release(&contexts_lock);

	context->cap = env_alloc_context((u32)context);
	return cap_reference(context->cap);
}

void signal_receiver_dissolve(struct signal_context *context)
{
	struct signal_receiver *receiver = context->receiver;
	struct signal_context **link;

	pd_free_context(env.pd, context->cap);
	cap_drop(context->cap);
	context->cap = NULL;

	lock_take(&contexts_lock);
	for (link = &contexts; *link && *link != context; link = &(*link)->next_of_component)
		;
	if (*link)
		*link = context->next_of_component;
	lock_release(&contexts_lock);

	lock_take(&receiver->lock);
	for (link = &receiver->contexts; *link && *link != context; link = &(*link)->next_of_receiver)
		;
	if (*link)
		*link = context->next_of_receiver;
	context->receiver = NULL;
	lock_release(&receiver->lock);
}

void signal_receiver_block(struct signal_receiver *receiver)
{
	semaphore_down(&receiver->available);
}

struct signal_context *signal_receiver_take(struct signal_receiver *receiver, u32 *count)
{
	struct signal_context *context;

	lock_take(&receiver->lock);
	context = receiver->contexts;
	while (context && !context->pending)
		context = context->next_of_receiver;
	if (context) {
		if (count)
			*count = context->count;
		if (context->count == 0)
			log_warning("returning signal with num == 0");
		context->pending = false;
		context->count = 0;
	}
	lock_release(&receiver->lock);
	return context;
}

struct signal_context *signal_receiver_wait(struct signal_receiver *receiver, u32 *count)
{
	struct signal_context *context;

	do {
		signal_receiver_block(receiver);
		context = signal_receiver_take(receiver, count);
	} while (!context);
	return context;
}

static void submit_locally(struct signal_context *context, u32 count)
{
	struct signal_receiver *receiver = context->receiver;
	bool wake;

	lock_take(&receiver->lock);
	context->count += count;
	wake = !context->pending;
	context->pending = true;
	lock_release(&receiver->lock);
	if (wake)
		semaphore_up(&receiver->available);
}

static bool living(const struct signal_context *searched)
{
	const struct signal_context *context;

	lock_take(&contexts_lock);
	context = contexts;
	while (context && context != searched)
		context = context->next_of_component;
	lock_release(&contexts_lock);
	return context != NULL;
}

static struct signal_thread {
	struct thread thread;
	struct lock ready;
	struct signal_source source;
} signal_thread;

static void fetch_signals(struct thread *thread)
{
	struct signal_thread *self = CONTAINER_OF(thread, struct signal_thread, thread);

	signal_source_open(&self->source, thread_gate(thread));
	lock_release(&self->ready);

	for (;;) {
		struct signal_context *context;
		u32 imprint, count;

		signal_source_wait(&self->source, &imprint, &count);
		context = (struct signal_context *)imprint;
		if (!living(context))
			log_warning("encountered dead signal context %x in signal dispatcher", imprint);
		else if (!context->receiver)
			log_warning("signal context %x with no receiver in signal dispatcher", imprint);
		else
			submit_locally(context, count);
	}
}

static const struct thread_kind signal_thread_kind = { fetch_signals };

void signal_thread_start(void)
{
	lock_initialise(&signal_thread.ready, LOCKED);
	thread_create(&signal_thread.thread, &signal_thread_kind, "signal handler", SIGNAL_HANDLER_STACK_BYTES);
	thread_start(&signal_thread.thread);
	lock_take(&signal_thread.ready);
}
