/* The component's entrypoints; start-up order as in genode-16.08-abi.md 3.4 #15-#41. */
#include "entrypoint.h"

#include "component.h"
#include "env.h"
#include "log.h"
#include "trace.h"

enum {
	OP_SIGNAL = 0,
	OP_CONSTRUCT = 0,
	SIGNAL_PROXY_STACK_BYTES = 4 * 1024,
};

static i32 dispatch_signal(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct entrypoint *entrypoint = CONTAINER_OF(object, struct entrypoint, signal_proxy);
	struct signal_context *context;
	u32 count;

	(void)request;
	if (opcode != OP_SIGNAL)
		return RPC_INVALID_OPCODE;
	context = signal_receiver_take(&entrypoint->receiver, &count);
	if (context) {
		struct signal_handler *handler = CONTAINER_OF(context, struct signal_handler, context);

		handler->handle(handler, count);
	}
	message_put_word(reply, 0);
	return RPC_OK;
}

static void create_rpc_part(struct entrypoint *entrypoint, const char *name, u32 stack_bytes)
{
	rpc_entrypoint_create(&entrypoint->rpc, name, stack_bytes);
	entrypoint->signal_proxy.dispatch = dispatch_signal;
	entrypoint->signal_proxy_cap = rpc_entrypoint_manage(&entrypoint->rpc, &entrypoint->signal_proxy);
}

static void pass_on_signals(struct entrypoint *entrypoint)
{
	for (;;) {
		signal_receiver_block(&entrypoint->receiver);
		while (rpc_plain_void(entrypoint->signal_proxy_cap, OP_SIGNAL) == RPC_CANCELED)
			log_warning("blocking canceled during signal processing");
	}
}

static void serve_signal_proxy(struct thread *thread)
{
	pass_on_signals(CONTAINER_OF(thread, struct entrypoint, signal_proxy_thread));
}

static const struct thread_kind signal_proxy_kind = { serve_signal_proxy };

void entrypoint_create(struct entrypoint *entrypoint, const char *name, u32 stack_bytes)
{
	create_rpc_part(entrypoint, name, stack_bytes);
	signal_receiver_initialise(&entrypoint->receiver);
	thread_create(&entrypoint->signal_proxy_thread, &signal_proxy_kind, "signal_proxy", SIGNAL_PROXY_STACK_BYTES);
}

struct cap *entrypoint_manage_signal(struct entrypoint *entrypoint, struct signal_handler *handler)
{
	return signal_receiver_manage(&entrypoint->receiver, &handler->context);
}

static struct entrypoint component_entrypoint;

static i32 dispatch_construct(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	(void)object;
	(void)request;
	if (opcode != OP_CONSTRUCT)
		return RPC_INVALID_OPCODE;
	trace_enable();
#if !defined(FLAVOUR_STOCK)
	log_initialise();
#endif
	component_construct(&component_entrypoint);
	message_put_word(reply, 0);
	return RPC_OK;
}

noreturn_t entrypoint_run_component(void)
{
	static struct rpc_object constructor = { .dispatch = dispatch_construct };
	struct entrypoint *self = &component_entrypoint;
	struct cap *constructor_cap;

	create_rpc_part(self, "ep", component_stack_bytes);
	signal_thread_start();
	signal_receiver_initialise(&self->receiver);

	constructor_cap = rpc_entrypoint_manage(&self->rpc, &constructor);
	rpc_plain_void(constructor_cap, OP_CONSTRUCT);

	/* the reference in constructor_cap is kept, so that the record of the deleted object stays in use */
	rpc_entrypoint_dissolve(&self->rpc, &constructor);
	pass_on_signals(self);
	sleep_forever();
}
