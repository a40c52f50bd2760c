/* Client side of an RPC. Like 16.08's clients it takes an unknown opcode for a call that returned nothing. */
#include "rpc.h"

#include "trace.h"

void rpc_begin(struct message *message, u32 opcode)
{
	message_initialise(message);
	message->words = 1;
	message->word[0] = opcode;
}

i32 rpc_call(struct cap *object, struct message *message)
{
	i32 result;

	trace_rpc();
	result = ipc_call(object, message);
	trace_rpc();
	return result == RPC_INVALID_OPCODE ? RPC_OK : result;
}

i32 rpc_call_void(struct cap *object, struct message *message)
{
	i32 result = rpc_call(object, message);

	message_clear(message);
	return result;
}

i32 rpc_call_word(struct cap *object, struct message *message, u32 *result)
{
	i32 code = rpc_call(object, message);

	if (code == RPC_OK)
		*result = message_take_word(message);
	message_clear(message);
	return code;
}

i32 rpc_call_cap(struct cap *object, struct message *message, struct cap **result)
{
	i32 code = rpc_call(object, message);

	*result = code == RPC_OK ? message_take_cap(message) : NULL;
	message_clear(message);
	return code;
}

i32 rpc_plain_void(struct cap *object, u32 opcode)
{
	struct message message;

	rpc_begin(&message, opcode);
	return rpc_call_void(object, &message);
}

i32 rpc_plain_word(struct cap *object, u32 opcode, u32 *result)
{
	struct message message;

	rpc_begin(&message, opcode);
	return rpc_call_word(object, &message, result);
}

i32 rpc_plain_cap(struct cap *object, u32 opcode, struct cap **result)
{
	struct message message;

	rpc_begin(&message, opcode);
	return rpc_call_cap(object, &message, result);
}
