/* Client of RM sessions; opcodes as in genode-16.08-abi.md 2. */
#include "rm_session.h"

enum { OP_CREATE = 0, OP_DESTROY = 1 };

i32 rm_create(struct cap *rm, u32 bytes, struct cap **map)
{
	struct message message;

	rpc_begin(&message, OP_CREATE);
	message_put_word(&message, bytes);
	return rpc_call_cap(rm, &message, map);
}

i32 rm_destroy(struct cap *rm, struct cap *map)
{
	struct message message;

	rpc_begin(&message, OP_DESTROY);
	message_put_cap(&message, map);
	return rpc_call_void(rm, &message);
}
