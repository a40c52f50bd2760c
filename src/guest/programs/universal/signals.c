/* Steps on signals: contexts to wait for, handlers that the component's entrypoint carries out, submitting, dissolving. */
#include "server.h"

#include "env.h"

enum { CONTEXTS = 24 };

struct context {
	/* first, so that both kinds are found from the signal context */
	struct signal_handler handler;
	struct signal_receiver own;
	struct signal_receiver *receiver;
	struct server *server;
	struct xml_node steps;
	u32 calls;
};

POOL(contexts, struct context, CONTEXTS);

static bool make_context(struct run *run, const struct xml_node *node, struct thing **made, struct context **context)
{
	if (!define(run, node, THING_CONTEXT, made))
		return false;
	*context = pool_take(&contexts);
	if (!*context) {
		thing_forget(*made);
		return fail(run, "there are too many signal contexts");
	}
	(*made)->detail = *context;
	return true;
}

/* with="context": shares the receiver of another one, so that one <wait> serves both */
static bool context_step(struct run *run, const struct xml_node *node)
{
	struct thing *made, *other = NULL;
	struct context *context;

	if (!attribute_thing_or(run, node, "with", THING_CONTEXT, &other) || !make_context(run, node, &made, &context))
		return false;
	if (other) {
		context->receiver = ((struct context *)other->detail)->receiver;
	} else {
		signal_receiver_initialise(&context->own);
		context->receiver = &context->own;
	}
	made->cap = signal_receiver_manage(context->receiver, &context->handler.context);
	return true;
}

static void handle(struct signal_handler *handler, u32 count)
{
	struct context *context = CONTAINER_OF(handler, struct context, handler);
	struct served served = { .argument = count, .answer = count, .calls = ++context->calls };

	serve_steps(context->server, &context->steps, &served);
}

/* inside, `argument` is the number of signals that came together */
static bool handler_step(struct run *run, const struct xml_node *node)
{
	struct server *server;
	struct thing *made;
	struct context *context;

	if (!server_of(run, node, &server) || !make_context(run, node, &made, &context))
		return false;
	context->server = server;
	context->steps = *node;
	context->handler.handle = handle;
	made->cap = entrypoint_manage_signal(server->entrypoint, &context->handler);
	return true;
}

static bool submit_step(struct run *run, const struct xml_node *node)
{
	struct thing *context;
	u32 count;

	if (!attribute_thing(run, node, "context", THING_ANY, &context) || !attribute_number_or(run, node, "count", 1, &count))
		return false;
	if (!context->cap)
		return fail(run, "'%s' has no capability", context->name);
	return check(run, pd_submit(env.pd, context->cap, count), NULL);
}

/* blocks; count="variable" gets how many came together, calls="variable" how often this context has been received */
static bool wait_step(struct run *run, const struct xml_node *node)
{
	struct signal_context *received;
	struct context *context;
	struct thing *thing;
	u32 count = 0;

	if (!attribute_thing(run, node, "context", THING_CONTEXT, &thing))
		return false;
	context = thing->detail;
	if (!context->receiver)
		return fail(run, "'%s' has a handler, nobody waits for it", thing->name);
	received = signal_receiver_wait(context->receiver, &count);
	context = CONTAINER_OF(received, struct context, handler.context);
	context->calls++;
	return attribute_store(run, node, "count", count) && attribute_store(run, node, "calls", context->calls);
}

static bool dissolve_context_step(struct run *run, const struct xml_node *node)
{
	struct thing *thing;
	struct context *context;

	if (!attribute_thing(run, node, "name", THING_CONTEXT, &thing))
		return false;
	context = thing->detail;
	signal_receiver_dissolve(&context->handler.context);
	cap_drop(thing->cap);
	thing_forget(thing);
	pool_give(&contexts, context);
	return true;
}

const struct step signal_steps[] = {
	{ "context", context_step }, { "handler", handler_step }, { "submit", submit_step }, { "wait", wait_step }, { "dissolve-context", dissolve_context_step },
	{ NULL, NULL },
};
