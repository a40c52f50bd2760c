/* Client of the RAM session; opcodes as in genode-16.08-abi.md 2. */
#include "ram.h"

enum { OP_ALLOC = 0, OP_FREE = 1, OP_REF_ACCOUNT = 2, OP_TRANSFER_QUOTA = 3, OP_QUOTA = 4, OP_USED = 5 };

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

i32 ram_ref_account(struct cap *ram, struct cap *account, i32 *result)
{
	struct message message;

	rpc_begin(&message, OP_REF_ACCOUNT);
	message_put_cap(&message, account);
	return rpc_call_word(ram, &message, (u32 *)result);
}

i32 ram_transfer_quota(struct cap *ram, struct cap *to, u32 bytes, i32 *result)
{
	struct message message;

	rpc_begin(&message, OP_TRANSFER_QUOTA);
	message_put_cap(&message, to);
	message_put_word(&message, bytes);
	return rpc_call_word(ram, &message, (u32 *)result);
}

i32 ram_quota(struct cap *ram, u32 *bytes)
{
	return rpc_plain_word(ram, OP_QUOTA, bytes);
}

i32 ram_used(struct cap *ram, u32 *bytes)
{
	return rpc_plain_word(ram, OP_USED, bytes);
}
