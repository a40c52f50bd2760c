/* Client of the PD session; opcodes as in genode-16.08-abi.md 2. */
#include "pd.h"

enum {
	OP_ASSIGN_PARENT = 0,
	OP_ALLOC_SIGNAL_SOURCE = 2,
	OP_ALLOC_CONTEXT = 4,
	OP_FREE_CONTEXT = 5,
	OP_SUBMIT = 6,
	OP_ALLOC_RPC_CAP = 7,
	OP_FREE_RPC_CAP = 8,
	OP_ADDRESS_SPACE = 9,
	OP_STACK_AREA = 10,
	OP_NATIVE_PD = 12,
	NATIVE_OP_SET_CAP_MAP_INFO = 3,
};

i32 pd_assign_parent(struct cap *pd, struct cap *parent)
{
	struct message message;

	rpc_begin(&message, OP_ASSIGN_PARENT);
	message_put_cap(&message, parent);
	return rpc_call_void(pd, &message);
}

i32 pd_alloc_signal_source(struct cap *pd, struct cap **source)
{
	return rpc_plain_cap(pd, OP_ALLOC_SIGNAL_SOURCE, source);
}

i32 pd_alloc_context(struct cap *pd, struct cap *source, u32 imprint, struct cap **context)
{
	struct message message;

	rpc_begin(&message, OP_ALLOC_CONTEXT);
	message_put_cap(&message, source);
	message_put_word(&message, imprint);
	return rpc_call_cap(pd, &message, context);
}

i32 pd_free_context(struct cap *pd, struct cap *context)
{
	struct message message;

	rpc_begin(&message, OP_FREE_CONTEXT);
	message_put_cap(&message, context);
	return rpc_call_void(pd, &message);
}

i32 pd_submit(struct cap *pd, struct cap *context, u32 count)
{
	struct message message;

	rpc_begin(&message, OP_SUBMIT);
	message_put_cap(&message, context);
	message_put_word(&message, count);
	return rpc_call_void(pd, &message);
}

i32 pd_alloc_rpc_cap(struct cap *pd, struct cap *thread_gate, struct cap **result)
{
	struct message message;

	rpc_begin(&message, OP_ALLOC_RPC_CAP);
	message_put_cap(&message, thread_gate);
	return rpc_call_cap(pd, &message, result);
}

i32 pd_free_rpc_cap(struct cap *pd, struct cap *object)
{
	struct message message;

	rpc_begin(&message, OP_FREE_RPC_CAP);
	message_put_cap(&message, object);
	return rpc_call_void(pd, &message);
}

i32 pd_address_space(struct cap *pd, struct cap **region_map)
{
	return rpc_plain_cap(pd, OP_ADDRESS_SPACE, region_map);
}

i32 pd_stack_area(struct cap *pd, struct cap **region_map)
{
	return rpc_plain_cap(pd, OP_STACK_AREA, region_map);
}

i32 pd_native_pd(struct cap *pd, struct cap **native)
{
	return rpc_plain_cap(pd, OP_NATIVE_PD, native);
}

i32 native_pd_set_cap_map_info(struct cap *native, u32 address)
{
	struct message message;

	rpc_begin(&message, NATIVE_OP_SET_CAP_MAP_INFO);
	message_put_word(&message, address);
	return rpc_call_void(native, &message);
}
