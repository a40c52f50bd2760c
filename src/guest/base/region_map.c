/* Client of region maps; opcodes as in genode-16.08-abi.md 2. */
#include "region_map.h"

enum { OP_ATTACH = 0, OP_DETACH = 1, OP_FAULT_HANDLER = 2, OP_STATE = 3, OP_DATASPACE = 4 };

i32 region_map_attach(struct cap *map, struct cap *dataspace, const struct attachment *where, u32 *address)
{
	struct message message;

	rpc_begin(&message, OP_ATTACH);
	message_put_cap(&message, dataspace);
	message_put_word(&message, where->bytes);
	message_put_word(&message, where->offset);
	message_put_word(&message, where->at_address);
	message_put_word(&message, where->address);
	message_put_word(&message, where->executable);
	return rpc_call_word(map, &message, address);
}

i32 region_map_detach(struct cap *map, u32 address)
{
	struct message message;

	rpc_begin(&message, OP_DETACH);
	message_put_word(&message, address);
	return rpc_call_void(map, &message);
}

i32 region_map_dataspace(struct cap *map, struct cap **dataspace)
{
	return rpc_plain_cap(map, OP_DATASPACE, dataspace);
}

i32 region_map_fault_handler(struct cap *map, struct cap *context)
{
	struct message message;

	rpc_begin(&message, OP_FAULT_HANDLER);
	message_put_cap(&message, context);
	return rpc_call_void(map, &message);
}

/* the reply is the image of {byte type, padding, word address} */
i32 region_map_state(struct cap *map, u32 *type, u32 *address)
{
	struct message message;
	i32 code;

	rpc_begin(&message, OP_STATE);
	code = rpc_call(map, &message);
	*type = message_take_word(&message) & 0xff;
	*address = message_take_word(&message);
	message_clear(&message);
	return code;
}
