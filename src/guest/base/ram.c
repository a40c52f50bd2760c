/* Client of the RAM session; opcodes as in genode-16.08-abi.md 2. */
#include "ram.h"

enum { OP_ALLOC = 0, OP_FREE = 1 };

i32 ram_alloc(struct cap *ram, u32 bytes, enum cache cache, struct cap **dataspace)
{
	struct message message;

	rpc_begin(&message, OP_ALLOC);
	message_put_word(&message, bytes);
	message_put_word(&message, (u32)cache);
	return rpc_call_cap(ram, &message, dataspace);
}

i32 ram_free(struct cap *ram, struct cap *dataspace)
{
	struct message message;

	rpc_begin(&message, OP_FREE);
	message_put_cap(&message, dataspace);
	return rpc_call_void(ram, &message);
}
