/* The service "Echo": a session whose one function adds two numbers. For routes between siblings. */
#include "component.h"
#include "root.h"

enum { OP_ADD = 0 };

const u32 component_stack_bytes = 16 * 1024;

static struct root root;

static i32 dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	u32 a, b;

	(void)object;
	if (opcode != OP_ADD)
		return RPC_INVALID_OPCODE;
	a = message_take_word(request);
	b = message_take_word(request);
	message_put_word(reply, a + b);
	return RPC_OK;
}

static const struct service echo_service = {
	.name = "Echo",
	.session_bytes = sizeof(struct session),
	.dispatch = dispatch,
};

void component_construct(struct entrypoint *entrypoint)
{
	root_announce(&root, entrypoint, &echo_service);
}
